"""Which quantity a number in a file is, and its conversion to the package's units (ms, mV, nA)."""

import numpy as np

OWN_UNIT = {"time": "ms", "voltage": "mV", "current": "nA"}
NAMES = {
    "time": "time",
    "t": "time",
    "dt": "step",
    "voltage": "voltage",
    "v": "voltage",
    "current": "current",
    "i": "current",
}
FACTORS = {
    "time": {"s": 1e3, "sec": 1e3, "second": 1e3, "seconds": 1e3, "ms": 1.0, "us": 1e-3, "µs": 1e-3, "μs": 1e-3},
    "voltage": {"V": 1e3, "volt": 1e3, "volts": 1e3, "mV": 1.0, "uV": 1e-3, "µV": 1e-3, "μV": 1e-3},
    "current": {
        "A": 1e9,
        "ampere": 1e9,
        "amperes": 1e9,
        "mA": 1e6,
        "uA": 1e3,
        "µA": 1e3,
        "μA": 1e3,
        "nA": 1.0,
        "pA": 1e-3,
    },
}


def convert(values: np.ndarray, unit: str | None, quantity: str, where: str) -> np.ndarray:
    """Values of a quantity in the package's unit.

    Args:
        values: Numbers in the file.
        unit: The unit that the file declares, or None if it declares none.
        quantity: `time`, `voltage` or `current`.
        where: The file, for the error.

    Returns:
        The values [ms, mV or nA], float64.

    Raises:
        ValueError: for a unit that is missing or not one of the quantity.
    """
    known = FACTORS[quantity]
    if unit not in known:
        found = f"declares no unit of {quantity}" if not unit else f"declares {quantity} in {unit!r}"
        raise ValueError(
            f"{where} {found}: it must be one of {', '.join(known)}. If you know it, say so: "
            f"units={{{quantity!r}: {OWN_UNIT[quantity]!r}}}."
        )
    return np.asarray(values, np.float64) * known[unit]


def named_quantity(name: str) -> tuple[str, str | None] | None:
    """What a column or key such as `voltage_mV`, `i (pA)` or `t` holds: quantity and unit, or None if neither."""
    stem, _, unit = name.strip().replace("(", "_").replace("[", "_").rstrip(")]").replace(" ", "_").partition("_")
    quantity, unit = NAMES.get(stem.lower()), unit.strip("_") or None
    if quantity is None or (unit and not any(unit in known for known in FACTORS.values())):
        return None
    return quantity, unit


def find_columns(names: list[str], where: str, needed: tuple[str, ...] = ("time", "voltage", "current")) -> dict:
    """The name and unit of each quantity among the columns of a table or the keys of an archive.

    Raises:
        ValueError: if one is missing or there twice.
    """
    found: dict[str, tuple[str, str | None]] = {}
    for name in names:
        quantity, unit = named_quantity(name) or (None, None)
        if quantity in found:
            raise ValueError(f"{where} has both {found[quantity][0]!r} and {name!r}: keep one column of {quantity}.")
        if quantity:
            found[quantity] = (name, unit)
    missing = [n for n in needed if n not in found and not (n == "time" and "step" in found)]
    if missing:
        raise ValueError(
            f"{where} has {', '.join(map(repr, names)) or 'nothing'} and no {' and no '.join(missing)}: name the data "
            "time, voltage and current (or t, v, i), each with its unit, such as time_ms, voltage_mV, current_pA."
        )
    return found
