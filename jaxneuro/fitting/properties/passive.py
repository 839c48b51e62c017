"""Input resistance, membrane time constant and capacitance by a fit of the mean response to small steps. NumPy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...crossings import all_spikes
from ...recording import Recording
from ...summary import Row, Summarised
from ..targets import LEAST, Segment, Stimulus, stimuli
from .exponentials import Relaxation, relaxation

SMALL = 15.0  # mV of hyperpolarisation up to which a membrane is taken as passive
RISEN = 10.0  # mV, likewise of depolarisation
SHORTEST = 10.0  # ms of a step, and of holding before it
BASE = 50.0  # ms before a step that are its baseline
ALIKE = 2.0  # ms between the lengths of steps that are averaged
SAG, SURE = 0.05, 5.0  # of the response, and standard errors: beyond both it has a sag
SAG_WINDOW = 5.0  # ms averaged where the extreme of a response is looked for
REACHED = 1.5  # time constants that a response must be seen for
SETTLED = 5.0  # time constants after which it has arrived
EXACT, VAGUE = (
    0.01,
    0.10,
)  # relative standard errors: below the first nothing is said, above the second there is no number
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


class _Response(NamedTuple):
    """Voltage above the baseline (time,) [mV], after a step of a current [nA]."""

    v: np.ndarray
    current: float
    dt: float
    noise: float

    @property
    def length(self) -> float:
        return len(self.v) * self.dt

    @property
    def extreme(self) -> float:
        """Largest change, by means over 5 ms [mV]."""
        return float(np.abs(_smooth(self.v, self.dt)).max())


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
    chosen, notes = _chosen(sweeps, stimuli(sweeps, step), level)
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
    base = noise * (SAG_WINDOW / BASE) ** 0.5
    return _judged(curve, base, t, response, end, (len(chosen), min(currents), max(currents)), notes)


def _chosen(
    sweeps: Sequence[Recording], given: list[Stimulus], level: float | None
) -> tuple[list[_Response], list[str]]:
    """The responses to average, all equally long, and what is to be said of them."""
    main = [r for s, g in zip(sweeps, given, strict=True) for r in _responses(s, g, [g.step] if g.step else [], level)]
    rest = [r for s, g in zip(sweeps, given, strict=True) for r in _responses(s, g, _others(g), level)]
    down = [r for r in main if r.current < 0]
    ways = (
        ([r for r in down if r.extreme <= SMALL], ""),
        ([r for r in rest if r.current < 0 and r.extreme <= SMALL], "measured in steps or test pulses beside the protocol's"),
        ([r for r in down if r.extreme == min(x.extreme for x in down)],
         f"no hyperpolarising step is small, below {SMALL:g} mV: channels may have their part"),
        ([r for r in main if r.current > 0 and r.extreme <= RISEN],
         "measured in depolarising steps: channels may have their part"),
    )  # fmt: skip
    for found, note in ways:
        if found:
            return _of_one_kind(found), [note] if note else []
    return [], []


def _others(given: Stimulus) -> list[Segment]:
    return [s for s in given.segments if s.kind in ("step", "test pulse") and s != given.step]


def _of_one_kind(found: list[_Response]) -> list[_Response]:
    """Those of the length and sampling of which most current was injected for longest."""
    alike = lambda a, b: abs(a.length - b.length) < ALIKE and abs(a.dt - b.dt) < 1e-6
    groups = [[other for other in found if alike(other, one)] for one in found]
    return max(groups, key=lambda group: sum(r.current**2 * r.length for r in group))


def _responses(sweep: Recording, given: Stimulus, parts: list[Segment], level: float | None) -> Iterator[_Response]:
    """The responses of a sweep to parts that are flat, long enough, after holding, and without spikes."""
    t, v = np.asarray(sweep.t, float), np.asarray(sweep.v, float)
    v = v[:, 0] if v.ndim == 2 else v
    dt = float(t[-1] - t[0]) / (len(t) - 1)
    flat = [s for s in parts if s.kind in ("step", "test pulse") and s.length >= SHORTEST and abs(s.change) > LEAST]
    if not flat:
        return
    peaks = t[all_spikes(t, v, level).peaks]
    for s in flat:
        if any(x.kind != "holding" and x.start < s.start - ALIKE < x.stop - ALIKE for x in given.segments):
            continue  # it begins within something else, as a step whose times are told may
        begin = max(
            s.start - BASE, *(x.stop for x in given.segments if x.stop <= s.start + 1e-6 and x.kind != "holding"), t[0]
        )
        if s.start - begin < SHORTEST or np.any((peaks > begin) & (peaks < s.stop)):
            continue
        a, on, off = (int(np.searchsorted(t, x - 0.5 * dt)) for x in (begin, s.start, s.stop))
        base = v[a:on]
        found = _Response(v[on:off] - base.mean(), s.change, dt, float(_smooth(base, dt).std()))
        if found.extreme > max(SURE * found.noise, 0.5):
            yield found


def _smooth(v: np.ndarray, dt: float) -> np.ndarray:
    size = min(max(round(SAG_WINDOW / dt), 1), len(v))
    return np.convolve(v, np.ones(size) / size, "valid")


def _end(response: np.ndarray, dt: float, noise: float) -> int:
    """How many samples are fitted: all, or those until the extreme if the response sags from there [samples]."""
    smooth = _smooth(response, dt)
    top = int(np.abs(smooth).argmax())
    late = float(response[-max(len(response) // 10, 1) :].mean())
    sags = abs(smooth[top]) - abs(late) > SAG * abs(smooth[top]) + SURE * noise
    return top + round(0.5 * SAG_WINDOW / dt) if sags else len(response)


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
