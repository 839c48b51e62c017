"""What the options of `jaxneuro fit RECORDING` mean."""

import argparse

from ..data import read_recording, sweep_numbers
from ..data.quantity import FACTORS
from ..recording import Recording

Bounds = dict[str, tuple[float, float]]


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
    options = {"junction_potential": args.junction_potential, "units": chosen_units(args.unit)}
    fitted, held = [], []
    for path in args.recording:
        numbers = args.sweep or [n for n in sweep_numbers(path) if n not in args.hold_out]
        fitted += read_recording(path, numbers, **options)
        held += read_recording(path, args.hold_out, **options)
    if not fitted:
        raise ValueError("--hold-out takes every sweep, none is left to fit: hold out fewer.")
    return fitted, held


def chosen_units(words: list[str]) -> dict[str, str]:
    """`voltage=V` as {"voltage": "V"}.

    Raises:
        ValueError: for a quantity that does not exist.
    """
    pairs = {quantity: unit for quantity, _, unit in (word.partition("=") for word in words)}
    for quantity, unit in pairs.items():
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
        path, _, interval = word.partition("=")
        low, _, high = interval.partition(":")
        try:
            bounds[path] = float(low), float(high)
        except ValueError:
            raise ValueError(f"--free {word}: write PATH=LOW:HIGH, such as na.g_max=10:500.") from None
    return bounds


def chosen_fixed(words: list[str]) -> dict[str, float | None]:
    """`na.e=50 k.e` as {"na.e": 50.0, "k.e": None}: a value, or None for what the model has.

    Raises:
        ValueError: for words of another form.
    """
    fixed = {}
    for word in words:
        path, sign, value = word.partition("=")
        try:
            fixed[path] = float(value) if sign else None
        except ValueError:
            raise ValueError(f"--fix {word}: write PATH or PATH=VALUE, such as na.e=50.") from None
    return fixed


def merged_bounds(own: Bounds, free: Bounds, fixed: dict[str, float | None]) -> Bounds:
    """The bounds of a model with some changed or added, and without what is fixed.

    Raises:
        ValueError: for a path both free and fixed, or one fixed that is not free anyway and gets no value.
    """
    for path, value in fixed.items():
        if path in free:
            raise ValueError(f"{path} is in --free and in --fix: leave it out of one.")
        if path not in own and value is None:
            raise ValueError(
                f"--fix {path}: it is not free. Free are: {', '.join({**own, **free})}; or give it a value."
            )
    return {path: bounds for path, bounds in {**own, **free}.items() if path not in fixed}
