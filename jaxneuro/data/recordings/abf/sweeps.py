"""Axon binary files (ABF 1 and 2), by pyabf."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ....recording import Recording
from ...source import Sweeps, existing, optional, pick, reading
from ..pairing import paired
from ..series import Choice, Series, even_clock
from .channels import Input, Rig, owner_of_commands, usable_currents, usable_voltages
from .command import Output, commanded, first_version
from .header import check_size, outputs, step_ms, varied_by_list

if TYPE_CHECKING:
    pass


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


def sweeps_abf(path: str | Path, choice: Choice) -> Sweeps:
    """Every sweep of an Axon file, by number."""
    path, pyabf = existing(path), optional("pyabf")
    with reading(path, "an Axon binary file"):
        check_size(path)
        file = pyabf.ABF(str(path), loadData=False)
        lengths = _lengths(file, path.stat().st_size)
        rig = Rig(path, _inputs(file), outputs(file), varied_by_list(file))
    if not lengths or not max(lengths):
        raise ValueError(f"{path} holds {len(lengths)} sweeps of no samples: record or export at least one.")
    voltages = usable_voltages(rig, choice)
    series = [s for channel in voltages for s in _recorded(file, "voltage", channel, lengths, channel.label)]
    if len(voltages) == 1:  # others are refused
        measured = usable_currents(rig, voltages[0], choice)
        series += [s for channel in measured for s in _recorded(file, "current", channel, lengths, "")]
        for output, owner in owner_of_commands(rig, voltages[0], measured, choice).items():
            series += _played(file, output, lengths, owner, rig.varied)
    return paired(series, choice, str(path), lambda n: f"{path.name} sweep {n}")


def _inputs(file: Any) -> list[Input]:
    numbers = file._headerV1.nADCSamplingSeq if first_version(file) else file._adcSection.nADCNum
    named = enumerate(zip(numbers, file.adcNames, file.adcUnits, strict=False))
    return [Input(n, number, name.strip("\0 "), unit.strip("\0 ")) for n, (number, name, unit) in named]


def _lengths(file: Any, size: int) -> list[int]:
    """Samples of each sweep; event-driven ones differ in length."""
    lengths = [] if first_version(file) else [n // file.channelCount for n in file._synchArraySection.lLength]
    if len(set(lengths)) < 2 or len(lengths) != file.sweepCount:
        lengths = [file.sweepPointCount] * file.sweepCount
    stored = (size - file.dataByteStart) // np.dtype(file._dtype).itemsize
    if min(lengths, default=0) < 0 or sum(lengths) * file.channelCount > stored:
        raise ValueError(f"{sum(lengths)} samples are promised and {stored} stored")
    return lengths


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
