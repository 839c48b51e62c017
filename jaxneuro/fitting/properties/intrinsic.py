"""What a cell does with steps of current, as one table: features of each, f–I curve, rheobase, sag, passive properties. NumPy."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...recording import Recording
from ...summary import Row, Summarised
from ..targets import LEAST, Segment, Stimulus, measure, stimuli
from .passive import PassiveProperties, passive_properties

SHORTEST = 10.0  # ms of a step that has features
DEEP = 5.0  # mV of hyperpolarisation that tells a sag
RELATIVE_TO_BASE = ("base", "input_resistance")
STRONG = 10.0  # nA at rheobase
NAN = float("nan")
STEP_UNITS = {
    "start": "ms", "stop": "ms", "current": "nA", "holding": "nA", "rate": "Hz", "latency": "ms", "ap_height": "mV",
    "ap_amplitude": "mV", "ap_width": "ms", "ahp_depth": "mV", "base": "mV", "steady": "mV", "sag": "mV",
    "input_resistance": "MΩ", "time_constant": "ms",
}  # fmt: skip


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

    def pandas(self) -> Any:
        """The table of the steps as a `pandas.DataFrame`.

        Raises:
            ImportError: without pandas; `steps` is the same table as a list.
        """
        try:
            import pandas
        except ImportError as fault:
            raise ImportError("a data frame needs pandas: pip install pandas, or take .steps or .csv()") from fault
        return pandas.DataFrame(self.steps)

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
    steps = [row for sweep, stimulus in zip(sweeps, given, strict=True) for row in _steps(sweep, stimulus, level)]
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
    rheobase, silent, notes = _rheobase(currents, rates)
    sag_ratio, said = _sag_ratio(main)
    bases = [row["base"] for row in main if np.isfinite(row["base"])]
    return IntrinsicProperties(
        rest=float(np.median(bases)) if bases else NAN, passive=passive, sag_ratio=sag_ratio, rheobase=rheobase, silent=silent,
        gain=_gain(currents, rates), currents=currents, rates=rates, steps=steps, notes=(*notes, *said),
    )  # fmt: skip


def _steps(sweep: Recording, stimulus: Stimulus, level: float | None) -> Iterator[dict[str, Any]]:
    """A row for the step of the protocol, and one for each other step, in order."""
    main = stimulus.step
    others = [s for s in stimulus.segments if s.kind == "step" and not (main and _overlap(s, main))]
    parts = [s for s in (*others, main) if s is not None and s.kind == "step"]
    for part in sorted(parts, key=lambda s: s.start):
        start, stop = max(part.start, float(sweep.t[0])), min(part.stop, float(sweep.t[-1]))
        if stop - start < SHORTEST:
            continue
        found = measure(sweep, start, stop, part.change if abs(part.change) > LEAST else None, level=level)
        if _in_the_baseline(part, stimulus):
            found |= dict.fromkeys(RELATIVE_TO_BASE, NAN)
        yield {
            "sweep": sweep.name, "role": "protocol" if part == main else "other", "start": start, "stop": stop,
            "current": part.change, "holding": part.level - part.change, **found,
        }  # fmt: skip


def _overlap(a: Segment, b: Segment) -> bool:
    return a.start < b.stop - 1.0 and b.start < a.stop - 1.0


def _in_the_baseline(part: Segment, stimulus: Stimulus) -> bool:
    """Whether something else was injected in the tenth of the time before a step that eFEL takes for its baseline."""
    return any(s.kind != "holding" and 0.9 * part.start < s.stop <= part.start + 1e-6 for s in stimulus.segments)


def _rheobase(currents: np.ndarray, rates: np.ndarray) -> tuple[float, float, list[str]]:
    """The least current that fires, the largest below it that does not, and what to say of the two [nA]."""
    up = currents > LEAST
    if np.any(rates[~up & (currents > -LEAST)] > 0):
        return (
            NAN,
            NAN,
            ["the cell fires without current: it has no rheobase; inject a hyperpolarising holding current"],
        )
    fires = currents[up & (rates > 0)]
    if not fires.size:
        largest = f"{currents.max():.3g} nA" if up.any() else "no depolarising step"
        return NAN, float(currents[up].max()) if up.any() else NAN, [f"no step fires, up to {largest}: no rheobase"]
    rheobase = float(fires.min())
    below, above = currents[(rates == 0) & (currents < rheobase)], currents[(rates == 0) & (currents > rheobase)]
    notes = []
    if not below.size:
        notes.append(f"every step fires: the rheobase is at most {rheobase:.3g} nA; record smaller steps")
    if above.size:
        notes.append(f"silent again at {above.min():.3g} nA: a block, or spikes that do not reach the level")
    if rheobase > STRONG:
        notes.append(
            f"a rheobase of {rheobase:.3g} nA is large: if it is in pA, say units={{'current': 'pA'}}, --unit current=pA"
        )
    return rheobase, float(below.max()) if below.size else NAN, notes


def _gain(currents: np.ndarray, rates: np.ndarray) -> float:
    """Slope of the line through the rising part of the f–I curve [Hz/nA]; NaN with fewer than two currents."""
    fires = currents[(rates > 0) & (currents > -LEAST)]
    if np.ptp(fires if fires.size else [0.0]) < LEAST:
        return NAN
    used = (currents >= fires.min()) & (currents <= currents[rates.argmax()])
    return float(np.polyfit(currents[used], rates[used], 1)[0]) if used.sum() > 1 else NAN


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
