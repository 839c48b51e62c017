"""What the options of `jaxneuro fit RECORDING` and `jaxneuro features` mean."""

import argparse
import re
import warnings

from jaxtyping import PyTree

from ..data import read_recording, sweep_numbers
from ..data.recordings import COLUMNS, FACTORS, each_once
from ..recording import Recording

Bounds = dict[str, tuple[float, float]]


def add_step_options(p: argparse.ArgumentParser) -> None:
    """Declare when the stimulus is on, and what a spike is."""
    p.add_argument(
        "--step", type=float, nargs=2, metavar=("ON", "OFF"), help="when the stimulus is on [ms] (default: found)"
    )
    p.add_argument(
        "--level", type=float, metavar="MV", help="what a spike must reach (default: 0, or less if none does)"
    )


def add_reading_options(p: argparse.ArgumentParser) -> None:
    """Declare how a file is read."""
    p.add_argument("--junction-potential", type=float, metavar="MV", help="subtracted from the voltage")
    p.add_argument(
        "--unit", action="append", default=[], metavar="QUANTITY=UNIT", help="e.g. voltage=V, if the file is wrong"
    )
    p.add_argument(
        "--channel", metavar="NAME", help="the voltage, where a file holds several: name, number or electrode"
    )
    p.add_argument("--current-channel", metavar="NAME", help="the current, likewise: name, ADC N or DAC N")
    p.add_argument(
        "--columns", nargs="+", action="extend", default=[], metavar="QUANTITY=NAME",
        help="of a table or archive, e.g. time=T,voltage=Vm,current=Iinj",
    )  # fmt: skip


def chosen_sweeps(args: argparse.Namespace) -> tuple[list[Recording], list[Recording]]:
    """The sweeps to fit and those to judge by.

    Raises:
        ValueError: for a sweep in both, or none left to fit.
    """
    both = sorted(set(args.sweep or []) & set(args.hold_out))
    if both:
        raise ValueError(
            f"sweep {both[0]} is in --sweep and in --hold-out: a fit is judged by sweeps that it never saw."
        )
    options = reader_options(args)
    fitted, held = [], []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for path, own in each_once(args.recording).items():
            numbers = args.sweep or [n for n in own or sweep_numbers(path, **options) if n not in args.hold_out]
            fitted += read_recording(path, dict.fromkeys(numbers), **options)
            held += read_recording(path, dict.fromkeys(args.hold_out), **options)
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        print(f"warning: {text}")
    if not fitted:
        raise ValueError("--hold-out takes every sweep, none is left to fit: hold out fewer.")
    return fitted, held


def reader_options(args: argparse.Namespace) -> dict[str, PyTree]:
    """What the options say to `read_recording`."""
    said = vars(args)
    return {
        "junction_potential": args.junction_potential or 0.0,
        "units": chosen_units(args.unit),
        "channel": said.get("channel"),
        "current_channel": said.get("current_channel"),
        "columns": chosen_columns(said.get("columns", [])),
    }


def pairing_lines(sweeps: list[Recording]) -> str:
    """Which current was paired with which voltage, a line for each pairing; of names that differ only in their numbers
    the first is shown."""
    groups: dict[tuple[str, str], list[Recording]] = {}
    for sweep in sweeps:
        file, _, _ = sweep.name.partition(" sweep ")
        alike = re.sub(r"'[^']*'", lambda name: re.sub(r"\d+", "#", name[0]), sweep.source)
        groups.setdefault((re.sub(r"\d+", "#", file), alike), []).append(sweep)
    return "\n".join(_pairing(group) for group in groups.values())


def _pairing(group: list[Recording]) -> str:
    first = group[0]
    others = f" (and {len(group) - 1} more sweeps alike)" if len(group) > 1 else ""
    return f"{first.name}{others}: {first.source}"


def chosen_columns(words: list[str]) -> dict[str, str]:
    """`time=T,voltage=Vm (mV)` as {"time": "T", "voltage": "Vm (mV)"}; a name may hold commas.

    Raises:
        ValueError: for words of another form.
    """
    found = {}
    for word in words:
        for part in re.split(rf",(?=(?:{'|'.join(COLUMNS)})=)", word):
            quantity, equals, name = part.partition("=")
            if quantity not in COLUMNS or not equals or not name:
                raise ValueError(
                    f"--columns {word}: write QUANTITY=NAME, where QUANTITY is one of {', '.join(COLUMNS)}."
                )
            _refuse_twice(found, quantity, "columns")
            found[quantity] = name
    return found


def chosen_units(words: list[str]) -> dict[str, str]:
    """`voltage=V` as {"voltage": "V"}.

    Raises:
        ValueError: for a quantity that does not exist.
    """
    pairs = {}
    for quantity, _, unit in (word.partition("=") for word in words):
        _refuse_twice(pairs, quantity, "unit")
        pairs[quantity] = unit
        if unit not in FACTORS.get(quantity, {}):
            known = "; ".join(f"{q}: {', '.join(units)}" for q, units in FACTORS.items())
            raise ValueError(f"--unit {quantity}={unit}: write QUANTITY=UNIT from {known}.")
    return pairs


def chosen_bounds(words: list[str]) -> dict[str, tuple[float, float]]:
    """`na.g_max=1:500` as {"na.g_max": (1.0, 500.0)}.

    Raises:
        ValueError: for words of another form.
    """
    bounds = {}
    for word in words:
        path, _, interval = word.rpartition("=")
        _refuse_twice(bounds, path, "free")
        low, _, high = interval.partition(":")
        try:
            if not path or "=" in path:
                raise ValueError(path)
            bounds[path] = float(low), float(high)
        except ValueError:
            raise ValueError(
                f"--free {word}: write PATH=LOW:HIGH, such as na.g_max=10:500; blanks separate several."
            ) from None
    return bounds


def chosen_fixed(words: list[str]) -> dict[str, float | None]:
    """`na.e=50 k.e` as {"na.e": 50.0, "k.e": None}: a value, or None for what the model has.

    Raises:
        ValueError: for words of another form.
    """
    fixed = {}
    for word in words:
        path, sign, value = word.partition("=")
        _refuse_twice(fixed, path, "fix")
        try:
            fixed[path] = float(value) if sign else None
        except ValueError:
            raise ValueError(f"--fix {word}: write PATH or PATH=VALUE, such as na.e=50.") from None
    return fixed


def merged_bounds(own: Bounds, free: Bounds, fixed: dict[str, float | None]) -> Bounds:
    """The bounds of a model with some changed or added, and without what is fixed.

    Raises:
        ValueError: for a path both free and fixed, one fixed that is not free anyway and gets no value, or one of several that
            the model frees together.
    """
    free = {_as_in(own, path): bounds for path, bounds in free.items()}
    fixed = {_as_in(own, path): value for path, value in fixed.items()}
    left = {path: bounds for path, bounds in {**own, **free}.items() if path not in fixed}
    for path, value in fixed.items():
        if path in free:
            raise ValueError(f"{path} is in --free and in --fix: leave it out of one.")
        _refuse_part(path, own if value is None else left, "fix")
        if path not in own and value is None:
            raise ValueError(
                f"--fix {path}: it is not free. Free are: {', '.join({**own, **free})}; or give it a value."
            )
    for path in free:
        _refuse_part(path, left, "free")
    return left


def _as_in(own: Bounds, path: str) -> str:
    """The model's own way to write paths that share one value, `na.v_t+k.v_t` for `k.v_t+na.v_t`."""
    return next((name for name in own if set(name.split("+")) == set(path.split("+"))), path)


def _refuse_part(path: str, bounds: Bounds, option: str) -> None:
    """Refuse a path, if another name has a part of it."""
    for name in bounds:
        if name != path and {*path.split("+")} & {*name.split("+")}:
            raise ValueError(
                f"--{option} {path}: {name} is free and shares {' and '.join(sorted({*path.split('+')} & {*name.split('+')}))} "
                f"with it: name {name}, or take it apart, --fix {name} --free PATH=LOW:HIGH ..."
            )


def _refuse_twice(found: dict, name: str, option: str) -> None:
    if name in found:
        raise ValueError(f"--{option} names {name!r} twice: give it once.")
