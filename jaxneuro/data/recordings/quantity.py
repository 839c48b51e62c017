"""Which quantity a number in a file is, and its conversion to the package's units (ms, mV, nA)."""

import re

import numpy as np

OWN_UNIT = {"time": "ms", "voltage": "mV", "current": "nA"}
NAMES = {
    **dict.fromkeys(("time", "t"), "time"),
    "dt": "step",
    **dict.fromkeys(("voltage", "v", "vm", "v_m", "vmem", "membrane potential", "membrane voltage"), "voltage"),
    **dict.fromkeys(("current", "i", "im", "i_m", "i_inj", "iinj", "injected current"), "current"),
}
FACTORS = {
    "time": {
        **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1e3),
        **dict.fromkeys(("ms", "msec", "milliseconds"), 1.0),
        **dict.fromkeys(("us", "µs", "μs", "usec"), 1e-3),
    },
    "voltage": {
        **dict.fromkeys(("V", "volt", "volts", "Volt", "Volts"), 1e3),
        **dict.fromkeys(("mV", "millivolts"), 1.0),
        **dict.fromkeys(("uV", "µV", "μV"), 1e-3),
    },
    "current": {
        **dict.fromkeys(("A", "amp", "amps", "ampere", "amperes", "Amp", "Amps", "Ampere", "Amperes"), 1e9),
        "mA": 1e6,
        **dict.fromkeys(("uA", "µA", "μA"), 1e3),
        "nA": 1.0,
        "pA": 1e-3,
    },
}
IN_BRACKETS = re.compile(r"^(.*?)\s*_?[(\[]\s*([^)\]]*?)\s*[)\]]?\s*$")  # `Vm (mV)`, `current [pA]`
LAST_WORD = re.compile(r"^(.*?)[\s_/]+([^\s_/]+)$")  # `voltage_mV`, `Vm / mV`


def quantity_of(unit: str | None) -> str | None:
    """`voltage` for "mV", None for what is no known unit."""
    return next((quantity for quantity, known in FACTORS.items() if unit in known), None)


def say_unit(quantity: str, unit: str) -> str:
    """How to overrule a unit, in Python and at the command."""
    return f"units={{{quantity!r}: {unit!r}}} (--unit {quantity}={unit})"


def check_units(units: dict[str, str] | None) -> dict[str, str]:
    """The units that a user gives, once each is one of its quantity.

    Raises:
        ValueError: for another quantity or unit.
    """
    for quantity, unit in (units or {}).items():
        if unit not in FACTORS.get(quantity, {}):
            known = "; ".join(f"{q}: {', '.join(names)}" for q, names in FACTORS.items())
            raise ValueError(f"units={{{quantity!r}: {unit!r}}}: choose from {known}.")
    return units or {}


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
            f"{say_unit(quantity, OWN_UNIT[quantity])}."
        )
    return np.asarray(values, np.float64) * known[unit]


def named_quantity(name: str) -> tuple[str, str | None] | None:
    """What a column or key such as `voltage_mV`, `i (pA)` or `t` holds: quantity and unit, or None if its name is none."""
    stem, unit = split_unit(name)
    quantity = NAMES.get(stem.lower().replace("_", " ")) or NAMES.get(stem.lower())
    return (quantity, unit) if quantity else None


def split_unit(name: str) -> tuple[str, str | None]:
    """A name without its unit, and the unit: `("Vm", "mV")`; what stands in brackets is a unit, known or not."""
    if len(name.strip()) > 1 and quantity_of(name.strip()):
        return "", name.strip()  # a column called mV; but V is a voltage, in whatever unit
    bracketed = IN_BRACKETS.match(name)
    if bracketed:
        return bracketed[1].strip(), bracketed[2] or None
    last = LAST_WORD.match(name.strip())
    return (last[1], last[2]) if last and quantity_of(last[2]) else (name.strip(), None)
