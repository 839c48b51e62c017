"""Responses to steps that a membrane may take passively: which of them, and without their baseline. NumPy."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ...crossings import all_spikes
from ...recording import Recording
from ..targets import LEAST, Segment, Stimulus

SMALL = 15.0  # mV of hyperpolarisation up to which a membrane is taken as passive
RISEN = 10.0  # mV, likewise of depolarisation
SHORTEST = 10.0  # ms of a step, and of holding before it
BASE = 50.0  # ms before a step that are its baseline
ALIKE = 2.0  # ms between the lengths of steps that are averaged
WINDOW = 5.0  # ms averaged where the extreme of a response is looked for
SEEN, LEAST_SEEN = 5.0, 0.5  # deviations of the baseline, and mV: smaller responses are not taken


class Response(NamedTuple):
    """What a step does.

    Attributes:
        v: Voltage above the baseline from the onset on (time,) [mV].
        current: Of the step, above holding [nA].
        dt: Spacing [ms].
        noise: Standard deviation of the baseline in means over 5 ms [mV].
    """

    v: np.ndarray
    current: float
    dt: float
    noise: float

    @property
    def length(self) -> float:
        """Duration [ms]."""
        return len(self.v) * self.dt

    @property
    def extreme(self) -> float:
        """Largest change, by means over 5 ms [mV]."""
        return float(np.abs(smooth(self.v, self.dt)).max())


def chosen_responses(
    sweeps: Sequence[Recording], given: list[Stimulus], level: float | None
) -> tuple[list[Response], list[str]]:
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


def _of_one_kind(found: list[Response]) -> list[Response]:
    """Those of the length and sampling of which most current was injected for longest."""
    alike = lambda a, b: abs(a.length - b.length) < ALIKE and abs(a.dt - b.dt) < 1e-6
    groups = [[other for other in found if alike(other, one)] for one in found]
    return max(groups, key=lambda group: sum(r.current**2 * r.length for r in group))


def _responses(sweep: Recording, given: Stimulus, parts: list[Segment], level: float | None) -> Iterator[Response]:
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
        ends = [x.stop for x in given.segments if x.kind != "holding" and x.stop <= s.start + 1e-6]
        begin = max(s.start - BASE, t[0], *ends)
        if s.start - begin < SHORTEST or np.any((peaks > begin) & (peaks < s.stop)):
            continue
        a, on, off = (int(np.searchsorted(t, x - 0.5 * dt)) for x in (begin, s.start, s.stop))
        base = v[a:on]
        found = Response(v[on:off] - base.mean(), s.change, dt, float(smooth(base, dt).std()))
        if found.extreme > max(SEEN * found.noise, LEAST_SEEN):
            yield found


def smooth(v: np.ndarray, dt: float) -> np.ndarray:
    """Means over 5 ms (time,), without those that begin before the trace or end after it."""
    size = min(max(round(WINDOW / dt), 1), len(v))
    return np.convolve(v, np.ones(size) / size, "valid")
