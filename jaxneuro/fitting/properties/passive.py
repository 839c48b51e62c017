"""Input resistance, membrane time constant and capacitance by a fit of the mean response to small steps. NumPy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...recording import Recording
from ...summary import Row, Summarised
from ..targets import stimuli
from .exponentials import Relaxation, relaxation
from .responses import BASE, WINDOW, chosen_responses, smooth

SAG, SURE = 0.05, 5.0  # of the response, and standard errors: beyond both it has a sag
REACHED = 1.5  # time constants that a response must be seen for
SETTLED = 5.0  # time constants after which it has arrived
EXACT, VAGUE = 8e-3, 0.1  # relative standard errors: up to the first nothing is said, above the second no number
AT_ONCE = 0.05  # of the resistance


@dataclass(frozen=True, repr=False)
class PassiveProperties(Summarised):
    """What a membrane does with little current. Numbers that the responses do not tell are NaN, and `verdict` says why.

    Attributes:
        input_resistance: Steady voltage over current, whatever comes at once included [MΩ].
        time_constant: Of the membrane: of the slowest exponential [ms].
        capacitance: Time constant over the resistance of that exponential [pF].
        errors: Standard errors of the three, in their units.
        at_once: Part of the resistance that shows in no time, bridge or access [MΩ].
        fast_time_constant: Of a second exponential, if there is one: dendrites, or the pipette [ms].
        verdict: `determined`, or with what doubt, or why not.
        steps: How many responses were averaged, and their currents (least, most) [nA].
        notes: What else the reader should know.
        t, response, fitted: Mean response over its current and the curve (time,) [ms], [MΩ], [MΩ]; empty without any.

    Source: capacitance by the slowest exponential, Golowasch et al. (2009), J. Neurophysiol. 102:2161.
    """

    input_resistance: float
    time_constant: float
    capacitance: float
    errors: dict[str, float]
    at_once: float
    fast_time_constant: float
    verdict: str
    steps: tuple[int, float, float]
    notes: tuple[str, ...]
    t: np.ndarray
    response: np.ndarray
    fitted: np.ndarray

    def rows(self) -> Iterator[Row]:
        """The three numbers with their errors, the verdict and the notes."""
        for name, unit in UNITS.items():
            value, error = getattr(self, name), self.errors[name]
            yield name, f"{value:.4g} ± {error:.2g} {unit}" if np.isfinite(value) else "not known"
        yield "verdict", self.verdict
        yield from (("note", note) for note in self.notes)

    def numbers(self) -> dict[str, Any]:
        """All but the traces, for a report."""
        return {name: value for name, value in vars(self).items() if name not in ("t", "response", "fitted")}


UNITS = {"input_resistance": "MΩ", "time_constant": "ms", "capacitance": "pF"}
NAN = float("nan")
UNKNOWN = dict.fromkeys(UNITS, NAN)


def passive_properties(
    sweeps: Sequence[Recording], *, step: tuple[float, float] | None = None, level: float | None = None
) -> PassiveProperties:
    """Fit the mean response to small steps of current.

    Responses without spikes are averaged, each weighted with its current. Taken are hyperpolarising steps of the protocol
    that move the voltage by 15 mV at most; failing these other steps and test pulses, then the smallest hyperpolarising
    step, then depolarising ones of 10 mV at most. Beyond the extreme of a response with a sag nothing is fitted.

    Args:
        sweeps: Sweeps of one cell with current.
        step: When the step of the protocol begins and ends (on, off) [ms]; found by default.
        level: What a spike must reach [mV]; None as in `crossings.find_spikes`.

    Returns:
        The properties; with simulated noise of 0.3 mV they are within 2 % where the verdict is `determined`.
    """
    chosen, notes = chosen_responses(sweeps, stimuli(sweeps, step), level)
    if not chosen:
        return _nothing("no step without spikes moves the voltage enough: record small hyperpolarising steps", notes)
    count = min(len(r.v) for r in chosen)
    power = sum(r.current**2 for r in chosen)
    response = np.sum([r.current * r.v[:count] for r in chosen], axis=0) / power
    noise = float(np.sqrt(sum((r.current * r.noise) ** 2 for r in chosen)) / power)
    dt = chosen[0].dt
    t = np.arange(count) * dt
    end = _end(response, dt, noise)
    if end < count:
        notes = [
            *notes,
            f"the responses turn back after {end * dt:.0f} ms (a sag, or synaptic potentials): only so much is fitted",
        ]
    curve = relaxation(t[1:end], response[1:end])
    currents = [r.current for r in chosen]
    base = noise * (WINDOW / BASE) ** 0.5
    return _judged(curve, base, t, response, end, (len(chosen), min(currents), max(currents)), notes)


def _end(response: np.ndarray, dt: float, noise: float) -> int:
    """How many samples are fitted: all, or those until the extreme if the response sags from there [samples]."""
    course = np.abs(smooth(response, dt))
    top = int(course.argmax())
    late = float(response[-max(len(response) // 10, 1) :].mean())
    sags = course[top] - abs(late) > SAG * course[top] + SURE * noise
    return top + round(0.5 * WINDOW / dt) if sags else len(response)


def _judged(
    curve: Relaxation,
    base: float,
    t: np.ndarray,
    response: np.ndarray,
    end: int,
    steps: tuple[int, float, float],
    notes: list[str],
) -> PassiveProperties:
    """The properties of a fitted curve; `base` is the standard error of the baseline [MΩ]."""
    n = len(curve.taus)
    tau, slow = float(curve.taus[0]), -float(curve.amplitudes[0])
    at_once = float(curve.level + curve.amplitudes.sum())
    values = {"input_resistance": curve.level, "time_constant": tau, "capacitance": 1e3 * tau / slow}
    gradient = np.zeros((3, 2 * n + 1))
    gradient[0, 0] = gradient[1, n + 1] = 1.0
    gradient[2, n + 1], gradient[2, 1] = 1e3 / slow, 1e3 * tau / slow**2
    variance = np.einsum("ij,jk,ik->i", gradient, curve.covariance, gradient) + np.array([base**2, 0.0, 0.0])
    spread = np.sqrt(np.maximum(variance, 0.0))
    errors = dict(zip(UNITS, map(float, spread), strict=True))
    verdict, known = _verdict(values, errors, float(t[end - 1] + t[1]))
    if known and at_once > AT_ONCE * curve.level:
        notes = [*notes, f"{at_once:.3g} MΩ of the resistance come at once: an unbalanced bridge is to be subtracted"]
    return PassiveProperties(
        **(values if known else UNKNOWN), errors=errors if known else UNKNOWN, at_once=at_once if known else NAN,
        fast_time_constant=float(curve.taus[1]) if n > 1 and known else NAN, verdict=verdict, steps=steps, notes=tuple(notes),
        t=t, response=response, fitted=np.where(np.arange(len(t)) < end, curve(t), NAN),
    )  # fmt: skip


def _verdict(values: dict[str, float], errors: dict[str, float], seen: float) -> tuple[str, bool]:
    """What is said of the numbers, and whether they are given."""
    tau, doubt = values["time_constant"], max(abs(errors[name] / values[name]) for name in UNITS)
    if min(values.values()) <= 0:
        return "the response does not relax towards a level: look at the figure", False
    if tau > seen / REACHED or (doubt > VAGUE and tau > seen / SETTLED):
        return (
            f"too short: {seen:.0f} ms of response end before the membrane has charged; take steps of "
            f"{_round(max(SETTLED * tau, 2 * seen)):.0f} ms or more",
            False,
        )
    if doubt > VAGUE:
        return f"too noisy: ± {100 * doubt:.0f} %; average more steps", False
    return "determined" if doubt <= EXACT else f"known to ± {100 * doubt:.1f} %", True


def _round(length: float) -> float:
    """The next multiple of 50 [ms]."""
    return 50.0 * np.ceil(length / 50.0)


def _nothing(verdict: str, notes: list[str]) -> PassiveProperties:
    none = np.zeros(0)
    return PassiveProperties(
        **UNKNOWN, errors=UNKNOWN, at_once=NAN, fast_time_constant=NAN, verdict=verdict, steps=(0, NAN, NAN), notes=tuple(notes),
        t=none, response=none, fitted=none,
    )  # fmt: skip
