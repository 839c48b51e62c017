"""Axon binary files (ABF 1 and 2), by pyabf."""

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..recording import Recording
from .abf_command import commanded
from .abf_header import Output, check_size, outputs, step_ms, varied_by_list
from .pairing import paired
from .quantity import quantity_of, say_unit
from .series import Choice, Series, even_clock, means
from .source import Sweeps, existing, optional, pick, reading


def read_abf(
    path: str | Path,
    sweep: int = 0,
    *,
    junction_potential: float = 0.0,
    units: dict[str, str] | None = None,
    channel: str | int | None = None,
    current_channel: str | int | None = None,
) -> Recording:
    """One sweep of a current-clamp recording in an Axon file.

    The voltage is the channel in volts, the current what the output in amperes commands: the one of the same number,
    or the only one. A recorded current is taken where the protocol does not say what was commanded (gap-free mode, user
    lists). With several channels in volts, one must be chosen.

    Args:
        path: The file.
        sweep: Number of the sweep, from 0.
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
        units: Units of `voltage` and `current` that replace those in the file.
        channel: The channel of the voltage, by name or number.
        current_channel: The current, by name (`Cmd 0`) or channel (`ADC 1`, `DAC 0`).

    Returns:
        The recording: t [ms], v (time, 1) [mV], current [nA].

    Raises:
        FileNotFoundError, ValueError, ImportError: each names value, rule and fix.
    """
    choice = Choice.of(channel, current_channel, None, units, junction_potential)
    return pick(sweeps_abf(path, choice), sweep, path)


class Input(NamedTuple):
    """A recorded channel (ADC): its place in the file, its number on the digitizer, name and unit."""

    place: int
    number: int
    name: str
    unit: str

    @property
    def label(self) -> str:
        return f"ADC {self.place}"


def sweeps_abf(path: str | Path, choice: Choice) -> Sweeps:
    """Every sweep of an Axon file, by number."""
    path, pyabf = existing(path), optional("pyabf")
    with reading(path, "an Axon binary file"):
        check_size(path)
        file = pyabf.ABF(str(path), loadData=False)
        lengths = _lengths(file)
        stored = (path.stat().st_size - file.dataByteStart) // np.dtype(file._dtype).itemsize
        if not 0 <= sum(lengths) * file.channelCount <= stored:
            raise ValueError(f"{sum(lengths)} samples are promised and {stored} stored")
        numbers = file._adcSection.nADCNum if hasattr(file, "_adcSection") else file._headerV1.nADCSamplingSeq
        named = zip(numbers, file.adcNames, file.adcUnits, strict=False)
        inputs = [
            Input(n, number, name.strip("\0 "), unit.strip("\0 ")) for n, (number, name, unit) in enumerate(named)
        ]
        played, varied = outputs(file), varied_by_list(file)
    if not lengths or not max(lengths):
        raise ValueError(f"{path} holds {len(lengths)} sweeps of no samples: record or export at least one.")
    voltages = _voltages(inputs, played, choice, path)
    series = [s for channel in voltages for s in _recorded(file, "voltage", channel, lengths, channel.label)]
    if len(voltages) == 1:
        currents = _currents(file, voltages[0], inputs, played, choice, lengths, varied)
        if not currents:
            raise _without_current(path, inputs, played)
        series += currents
    return paired(series, choice, str(path), lambda n: f"{path.name} sweep {n}")


def _lengths(file: Any) -> list[int]:
    """Samples of each sweep; event-driven ones differ in length."""
    synchronised = getattr(file, "_synchArraySection", None)
    lengths = [] if synchronised is None else [n // file.channelCount for n in synchronised.lLength]
    if len(set(lengths)) > 1 and len(lengths) == file.sweepCount:
        return lengths
    return [file.sweepPointCount] * file.sweepCount


def _voltages(inputs: list[Input], played: list[Output], choice: Choice, path: Path) -> list[Input]:
    """The channels that may be the membrane's: the one that is named, else those in volts that no output clamps."""
    if choice.channel is not None:
        return [c for c in inputs if means(choice.channel, c.name, c.label)] or inputs
    found = [c for c in inputs if quantity_of(c.unit) == "voltage"]
    if not found and "voltage" not in choice.units:
        raise ValueError(
            f"{path} has channels in {', '.join(repr(c.unit) for c in inputs)} and none in volts: a current-clamp recording "
            f"is needed, not a voltage clamp; if the unit is mislabelled, pass {say_unit('voltage', 'mV')}."
        )
    found = found or inputs
    return [c for c in found if not _clamped(c, played)] or found


def _clamped(channel: Input, played: list[Output]) -> bool:
    """Whether the output of the same place plays a voltage."""
    return any(o.number == channel.place and o.source and quantity_of(o.unit) == "voltage" for o in played)


def _currents(
    file: Any,
    voltage: Input,
    inputs: list[Input],
    played: list[Output],
    choice: Choice,
    lengths: list[int],
    varied: bool,
) -> list[Series]:
    """What may have been injected while a voltage was recorded; the one that belongs to it bears its label."""
    amperes = [o for o in played if quantity_of(o.unit) == "current"]
    if not amperes and "current" in choice.units:
        amperes = played
    measured = [c for c in inputs if quantity_of(c.unit) == "current" and c != voltage]
    if not amperes and any(quantity_of(o.unit) == "voltage" for o in played) and choice.current_channel is None:
        measured = []  # a voltage clamp, as far as the file says
    own = _own([o for o in amperes if o.source], voltage, played)
    if not own and not measured:
        own = _own(amperes, voltage, played)  # nothing is played: the holding level
    unsure = varied and bool(measured)
    found = [s for c in measured for s in _recorded(file, "current", c, lengths, "")]
    for output in amperes:
        owner = voltage.label if output in own and not unsure else f"ADC {output.number} by number"
        found += _played(file, output, lengths, owner, varied)
    return found


def _without_current(path: Path, inputs: list[Input], played: list[Output]) -> ValueError:
    commands = ", ".join(f"{o.name!r} [{o.unit}]" for o in played if o.source) or "nothing"
    recorded = ", ".join(f"{c.name!r} [{c.unit}]" for c in inputs)
    return ValueError(
        f"{path} holds no injected current: its protocol plays {commands} and {recorded} are recorded. A current-clamp "
        "recording is needed, not a voltage clamp; if a recorded channel is the current that was injected, choose it: "
        "current_channel= (--current-channel)."
    )


def _own(found: list[Output], voltage: Input, played: list[Output]) -> list[Output]:
    """The outputs with the number of a voltage, else the only one."""
    same = [o for o in found if o.number in (voltage.place, voltage.number)]
    return same or (found if len(found) == 1 and not _clamped(voltage, played) else [])


def _recorded(file: Any, quantity: str, channel: Input, lengths: list[int], electrode: str) -> list[Series]:
    step = step_ms(file)
    return [
        Series(quantity, channel.name, partial(_samples, file, channel.place, lengths, n), channel.unit,
               even_clock(size, step), sweep=n, electrode=electrode, channel=channel.label)
        for n, size in enumerate(lengths)
    ]  # fmt: skip


def _samples(file: Any, place: int, lengths: list[int], sweep: int) -> np.ndarray:
    """The numbers of one channel in one sweep; the channels of a file alternate."""
    first, count = sum(lengths[:sweep]) * file.channelCount, lengths[sweep] * file.channelCount
    with reading(Path(file.abfFilePath), "an Axon binary file"):
        start = file.dataByteStart + first * np.dtype(file._dtype).itemsize
        raw = np.fromfile(file.abfFilePath, file._dtype, count, offset=start)
        if raw.size < count:
            raise ValueError(f"sweep {sweep} has {raw.size} of {count} samples")
        values = raw.reshape(-1, file.channelCount)[:, place].astype(np.float64)
    return values if file._dtype is np.float32 else values * file._dataGain[place] + file._dataOffset[place]


def _played(file: Any, output: Output, lengths: list[int], electrode: str, varied: bool) -> list[Series]:
    step = step_ms(file)
    return [
        Series("current", output.name or "unnamed", partial(commanded, file, output, n, size, varied), output.unit,
               even_clock(size, step), sweep=n, electrode=electrode, channel=f"DAC {output.number}", recorded=False)
        for n, size in enumerate(lengths)
    ]  # fmt: skip
