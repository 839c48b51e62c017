"""Events of sensors: SHD (HDF5) and N-MNIST (`.bs2`), to spikes by channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..biophysics.network import SpikeTrains, spike_trains
from .hdf5 import own_dataset
from .source import existing, optional, reading

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class AddressEvents:
    """Spikes of one sample in the order of time.

    Attributes:
        times: Times (event,) [ms].
        channels: Channel of each, from 0 (event,).
        size: Number of channels there are.
        label: Class, -1 if unknown.
    """

    times: np.ndarray
    channels: np.ndarray
    size: int
    label: int = -1

    def trains(self) -> SpikeTrains:
        """One spike train for each channel (channel, spike) [ms]."""
        return spike_trains(*(self.times[self.channels == channel] for channel in range(self.size)))

    def binned(self, dt: float, duration: float) -> np.ndarray:
        """Numbers of spikes on a grid (time, channel); spikes after `duration` are left out.

        Args:
            dt: Width of a bin [ms].
            duration: Length of the grid, a multiple of dt [ms].

        Raises:
            ValueError: for a duration that is not a multiple of dt.
        """
        steps = round(duration / dt)
        if dt <= 0 or steps < 1 or abs(steps - duration / dt) > 1e-6:
            raise ValueError(f"duration = {duration} ms is not a positive multiple of dt = {dt} ms.")
        slot = np.floor(self.times / dt).astype(int)
        counts = np.zeros((steps, self.size), np.float32)
        np.add.at(counts, (slot[slot < steps], self.channels[slot < steps]), 1)
        return counts


def stack_events(samples: Sequence[AddressEvents], *, dt: float | None = None) -> tuple[Any, np.ndarray, np.ndarray]:
    """Samples of different length as one batch, as `spiking.train` takes it: decoders then read no padding.

    Args:
        samples: Samples of one sensor, such as `read_shd` gives.
        dt: Width of the bins of a grid [ms]; by default there is none.

    Returns:
        Inputs: spike trains (sample, channel, spike) padded with infinity; with dt, numbers of spikes (sample, time, channel)
        padded with 0. Labels (sample,). Where each sample ends: at its last event, or the end of its bin (sample,) [ms];
        the run must be at least as long as the last.

    Raises:
        ValueError: for no samples, samples of different sensors, or a dt that is not positive.
    """
    sizes = {sample.size for sample in samples}
    if len(sizes) != 1:
        raise ValueError(f"samples of {sorted(sizes)} channels: give at least one sample, and all of one sensor.")
    labels = np.array([sample.label for sample in samples])
    ends = np.array([sample.times.max(initial=0.0) for sample in samples])
    if dt is not None:
        if not 0 < dt < np.inf:
            raise ValueError(f"dt = {dt} ms: give a positive number.")
        steps = np.floor(ends / dt).astype(int) + 1
        return np.stack([sample.binned(dt, steps.max() * dt) for sample in samples]), labels, steps * dt
    trains = [np.asarray(sample.trains().times) for sample in samples]
    longest = max(1, *(train.shape[1] for train in trains))
    padded = [np.pad(train, ((0, 0), (0, longest - train.shape[1])), constant_values=np.inf) for train in trains]
    return SpikeTrains(np.stack(padded)), labels, ends


def read_shd(path: str | Path, samples: slice | None = None) -> list[AddressEvents]:
    """Samples of the Spiking Heidelberg Digits, or of a file of the same form: 700 channels of a cochlea, 20 classes.

    Args:
        path: HDF5 file with `spikes/times` [s], `spikes/units` and `labels`.
        samples: Which of them, such as `slice(0, 100)`; all by default.

    Raises:
        FileNotFoundError, ValueError, ImportError: each names value, rule and fix. Links to other files are refused.

    Source: Cramer, Stradmann, Schemmel & Zenke (2022), IEEE Trans. Neural Netw. Learn. Syst. 33:2744.
    """
    path, h5py = existing(path), optional("h5py")
    with reading(path, "an SHD file (HDF5 with spikes/times, spikes/units and labels)"), h5py.File(path, "r") as file:
        times, units, labels = (own_dataset(file, name) for name in ("spikes/times", "spikes/units", "labels"))
        which = _numbers(path, {data.name: data.shape for data in (times, units, labels)})[samples or slice(None)]
        classes, limit, found = np.asarray(labels).astype(int), path.stat().st_size, []
        for n in which:
            found.append((n, np.asarray(times[n], np.float64), np.asarray(units[n]).astype(int), int(classes[n])))
            limit -= found[-1][1].size + found[-1][2].size
            if limit < 0:  # events are not compressed, so several samples would be the same bytes
                raise ValueError("it has more events than bytes")
    return [_sample(path, n, t * 1e3, u, 700, label) for n, t, u, label in found]


def _numbers(path: Path, shapes: dict[str, tuple[int, ...]]) -> range:
    """The numbers of the samples, of which a file has no more than bytes."""
    (count, *more), *others = shapes.values()
    if more or any(other != (count,) for other in others) or count > path.stat().st_size:
        raise ValueError(f"{shapes} must be one row for each sample, of which the file can hold no more than bytes")
    return range(count)


def read_bs2(path: str | Path, *, width: int = 34, height: int = 34, label: int = -1) -> AddressEvents:
    """Events of one N-MNIST sample: channel = polarity × width × height + y × width + x.

    An event has 40 bits, the highest first: 8 of x, 8 of y, 1 of polarity, 23 of the time in µs.

    Args:
        path: The file.
        width, height: Of the sensor [pixels].
        label: Class to note down; the file has none.

    Raises:
        FileNotFoundError, ValueError: each names value, rule and fix.

    Source: Orchard, Jayawant, Cohen & Thakor (2015), Front. Neurosci. 9:437.
    """
    path = existing(path)
    raw = np.frombuffer(path.read_bytes(), np.uint8)
    if raw.size % 5:
        raise ValueError(
            f"{path} has {raw.size} bytes, and an event has 5: it is cut short or of another format; copy it again."
        )
    x, y, *rest = raw.reshape(-1, 5).T.astype(np.int64)
    if raw.size and (x.max() >= width or y.max() >= height):
        raise ValueError(
            f"{path} has an event at pixel ({x.max()}, {y.max()}), the sensor is {width} x {height}: give its width and height."
        )
    polarity, times = rest[0] >> 7, ((rest[0] & 0x7F) << 16 | rest[1] << 8 | rest[2]) * 1e-3
    return _sample(path, 0, times, (polarity * height + y) * width + x, 2 * width * height, label)


def write_bs2(path: str | Path, events: AddressEvents, *, width: int = 34, height: int = 34) -> None:
    """Write events as `read_bs2` reads them; times are rounded to µs.

    Raises:
        ValueError: for a time that 23 bits cannot hold, or channels of another sensor.
    """
    microseconds = np.rint(events.times * 1e3).astype(np.int64)
    if events.size != 2 * width * height or np.any((microseconds < 0) | (microseconds >= 1 << 23)):
        raise ValueError(
            f"{events.size} channels, times to {np.max(events.times, initial=0.0):g} ms: the format holds 2 x {width} x {height} "
            "channels and times from 0 to 8388.607 ms."
        )
    polarity, pixel = np.divmod(events.channels, width * height)
    y, x = np.divmod(pixel, width)
    word = [x, y, polarity << 7 | microseconds >> 16, microseconds >> 8 & 0xFF, microseconds & 0xFF]
    Path(path).write_bytes(np.stack(word, axis=1).astype(np.uint8).tobytes())


def _sample(path: Path, number: int, times: np.ndarray, channels: np.ndarray, size: int, label: int) -> AddressEvents:
    wrong = times.shape != channels.shape or not np.all(np.isfinite(times) & (times >= 0))
    if wrong or np.any((channels < 0) | (channels >= size)):
        raise ValueError(
            f"{path}, sample {number}: {times.size} times and {channels.size} channels; give as many of each, times from 0 on, "
            f"and channels from 0 to {size - 1}."
        )
    order = np.argsort(times, kind="stable")
    return AddressEvents(times[order], channels[order], size, label)
