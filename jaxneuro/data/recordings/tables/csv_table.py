"""Tables as text (CSV, TSV, ATF, any of them gzipped)."""

import re
from functools import cache
from pathlib import Path

import numpy as np

from ....recording import Recording
from ...source import Sweeps, pick
from ..pairing import paired
from ..quantity import OWN_UNIT, convert
from ..series import Choice, Series
from .columns import Column, by_column, find_columns
from .text import Table, read_table


def read_csv(
    path: str | Path,
    sweep: int | None = None,
    *,
    junction_potential: float = 0.0,
    units: dict[str, str] | None = None,
    columns: dict[str, str] | None = None,
) -> Recording:
    """A recording in a table with a header, one row a sample.

    The columns are `time`, `voltage`, `current`, or `t`, `v`, `i`, or any names, each with its unit:
    `time_s, voltage_mV, current_pA`, `Vm (mV)`. Without one they are in ms, mV and nA, if these can be. Commas,
    semicolons, tabs or blanks separate, decimals may follow a comma; names may be quoted; lines that begin with #, % or
    // are skipped. An Axon text file (ATF) holds sweeps, by the numbers of their traces.

    Args:
        path: The file; gzipped if it likes.
        sweep: Number of the sweep; the first by default, as most tables hold one.
        junction_potential: Liquid-junction potential, subtracted from the voltage [mV].
        units: Units of `time`, `voltage` and `current` that replace those in the file.
        columns: Names of the columns of `time`, `voltage` and `current`; without a header "1", "2", ...

    Returns:
        The recording: t [ms], v (time, 1) [mV], current [nA].

    Raises:
        FileNotFoundError, ValueError: each names value, rule and fix.
    """
    sweeps = sweeps_csv(path, Choice.of(None, None, columns, units, junction_potential))
    return pick(sweeps, min(sweeps) if sweep is None else sweep, path)


def sweeps_csv(path: str | Path, choice: Choice) -> Sweeps:
    """The sweeps of a table: one, but for Axon text files."""
    path = Path(path).expanduser()
    table = read_table(path)
    names, traces = _named(table)
    choice = by_column(choice, names)
    columns = find_columns(list(dict.fromkeys(names)), choice, str(path))
    if "time" not in columns:
        raise ValueError(f"{path} has no column of time: a table needs time, voltage and current in every row.")
    (time_name, time_unit), at = columns["time"][0], {}
    for k, name in enumerate(names):
        at.setdefault(name, []).append(k)

    @cache
    def times() -> np.ndarray:
        unit = choice.units.get("time", time_unit or OWN_UNIT["time"])
        return convert(table.rows[:, at[time_name][0]], unit, "time", f"{path.name} {time_name}")

    series = [
        Series(
            quantity, name, lambda k=k: table.rows[:, k], unit or OWN_UNIT[quantity], times, sweep=traces[k], recorded=None,
            channel=table.signals[k] or ("" if len(at[name]) == 1 else f"column {k + 1}"),
            assumed=_assumed(time_unit, (quantity, unit)),
        )
        for quantity in ("voltage", "current") for name, unit in columns[quantity] for k in at[name]
    ]  # fmt: skip
    several = len(set(traces)) > 1
    return paired(series, choice, str(path), lambda n: f"{path.name} sweep {n}" if several else path.name)


def _named(table: Table) -> tuple[list[str], list[int]]:
    """The names of the columns without numbers of traces, `Trace #3 (mV)`, and these numbers; 0 where there are none."""
    numbers = [re.match(r"\s*Trace\s*#(\d+)", name) for name in table.names]
    names = [re.sub(r"^(\s*Trace)\s*#\d+", r"\1", name) for name in table.names]
    return names, [int(found[1]) if found else 0 for found in numbers]


def _assumed(time_unit: str | None, column: Column) -> tuple[str, ...]:
    return tuple(quantity for quantity, unit in (("time", time_unit), column) if not unit)
