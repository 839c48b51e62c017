"""What an output of an Axon protocol commands: its holding level, epochs, or a waveform from a file."""

from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...source import optional, reading

if TYPE_CHECKING:
    pass


FROM_EPOCHS, FROM_FILE = 1, 2  # sources of a waveform
HOLDING_FRACTION = 64  # a sweep begins with a 64th of its samples at the holding level
OFF, STEP, RAMP, PULSES, TRIANGLES, COSINES, BIPHASIC = 0, 1, 2, 3, 4, 5, 7


class Epoch(NamedTuple):
    """A stretch of the waveform; each sweep adds the steps once more.

    Attributes:
        kind: Off, step, ramp, train of pulses, triangles, cosines or biphasic pulses.
        level: Its level, or the peak of its train [unit of the output].
        level_step: What each sweep adds.
        duration: Samples.
        duration_step: What each sweep adds.
        period: Samples of one pulse of a train.
        width: Samples for which it is on.
    """

    kind: int
    level: float
    level_step: float
    duration: int
    duration_step: int
    period: int
    width: int


class Output(NamedTuple):
    """An analog output (DAC) of the protocol.

    Attributes:
        number: From 0.
        name: Its name.
        unit: Its unit.
        holding: Level between waveforms [unit].
        source: 0 if no waveform is played, 1 if it is made of epochs, 2 if it comes from a file.
        keeps_level: True if the last level of a sweep is held until the next.
        epochs: What a waveform is made of.
    """

    number: int
    name: str
    unit: str
    holding: float
    source: int
    keeps_level: bool
    epochs: tuple[Epoch, ...]


def first_version(file: Any) -> bool:
    """Whether it is of the format before 2006."""
    return file.abfVersion["major"] == 1


def commanded(file: Any, output: Output, sweep: int, size: int, varied: bool) -> np.ndarray:
    """What an output commands in one sweep (size,) [unit of the output].

    Args:
        file: The open file.
        output: Of its protocol.
        sweep: Number of the sweep.
        size: Samples of the sweep.
        varied: True if a user list changes the waveform from sweep to sweep.

    Raises:
        ValueError: if the file does not say what was commanded.
    """
    path = Path(file.abfFilePath)
    if not output.source:
        return np.full(size, output.holding)
    if varied:
        raise ValueError(
            f"{path}: a user list changes what {output.name!r} (DAC {output.number}) commands from sweep to sweep, which is "
            "not read: choose a recorded current (current_channel=, --current-channel), or export the stimulus from pCLAMP."
        )
    with reading(path, "an Axon binary file"):
        if output.source == FROM_EPOCHS:
            return waveform(output.epochs, output.holding, output.keeps_level, sweep, size)
    if output.source == FROM_FILE and not first_version(file):
        return _from_file(file, output, path, sweep, size)
    raise ValueError(
        f"{path}: {output.name!r} (DAC {output.number}) has a waveform of source {output.source}, which is not read: choose a "
        "recorded current (current_channel=, --current-channel)."
    )


def _from_file(file: Any, output: Output, path: Path, sweep: int, size: int) -> np.ndarray:
    """A waveform that the protocol took from another file (ABF or ATF), which must lie beside the recording."""
    pyabf, dac = optional("pyabf"), file._dacSection
    name = PureWindowsPath(file._stringsSection._indexedStrings[dac.lDACFilePathIndex[output.number]]).name
    beside = path.parent / name
    if not name or not beside.is_file():
        raise ValueError(
            f"{path}: the command of {output.name!r} came from the file {name!r}: put it into the same folder, or choose a "
            "recorded current (current_channel=, --current-channel)."
        )
    scaled = (dac.fDACFileScale[output.number], dac.fDACFileOffset[output.number]) not in ((1.0, 0.0), (0.0, 0.0))
    with reading(beside, "a stimulus file"):
        stimulus = (pyabf.ATF if beside.suffix.lower() == ".atf" else pyabf.ABF)(str(beside))
        if stimulus.sweepCount > 1:
            stimulus.setSweep(sweep)
        values = np.asarray(stimulus.sweepY, np.float64)
    if scaled or values.size < size:
        raise ValueError(
            f"{path}: the command of {output.name!r} from {name!r} is scaled or has {values.size} samples for {size}: "
            "export the stimulus from pCLAMP."
        )
    return values[:size]


def waveform(epochs: tuple[Epoch, ...], holding: float, keeps_level: bool, sweep: int, size: int) -> np.ndarray:
    """The command of one sweep (size,) [unit of the output].

    After the holding part the epochs follow each other; then the level returns to the holding level, or stays, if
    `keeps_level`, at the last one until the epochs of the next sweep. A train starts from the level before it.

    Raises:
        ValueError: for an epoch of another kind, or of a negative duration.

    Source: pCLAMP 10 User Guide (Molecular Devices), "Waveform tab"; the layout of the file as in pyABF 2.3.8.
    """
    epochs = tuple(epoch for epoch in epochs if epoch.kind != OFF)
    after = [e.level + e.level_step * (sweep - back) for back in (0, 1) for e in epochs[-1:]]
    rest = after[0] if keeps_level and after else holding
    before = after[1] if keeps_level and after and sweep else holding
    values = np.full(size, rest)
    at = size // HOLDING_FRACTION
    values[:at] = before
    for epoch in epochs:
        duration, level = epoch.duration + epoch.duration_step * sweep, epoch.level + epoch.level_step * sweep
        if duration < 0:
            raise ValueError(f"an epoch lasts {duration} samples in sweep {sweep}: the protocol is damaged.")
        part = values[at : at + duration]
        part[:] = _epoch(epoch, before, level, duration, part.size)
        at, before = min(at + duration, size), level
    return values


def _epoch(epoch: Epoch, before: float, level: float, duration: int, count: int) -> np.ndarray | float:
    """The first `count` samples of an epoch."""
    n, rise = np.arange(count), level - before
    trains = duration // epoch.period if epoch.period > 0 else 0
    phase = n % epoch.period if epoch.period > 0 else n
    inside = n < trains * epoch.period
    if epoch.kind == STEP:
        return level
    if epoch.kind == RAMP:
        return before + rise * n / max(duration - 1, 1)
    if epoch.kind == PULSES:
        return np.where(inside & (phase < epoch.width), level, before)
    if epoch.kind == TRIANGLES:
        up, down = max(epoch.width - 1, 1), max(epoch.period - epoch.width - 1, 1)
        height = np.where(phase < epoch.width, phase / up, 1.0 - (phase - epoch.width) / down)
        return before + rise * np.where(inside, height, 0.0)
    if epoch.kind == COSINES:
        return before + 0.5 * rise * (1.0 - np.cos(2.0 * np.pi * trains * n / max(duration - 1, 1)))
    if epoch.kind == BIPHASIC:
        sign = np.where(phase < epoch.width // 2, 1.0, -1.0)
        return before + rise * np.where(inside & (phase < epoch.width), sign, 0.0)
    raise ValueError(f"an epoch of kind {epoch.kind}: the kinds are 0 to 5 and 7.")
