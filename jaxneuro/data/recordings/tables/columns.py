"""Which column of a table, or array of an archive, is the time, the voltage and the current."""

from dataclasses import replace

from ..quantity import OWN_UNIT, named_quantity, quantity_of, split_unit
from ..series import COLUMNS, Choice

Column = tuple[str, str | None]  # name and declared unit


def find_columns(
    names: list[str], choice: Choice, where: str, plain: list[str] | None = None
) -> dict[str, list[Column]]:
    """The columns that may hold each quantity: those a user names, else those of known names, else those of its unit.

    Args:
        names: Of the columns, each with its unit as in `Vm (mV)` or `voltage_mV`.
        choice: What the user names.
        where: The file, for errors.
        plain: Those of `names` that a unit alone may choose; all by default.

    Returns:
        One column of `time` or `step`; one or more of `voltage` and of `current`.

    Raises:
        ValueError: for a name that is not there, for a quantity that is missing, for several columns of time.
    """
    found = {}
    for quantity in COLUMNS:
        columns = _of(quantity, choice.columns.get(quantity), names, names if plain is None else plain, where)
        if columns:
            found[quantity] = columns
    if "time" in found and "step" in found and "time" not in choice.columns:
        found.pop("time" if "step" in choice.columns else "step")
    for quantity in ("time", "step"):
        if len(found.get(quantity, ())) > 1:
            listed = " and ".join(repr(name) for name, _ in found[quantity])
            raise ValueError(
                f"{where} has both {listed}: keep one column of time, or choose: {_say_columns(quantity)}."
            )
    missing = [q for q in OWN_UNIT if q not in found and not (q == "time" and "step" in found)]
    if missing:
        raise ValueError(
            f"{where} has {', '.join(map(repr, names[:24])) or 'nothing'} and no {' and no '.join(missing)}: name the data "
            "time, voltage and current (or t, v, i), each with its unit, such as time_ms, voltage_mV, current_pA; or say "
            f"which is which: {_say_columns(*missing)}."
        )
    return found


def by_column(choice: Choice, names: list[str]) -> Choice:
    """A choice in which channels that are names of columns are said as columns.

    Raises:
        ValueError: if both are said.
    """
    columns, left = dict(choice.columns), {}
    for quantity, argument in (("voltage", "channel"), ("current", "current_channel")):
        word = getattr(choice, argument)
        if word is not None and quantity in columns:
            raise ValueError(
                f"{argument}={word!r} and columns={{{quantity!r}: {columns[quantity]!r}}}: say one of them."
            )
        if word in names or word in [split_unit(name)[0] for name in names]:
            columns[quantity] = word
            left[argument] = None
    return replace(choice, columns=columns, **left)


def _of(quantity: str, wanted: str | None, names: list[str], plain: list[str], where: str) -> list[Column]:
    if wanted is not None:
        found = [n for n in names if n == wanted] or [n for n in names if wanted == split_unit(n)[0]]
        if len(found) != 1:
            raise ValueError(
                f"{where} has {len(found)} columns named {wanted!r} for the {quantity}: there are "
                f"{', '.join(map(repr, names[:24]))}."
            )
        return [(found[0], split_unit(found[0])[1])]
    exact = [(n, known[1]) for n in names if (known := named_quantity(n)) and known[0] == quantity]
    return exact or [(n, split_unit(n)[1]) for n in plain if _by_unit(n) == quantity]


def _by_unit(name: str) -> str | None:
    """The quantity that a unit alone tells, of a name that tells none."""
    return None if named_quantity(name) else quantity_of(split_unit(name)[1])


def _say_columns(*quantities: str) -> str:
    inside = ", ".join(f"{q!r}: 'NAME'" for q in quantities)
    return f"columns={{{inside}}} (--columns {','.join(f'{q}=NAME' for q in quantities)})"
