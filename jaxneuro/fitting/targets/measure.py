"""The numbers that electrophysiologists report of a trace, for reports: NumPy, not differentiable."""

import numpy as np

from ...crossings import all_spikes
from ...recording import Recording

SKIPPED, MOST_SKIPPED = 0.1, 2  # of the first spikes, that adaptation leaves out: a share of all, and at most
SAG = 5.0  # ms: the lowest voltage is the lowest mean over these
RISE = 10.0  # mV/ms: where an action potential begins
HELD = 3  # samples that the slope must stay above it, as in eFEL
BASE = (0.9, 1.0)  # part of the time before the stimulus that is the baseline
SETTLED = 0.1  # last part of the stimulus that is the steady state


def measure(
    recording: Recording, start: float, end: float, current: float | None = None, *, level: float | None = None
) -> dict[str, float]:
    """Describe the response to a step of current.

    Args:
        recording: Measured or simulated.
        start: Onset of the step [ms].
        end: Its end [ms].
        current: Amplitude, for the input resistance [nA].
        level: What a spike must reach [mV]; None as in `crossings.find_spikes`.

    Returns:
        `count`; `rate` [Hz]; `latency` of the first peak [ms]; `isi_cv`, without the first interval; `adaptation`, mean of
        (ISI₂ - ISI₁) / (ISI₂ + ISI₁) without a tenth of the spikes, the first, at most two, for four spikes or more; means
        over spikes of `ap_height` (peak) [mV], `ap_amplitude` (peak above begin) [mV], `ap_width` at half amplitude
        [ms], `ahp_depth` (lowest after a spike) [mV]; `base` [mV]; `sag`, `steady` [mV]; `input_resistance` [MΩ];
        `time_constant` [ms] of the first relaxation. NaN for what the trace does not show.

    Raises:
        ValueError: if the step lies outside the recording; for values that are not finite.

    Source: the definitions of eFEL (Blue Brain Project) with its default settings, features Spikecount_stimint,
    time_to_first_spike, ISI_CV, adaptation_index, peak_voltage, AP_amplitude, AP_duration_half_width, min_between_peaks_values,
    voltage_base, sag_amplitude, steady_state_voltage_stimend, ohmic_input_resistance_vb_ssse. Others than its are: what a
    spike is; the lowest voltage of `sag`, a mean over 5 ms where eFEL takes one sample; `time_constant`.
    """
    t, v = np.asarray(recording.t, float), np.asarray(recording.v, float)
    v = v[:, 0] if v.ndim == 2 else v
    if not t[0] <= start < end <= t[-1] + 1e-6:
        raise ValueError(f"step ({start:g}, {end:g}) ms: must lie within the recording, ({t[0]:g}, {t[-1]:g}) ms.")
    if not np.isfinite(v).all():
        raise ValueError(
            f"{int(np.sum(~np.isfinite(v)))} voltage samples are not finite: cut them out or interpolate over them."
        )
    if level is not None and not np.isfinite(level):
        raise ValueError(f"level = {level} mV: it must be a finite number, such as -20, or None.")
    peaks = np.asarray(all_spikes(t, v, level).peaks)
    peaks = peaks[(t[peaks] >= start) & (t[peaks] <= end)]
    times = t[peaks]
    base = v[(t >= start * BASE[0]) & (t <= start * BASE[1])].mean() if start > t[0] else np.nan
    steady = v[(t >= end - SETTLED * (end - start)) & (t < end)].mean()
    shapes = [_action_potential(t, v, peaks, i, end) for i in range(len(peaks))]
    amplitude, width, depth = np.nanmean(shapes, axis=0) if shapes else (np.nan,) * 3
    return {
        "count": len(peaks), "rate": 1e3 * len(peaks) / (end - start),
        "latency": float(times[0] - start) if len(peaks) else np.nan,
        "isi_cv": _variation(np.diff(times)[1:]), "adaptation": _adaptation(times),
        "ap_height": float(v[peaks].mean()) if len(peaks) else np.nan,
        "ap_amplitude": float(amplitude), "ap_width": float(width), "ahp_depth": float(depth),
        "base": float(base), "steady": float(steady), "sag": _sag(t, v, start, end, steady),
        "input_resistance": float((steady - base) / current) if current else np.nan,
        "time_constant": _time_constant(t, v, start, end) if not len(peaks) else np.nan,
    }  # fmt: skip


def _variation(intervals: np.ndarray) -> float:
    """Standard deviation over mean; NaN for fewer than two."""
    return float(intervals.std(ddof=1) / intervals.mean()) if len(intervals) > 1 else float("nan")


def _adaptation(times: np.ndarray) -> float:
    """Mean relative growth from interval to interval, of what eFEL's adaptation_index looks at."""
    left = times[min(int(SKIPPED * len(times) + 0.5), MOST_SKIPPED) :]
    gaps = np.diff(left)
    return float(np.mean(np.diff(gaps) / (gaps[1:] + gaps[:-1]))) if len(left) > 3 else float("nan")


def _action_potential(t: np.ndarray, v: np.ndarray, peaks: np.ndarray, i: int, end: float) -> tuple:
    """Amplitude above its begin [mV], width at half of it [ms], and lowest voltage before the next [mV]."""
    top = peaks[i]
    first = peaks[i - 1] + int(v[peaks[i - 1] : top].argmin()) if i else max(top - round(20.0 / (t[1] - t[0])), 0)
    stop = peaks[i + 1] if i + 1 < len(peaks) else int(np.searchsorted(t, end))
    fast = np.gradient(v[first:top], t[first:top]) >= RISE if top - first > HELD else np.zeros(0, bool)
    held = np.convolve(fast, np.ones(HELD), "valid") >= HELD if fast.size >= HELD else np.zeros(0, bool)
    depth = v[top:stop].min() if stop > top else np.nan
    if not held.any():
        return np.nan, np.nan, depth
    begin = first + int(held.argmax())
    half = 0.5 * float(v[begin] + v[top])
    rise = begin + int(np.argmax(v[begin : top + 1] >= half))
    falls = np.flatnonzero(v[top:stop] <= half)
    width = _cross(t, v, top + falls[0], half) - _cross(t, v, rise, half) if falls.size else np.nan
    return v[top] - v[begin], width, depth


def _cross(t: np.ndarray, v: np.ndarray, i: int, level: float) -> float:
    return float(t[i - 1] + (level - v[i - 1]) / (v[i] - v[i - 1]) * (t[i] - t[i - 1]))


def _sag(t: np.ndarray, v: np.ndarray, start: float, end: float, steady: float) -> float:
    """How far the steady state lies above the lowest mean of a hyperpolarising step [mV]; NaN if it depolarises."""
    before, during = v[t < start], v[(t >= start) & (t < end)]
    size = min(max(round(SAG / (t[1] - t[0])), 1), len(during))
    if not before.size or steady >= before.mean():
        return float("nan")
    return float(steady - np.convolve(during, np.ones(size) / size, "valid").min())


def _time_constant(t: np.ndarray, v: np.ndarray, start: float, end: float) -> float:
    """Time constant of the exponential, of any end, that fits the way to the extreme of a subthreshold step [ms].

    Beyond the extreme a sag would be fitted too.
    """
    inside = (t >= start) & (t < end)
    x, y = t[inside] - start, v[inside]
    size = max(round(5.0 / (t[1] - t[0])), 1)
    smooth = np.convolve(y, np.ones(size) / size, "same")[size:-size]
    if smooth.size < size or abs(np.ptp(smooth)) < 1.0:
        return float("nan")
    stop = size + int(np.abs(smooth - y[0]).argmax())
    x, y = x[:stop], y[:stop]

    def misfit(tau: float) -> float:
        design = np.stack([np.ones_like(x), np.exp(-x / tau)], 1)
        return float(np.sum((design @ np.linalg.lstsq(design, y, rcond=None)[0] - y) ** 2))

    return float(min(np.geomspace(1.0, 300.0, 200), key=misfit)) if stop > 3 * size else float("nan")
