"""Which channel of an Axon file is the membrane's, and which outputs and recordings may be its current."""

from pathlib import Path
from typing import NamedTuple

from ..quantity import quantity_of, say_unit
from ..series import Choice, means
from .command import Output


class Input(NamedTuple):
    """A recorded channel (ADC): its place in the file, its number on the digitizer, name and unit."""

    place: int
    number: int
    name: str
    unit: str

    @property
    def label(self) -> str:
        return f"ADC {self.place}"


class Rig(NamedTuple):
    """What was recorded and what was played; `varied` if a user list changes the waveforms from sweep to sweep."""

    path: Path
    inputs: list[Input]
    outputs: list[Output]
    varied: bool

    def clamps(self, channel: Input) -> bool:
        """Whether the output of the same place plays a voltage."""
        return any(o.number == channel.place and o.source and quantity_of(o.unit) == "voltage" for o in self.outputs)


def usable_voltages(rig: Rig, choice: Choice) -> list[Input]:
    """The channels that may be the membrane's: the one that is named, else those in volts that no output clamps.

    Raises:
        ValueError: if none is in volts.
    """
    if choice.channel is not None:
        return [c for c in rig.inputs if means(choice.channel, c.name, c.label)] or rig.inputs
    found = [c for c in rig.inputs if quantity_of(c.unit) == "voltage"]
    if not found and "voltage" not in choice.units:
        raise ValueError(
            f"{rig.path} has channels in {', '.join(repr(c.unit) for c in rig.inputs)} and none in volts: a current-clamp "
            f"recording is needed, not a voltage clamp; if the unit is mislabelled, pass {say_unit('voltage', 'mV')}."
        )
    found = found or rig.inputs
    return [c for c in found if not rig.clamps(c)] or found


def usable_currents(rig: Rig, voltage: Input, choice: Choice) -> list[Input]:
    """The recorded currents that may have been injected: all if the user names one, none of a voltage clamp else.

    Raises:
        ValueError: if nothing at all may have been injected.
    """
    found = [c for c in rig.inputs if quantity_of(c.unit) == "current" and c != voltage]
    if choice.current_channel is not None:
        return found
    commands = _in_amperes(rig, choice)
    clamp = not commands and any(quantity_of(o.unit) == "voltage" for o in rig.outputs)
    found = [] if clamp else [c for c in found if not rig.clamps(c)]
    if not found and not commands:
        played = ", ".join(f"{o.name!r} [{o.unit}]" for o in rig.outputs if o.source) or "nothing"
        recorded = ", ".join(f"{c.name!r} [{c.unit}]" for c in rig.inputs)
        raise ValueError(
            f"{rig.path} holds no injected current: its protocol plays {played} and {recorded} are recorded. A current-clamp "
            "recording is needed, not a voltage clamp; if a recorded channel is the current that was injected, choose it: "
            "current_channel= (--current-channel)."
        )
    return found


def owner_of_commands(rig: Rig, voltage: Input, measured: list[Input], choice: Choice) -> dict[Output, str]:
    """The outputs in amperes, and whom each drives; the voltage's own bears the voltage's label.

    Its own is the one that plays and has its number, else the only one that plays. If none plays and no current was
    recorded, it is one that holds a level. If a user list varies what is played, a recorded current goes first.
    """
    found = _in_amperes(rig, choice)
    own = _own([o for o in found if o.source], voltage, rig)
    if not own and not measured:
        own = _own(found, voltage, rig)
    if rig.varied and measured:
        own = []
    return {o: voltage.label if o in own else f"ADC {o.number} by number" for o in found}


def _in_amperes(rig: Rig, choice: Choice) -> list[Output]:
    found = [o for o in rig.outputs if quantity_of(o.unit) == "current"]
    return rig.outputs if not found and "current" in choice.units else found


def _own(found: list[Output], voltage: Input, rig: Rig) -> list[Output]:
    same = [o for o in found if o.number in (voltage.place, voltage.number)]
    return same or (found if len(found) == 1 and not rig.clamps(voltage) else [])
