"""NumPy archives (NPZ)."""

from pathlib import Path

import numpy as np

from ..files import writing
from ..recording import Recording
from .measured import measured
from .quantity import OWN_UNIT, convert, find_columns
from .source import Sweeps, existing, pick, reading


def read_npz(
    path: str | Path, sweep: int = 0, *, junction_potential: float = 0.0, units: dict[str, str] | None = None
) -> Recording:
    """One sweep of a recording in a NumPy archive.

    The arrays are `time`, `voltage`, `current`, or `t`, `v`, `i`, each with its unit after an underscore: `v_mV`,
    `i_pA`. Without one they are in ms, mV and nA. A number `dt_ms` may stand for the times. Voltage and current are
    (time,) or (sweep, time). Nothing in the file is executed: archives with Python objects are refused.

    Args:
        path: The file.
        sweep: Number of the sweep, from 0.
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
        units: Units of `time`, `voltage` and `current` that replace those in the file.

    Returns:
        The recording: t [ms], v (time, 1) [mV], current [nA].

    Raises:
        FileNotFoundError, ValueError: each names value, rule and fix.
    """
    return pick(sweeps_npz(path, junction_potential=junction_potential, units=units), sweep, path)


def sweeps_npz(path: str | Path, *, junction_potential: float = 0.0, units: dict[str, str] | None = None) -> Sweeps:
    """Every sweep of a NumPy archive, by number."""
    path = existing(path)
    with reading(path, "a NumPy archive"), np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    columns = find_columns(list(arrays), str(path))

    def values(quantity: str, kind: str | None = None) -> np.ndarray:
        name, unit = columns[quantity]
        kind = kind or quantity
        with reading(path, f"numbers in {name!r}"):
            numbers = np.asarray(arrays[name], np.float64)
        return convert(numbers, (units or {}).get(kind, unit or OWN_UNIT[kind]), kind, f"{path.name} {name}")

    v, current = np.atleast_2d(values("voltage")), np.atleast_2d(values("current"))
    t = values("time") if "time" in columns else values("step", "time") * np.arange(v.shape[-1])
    if v.shape[0] != current.shape[0]:
        raise ValueError(f"{path} has {v.shape[0]} sweeps of voltage and {current.shape[0]} of current: give one each.")

    def load(n: int) -> Recording:
        return measured(t, v[n], current[n], f"{path.name} sweep {n}", junction_potential)

    return {n: lambda n=n: load(n) for n in range(v.shape[0])}


def write_npz(path: str | Path, recordings: Recording | list[Recording]) -> None:
    """Write recordings that share one time base, so that `read_npz` gives them back.

    Args:
        path: The file to write.
        recordings: One or several, each with one compartment and a current.

    Raises:
        ValueError: if there is no current, or the times differ.
    """
    recordings = [recordings] if isinstance(recordings, Recording) else list(recordings)
    currents = [np.asarray(r.current) for r in recordings if r.current is not None]
    if not recordings or len(currents) < len(recordings):
        raise ValueError("a recording without its current cannot be read again: recording.replace(current=...) [nA].")
    t = np.asarray(recordings[0].t)
    if any(np.shape(r.t) != t.shape or not np.allclose(r.t, t) for r in recordings):
        raise ValueError(
            "recordings of one archive need one time base: write those that differ into files of their own."
        )
    path = Path(path)
    with writing(path if path.suffix == ".npz" else path.with_name(f"{path.name}.npz"), "b") as file:
        np.savez_compressed(file, t_ms=t, v_mV=np.stack([r.v[:, 0] for r in recordings]), i_nA=np.stack(currents))
