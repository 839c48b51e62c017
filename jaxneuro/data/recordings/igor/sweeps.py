"""Igor binary waves (IBW), one wave for the current and one for the voltage, by the note of its makers."""

import re
from functools import partial
from pathlib import Path

import numpy as np

from ....recording import Recording
from ...source import Sweeps, existing, pick
from ..pairing import paired, say_choice
from ..quantity import convert, quantity_of, say_unit
from ..series import Choice, Series, even_clock, means
from .wave import Wave, read_wave

USUAL = {"voltage": "mV", "current": "pA"}
RESTING = (-130.0, -20.0)  # mV; where a membrane is most of the time, and a command current in pA is not
CHANNEL = re.compile(r"(?<![A-Za-z])(?:Ch|ch|CH|AD|ad)_?\d+")


def read_ibw(
    path: str | Path,
    sweep: int | None = None,
    *,
    junction_potential: float = 0.0,
    units: dict[str, str] | None = None,
    channel: str | int | None = None,
    current_channel: str | int | None = None,
) -> Recording:
    """One sweep of a current-clamp recording in a pair of Igor waves.

    The two waves of a sweep have names that differ only in the channel (`B6_Ch0_IDRest_181.ibw` and
    `B6_Ch3_IDRest_181.ibw`) and lie in one folder. The unit that a wave declares says which is the current (pA, ...)
    and which the voltage (mV, ...); where they declare none, `units` must, and the one that rests where a membrane does
    is the voltage. The last number of the name is the number of the sweep. Igor waves often declare no unit of time; then
    it is Igor's own, the second.

    Args:
        path: Either wave of the pair, a folder, or a pattern such as `data/B6_*.ibw`.
        sweep: Number of the sweep; for a path to one wave its own by default.
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
        units: Units of `time`, `voltage` and `current` that replace those in the files.
        channel: The channel of the voltage (`Ch3` or 3), where there are several.
        current_channel: The channel of the current.

    Returns:
        The recording: t [ms], v (time, 1) [mV], current [nA].

    Raises:
        FileNotFoundError, ValueError: each names value, rule and fix.
    """
    sweeps = sweeps_ibw(path, Choice.of(channel, current_channel, None, units, junction_potential))
    if sweep is None:
        sweep = own_sweep(path) if Path(path).is_file() else min(sweeps)
    return pick(sweeps, sweep, path)


def sweeps_ibw(path: str | Path, choice: Choice) -> Sweeps:
    """Every sweep of the series of waves that a path belongs to, by number."""
    series = _series(Path(path).expanduser())
    return {n: partial(_load, n, waves, choice) for n, waves in sorted(series.items())}


def series_name(path: str | Path) -> tuple[Path, str]:
    """Folder and name of the series that a wave belongs to."""
    path = Path(path).expanduser()
    return path.resolve().parent, _stem(path)


def own_sweep(path: str | Path) -> int:
    """The sweep that a wave's name says it is: its last number."""
    numbers = re.findall(r"\d+", CHANNEL.sub("", Path(path).stem))
    return int(numbers[-1]) if numbers else 0


def _stem(path: Path) -> str:
    """The name without channel and sweep: what the waves of one series share."""
    return re.sub(r"\d+(?=\D*$)", "#", CHANNEL.sub("Ch*", path.stem))


def _series(path: Path) -> dict[int, list[Path]]:
    if path.is_dir():
        waves = sorted(path.glob("*.ibw"))
    elif any(c in path.name for c in "*?["):
        waves = sorted(path.parent.glob(path.name))
    else:
        waves = sorted(p for p in existing(path).parent.glob(f"*{path.suffix}") if _stem(p) == _stem(path))
    if not waves:
        raise FileNotFoundError(
            f"{path} matches no Igor wave: give a .ibw file, its folder or a pattern like B6_*.ibw."
        )
    series = sorted({_stem(wave) for wave in waves})
    if len(series) > 1:
        raise ValueError(
            f"{path} holds {len(series)} series of waves ({', '.join(series)}): choose one, with a pattern such as "
            f"{series[0].split('Ch*')[0]}*.ibw."
        )
    return {n: [w for w in waves if own_sweep(w) == n] for n in {own_sweep(w) for w in waves}}


def _load(number: int, waves: list[Path], choice: Choice) -> Recording:
    where = f"{CHANNEL.sub('Ch*', waves[0].name)} sweep {number}"
    found = [read_wave(wave) for wave in waves]
    series = []
    for wave, quantity in zip(found, _quantities(found, choice, where), strict=True):
        if quantity:
            step = convert(np.array(wave.step), choice.units.get("time", wave.time_unit or "s"), "time", where)
            series.append(
                Series(quantity, wave.path.stem, lambda wave=wave: wave.values, wave.unit,
                       even_clock(wave.values.size, float(step)), sweep=number, channel=_channel(wave))
            )  # fmt: skip
    missing = {"voltage", "current"} - {s.quantity for s in series}
    if missing:
        raise ValueError(
            f"{waves[0]} has no partner with the {missing.pop()}: put the wave beside it whose name differs only in the "
            "channel."
        )
    return paired(series, choice, where, lambda _: where)[number]()


def _quantities(waves: list[Wave], choice: Choice, where: str) -> list[str | None]:
    """What each wave is: as its channel is chosen, as its unit says, or the one left; None for another quantity.

    Raises:
        ValueError: if units are missing and the user gives none, or nothing tells the waves apart.
    """
    found = [_chosen(wave, choice) or quantity_of(wave.unit) for wave in waves]
    bare = [n for n, wave in enumerate(waves) if not wave.unit and found[n] is None]
    left = [quantity for quantity in USUAL if quantity not in found]
    if not bare or not left:
        return found
    if not set(left) <= set(choice.units):
        said = " and ".join(say_unit(quantity, USUAL[quantity]) for quantity in left)
        raise ValueError(
            f"{waves[bare[0]].path} declares no unit: of the two waves of a sweep one must be in volts, one in amperes. Say "
            f'so, such as {said}, or in Igor SetScale d, 0, 0, "mV", wave.'
        )
    if len(left) == 2:
        at = _resting([waves[n] for n in bare], choice.units["voltage"], where)
        found[bare.pop(at)] = left.pop(0)
    if len(bare) == 1:
        found[bare[0]] = left[0]
    return found


def _chosen(wave: Wave, choice: Choice) -> str | None:
    """What the user says that a wave is."""
    for quantity, word in (("voltage", choice.channel), ("current", choice.current_channel)):
        if word and means(word, wave.path.stem, _channel(wave), wave.path.name):
            return quantity
    return None


def _resting(waves: list[Wave], unit: str, where: str) -> int:
    """Which of two waves rests where a membrane does."""
    medians = [float(np.median(convert(wave.values, unit, "voltage", where))) for wave in waves]
    found = [n for n, median in enumerate(medians) if RESTING[0] < median < RESTING[1]]
    if len(found) != 1 or len(waves) != 2:
        raise ValueError(
            f"{where}: {', '.join(map(_channel, waves))} declare no unit, and {len(found)} of them rest where a membrane does. "
            f"Choose, such as {say_choice('channel', _channel(waves[0]))}, and current_channel= (--current-channel)."
        )
    return found[0]


def _channel(wave: Wave) -> str:
    found = CHANNEL.search(wave.path.stem)
    return found[0] if found else wave.path.stem
