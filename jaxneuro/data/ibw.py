"""Igor binary waves (IBW), one wave for the current and one for the voltage, by igor2."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from ..recording import Recording
from .measured import measured
from .quantity import FACTORS, convert
from .source import Sweeps, existing, optional, pick, reading

CHANNEL = re.compile(r"(?<![A-Za-z])(?:Ch|ch|CH|AD|ad)_?\d+")


def read_ibw(
    path: str | Path, sweep: int | None = None, *, junction_potential: float = 0.0, units: dict[str, str] | None = None
) -> Recording:
    """One sweep of a current-clamp recording in a pair of Igor waves.

    The two waves of a sweep have names that differ only in the channel (`B6_Ch0_IDRest_181.ibw` and
    `B6_Ch3_IDRest_181.ibw`) and lie in one folder. The unit that a wave declares says which is the current (pA, ...)
    and which the voltage (mV, ...). The last number of the name is the number of the sweep. Igor waves often
    declare no unit of time; then it is Igor's own, the second.

    Args:
        path: Either wave of the pair, a folder, or a pattern such as `data/B6_*.ibw`.
        sweep: Number of the sweep; for a path to one wave its own by default.
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
        units: Units of `time`, `voltage` and `current` that replace those in the files.

    Returns:
        The recording: t [ms], v (time, 1) [mV], current [nA].

    Raises:
        FileNotFoundError, ValueError, ImportError: each names value, rule and fix.
    """
    sweeps = sweeps_ibw(path, junction_potential=junction_potential, units=units)
    if sweep is None:
        sweep = own_sweep(path) if Path(path).is_file() else min(sweeps)
    return pick(sweeps, sweep, path)


def sweeps_ibw(path: str | Path, *, junction_potential: float = 0.0, units: dict[str, str] | None = None) -> Sweeps:
    """Every sweep of the series of waves that a path belongs to, by number."""
    series = _series(Path(path).expanduser())
    options = {"junction_potential": junction_potential, "units": units or {}}
    return {n: lambda waves=waves: _load(waves, **options) for n, waves in sorted(series.items())}


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


def _load(waves: list[Path], *, junction_potential: float, units: dict[str, str]) -> Recording:
    where = f"{CHANNEL.sub('Ch*', waves[0].name)} sweep {own_sweep(waves[0])}"
    found = {}
    for wave in waves:
        values, step, value_unit, time_unit = _read(wave)
        quantity = next((q for q in ("voltage", "current") if value_unit in FACTORS[q]), None)
        if quantity is None or quantity in found:
            raise ValueError(
                f"{wave} declares {value_unit or 'no unit'}: of the two waves of a sweep one must be in volts, one in "
                'amperes (Igor: SetScale d, 0, 0, "mV", wave).'
            )
        found[quantity] = (convert(values, units.get(quantity, value_unit), quantity, where), step, time_unit)
    if len(found) < 2:
        missing = "voltage" if "current" in found else "current"
        raise ValueError(
            f"{waves[0]} has no partner with the {missing}: put the wave beside it whose name differs only "
            "in the channel."
        )
    (v, step, time_unit), (current, other_step, _) = found["voltage"], found["current"]
    if not np.isclose(step, other_step):
        raise ValueError(f"{where}: voltage every {step:g}, current every {other_step:g}: both need one sampling step.")
    t = convert(step * np.arange(v.size), units.get("time", time_unit or "s"), "time", where)
    return measured(t, v, current, where, junction_potential)


def _read(path: Path) -> tuple[np.ndarray, float, str, str]:
    path, binarywave = existing(path), optional("igor2.binarywave")
    with reading(path, "an Igor binary wave"):
        wave = binarywave.load(str(path))["wave"]
        header, values = wave["wave_header"], np.asarray(wave["wData"], np.float64)
        step = float(header["sfA"][0] if "sfA" in header else header["hsA"])
        declared = (
            _text(header["dataUnits"]),
            _text(header["dimUnits"][0] if "dimUnits" in header else header["xUnits"]),
        )
    return values, step, *declared


def _text(letters: Any) -> str:
    return b"".join(np.atleast_1d(letters).tolist()).split(b"\0")[0].decode("latin-1").strip()
