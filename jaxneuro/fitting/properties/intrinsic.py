"""What a cell does with steps of current, as one table: features of each, f–I curve, rheobase, sag, passive properties. NumPy."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...recording import Recording
from ...summary import Row, Summarised
from ..targets import LEAST, stimuli
from .firing import gain_of, rheobase_of
from .passive import PassiveProperties, passive_properties
from .steps import SHORTEST, STEP_UNITS, step_rows

DEEP = 5.0  # mV of hyperpolarisation that tells a sag
NAN = float("nan")


@dataclass(frozen=True, repr=False)
class IntrinsicProperties(Summarised):
    """What laboratories publish of a cell. What the sweeps do not show is NaN, and `notes` say why.

    Attributes:
        rest: Median of the voltage before the steps of the protocol [mV].
        passive: Input resistance, time constant, capacitance.
        sag_ratio: Part of the largest hyperpolarisation that is gone at the end of its step, in [0, 1].
        rheobase: Least current whose step has a spike [nA].
        silent: Largest current below it whose step has none [nA]: between the two lies the threshold.
        gain: Slope of the line through the f–I curve from the least current that fires to the highest rate [Hz/nA].
        currents, rates: The f–I curve: current above holding [nA] and spikes over length of the step [Hz] (step,).
        steps: A dictionary for each step of each sweep: sweep, role (`protocol` or `other`), start, stop, current above
            holding, holding, and all that `jaxneuro.fitting.targets.measure` says; units in `STEP_UNITS`.
        notes: What is missing or doubtful, and what to do about it.
    """

    rest: float
    passive: PassiveProperties
    sag_ratio: float
    rheobase: float
    silent: float
    gain: float
    currents: np.ndarray
    rates: np.ndarray
    steps: list[dict[str, Any]]
    notes: tuple[str, ...]

    def rows(self) -> Iterator[Row]:
        """The numbers of the cell, then how many steps there are, then the notes."""
        yield "rest", _known(self.rest, "mV")
        yield from self.passive.rows()
        yield "sag ratio", _known(self.sag_ratio)
        yield "rheobase", f"{_known(self.rheobase, 'nA')}; silent at {_known(self.silent, 'nA')}"
        yield "gain", _known(self.gain, "Hz/nA")
        yield "steps", f"{len(self.steps)}, with {int(sum(row['count'] for row in self.steps))} spikes"
        yield from (("note", note) for note in self.notes)

    def csv(self) -> str:
        """The table of the steps, with units in its head; empty where a step shows nothing."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([f"{name}_{STEP_UNITS[name]}" if name in STEP_UNITS else name for name in self.steps[0]])
        writer.writerows([_cell(value) for value in row.values()] for row in self.steps)
        return file.getvalue()

    def numbers(self) -> dict[str, Any]:
        """Everything but traces as plain numbers, for a report."""
        return {**vars(self), "passive": self.passive.numbers(), "units": STEP_UNITS}


def intrinsic_properties(
    sweeps: Sequence[Recording], *, step: tuple[float, float] | None = None, level: float | None = None
) -> IntrinsicProperties:
    """Measure a cell by its responses to steps of current.

    Features of steps have the definitions of eFEL, and those of 42 real sweeps agree with it to 1 % but for:

    - `sag`: its lowest voltage is a mean over 5 ms where eFEL takes one sample, noise and all (to 0.2 mV, or 1 mV at the
      foot of a spike); a depolarising step has none;
    - `ap_width`: eFEL counts whole samples (half a sample between the means), and takes a foot of noise for the begin of
      some spikes, which then last for 100 ms;
    - `adaptation`: below 0.01, to 1e-4;
    - `input_resistance`: none at rest;
    - `time_constant`: is not eFEL's.

    Args:
        sweeps: Sweeps of one cell with current.
        step: When the step of the protocol begins and ends (on, off) [ms]; found by default, see
            `jaxneuro.fitting.targets.stimuli`.
        level: What a spike must reach [mV]; None as in `crossings.find_spikes`.

    Returns:
        The properties.

    Raises:
        ValueError: without a sweep, a current or a step.
    """
    without = [sweep.name for sweep in sweeps if sweep.current is None]
    if without or not sweeps:
        raise ValueError(
            f"{without[0] or 'a sweep'} has no current: read it with its stimulus."
            if without
            else "there is no sweep: give at least one."
        )
    given = stimuli(sweeps, step)
    steps = [row for sweep, stimulus in zip(sweeps, given, strict=True) for row in step_rows(sweep, stimulus, level)]
    if not any(abs(row["current"]) > LEAST for row in steps):
        raise ValueError(
            f"no sweep of {sweeps[0].name or 'the recording'} has a step of current of {SHORTEST:g} ms or more, only "
            f"{', '.join(sorted({s.kind for g in given for s in g.segments}))}: features are of steps. Where a step was not "
            "found, say when it is, step=(on, off), --step ON OFF."
        )
    main = [row for row in steps if row["role"] == "protocol"]
    passive = passive_properties(sweeps, step=step, level=level)
    curve = sorted((row["current"], row["rate"]) for row in main)
    currents, rates = (np.array(x) for x in zip(*curve, strict=True)) if curve else (np.zeros(0), np.zeros(0))
    rheobase, silent, notes = rheobase_of(currents, rates)
    sag_ratio, said = _sag_ratio(main)
    bases = [row["base"] for row in main if np.isfinite(row["base"])]
    return IntrinsicProperties(
        rest=float(np.median(bases)) if bases else NAN, passive=passive, sag_ratio=sag_ratio, rheobase=rheobase, silent=silent,
        gain=gain_of(currents, rates), currents=currents, rates=rates, steps=steps, notes=(*notes, *said),
    )  # fmt: skip


def _sag_ratio(rows: list[dict[str, Any]]) -> tuple[float, list[str]]:
    """Sag over the largest hyperpolarisation, of the most negative step without spikes."""
    down = [row for row in rows if row["current"] < -LEAST and not row["count"] and np.isfinite(row["sag"])]
    if not down:
        return NAN, ["no hyperpolarising step of the protocol: no sag ratio"]
    row = min(down, key=lambda r: r["current"])
    depth = row["base"] - (row["steady"] - row["sag"])
    if not depth > DEEP:
        return NAN, [f"the largest hyperpolarisation is below {DEEP:g} mV: no sag ratio"]
    return float(row["sag"] / depth), []


def _known(value: float, unit: str = "") -> str:
    return f"{value:.4g} {unit}".rstrip() if np.isfinite(value) else "not known"


def _cell(value: Any) -> str:
    """A number with seven digits, nothing for NaN."""
    if isinstance(value, float):
        return f"{value:.7g}" if np.isfinite(value) else ""
    return str(value)
