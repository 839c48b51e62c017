"""Neurodata Without Borders (NWB 1 and 2), intracellular current clamp, by h5py."""

import warnings
from pathlib import Path

from ....recording import Recording
from ...source import Sweeps, existing, pick
from ..pairing import paired
from ..series import Choice
from .file import open_nwb
from .series import Clamp, series_of


def read_nwb(
    path: str | Path,
    sweep: int = 0,
    *,
    junction_potential: float = 0.0,
    units: dict[str, str] | None = None,
    channel: str | int | None = None,
    current_channel: str | int | None = None,
) -> Recording:
    """One sweep of a current-clamp recording in an NWB file.

    A `CurrentClampSeries` of the acquisition is paired with the `CurrentClampStimulusSeries` of the same row of the
    intracellular-recordings table, with its index ranges; else of the same sweep number and electrode; else, where there
    are no numbers, of the same starting time or number in the name. A bias current is added to the command. A file whose
    series carry sweep numbers is addressed by them, others by position from 0, in order of time.

    Args:
        path: The file.
        sweep: Number of the sweep.
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
        units: Units of `voltage` and `current` that replace those in the file.
        channel: The electrode, or the name of a series, where several were recorded at one time.
        current_channel: The name of the stimulus.

    Returns:
        The recording: t [ms], v (time, 1) [mV], current [nA].

    Raises:
        FileNotFoundError, ValueError, ImportError: each names value, rule and fix.
    """
    choice = Choice.of(channel, current_channel, None, units, junction_potential)
    return pick(sweeps_nwb(path, choice), sweep, path)


def sweeps_nwb(path: str | Path, choice: Choice) -> Sweeps:
    """Every current-clamp sweep of an NWB file, by number."""
    path = existing(path)
    with open_nwb(path) as file:
        series, others, outside = series_of(file, path)
    if not any(s.quantity == "voltage" for s in series):
        kinds = ", ".join(f"{count} {kind}" for kind, count in others.items()) or "nothing intracellular"
        raise ValueError(
            f"{path} holds no {Clamp.VOLTAGE} with its {Clamp.CURRENT}, but {kinds}: a current-clamp recording with its "
            "injected current is needed."
        )
    if outside:
        warnings.warn(
            f"{path}: {len(outside)} series ({', '.join(outside[:8])}) are in no row of the table of intracellular "
            "recordings: they are left out.",
            stacklevel=3,
        )
    return paired(series, choice, str(path), lambda n: f"{path.name} sweep {n}")
