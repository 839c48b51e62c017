"""The numbers that electrophysiologists report of a trace, for reports: NumPy, not differentiable."""

import numpy as np

from ..recording import Recording

THRESHOLD = -20.0  # mV; a spike is a stretch above it
RISE = 10.0  # mV/ms: where an action potential begins
HELD = 5  # samples that the slope must stay above it
BASE = (0.9, 1.0)  # part of the time before the stimulus that is the baseline
SETTLED = 0.1  # last part of the stimulus that is the steady state


def measure(recording: Recording, start: float, end: float, current: float | None = None) -> dict[str, float]:
    """Describe the response to a step of current.

    Args:
        recording: Measured or simulated.
        start: Onset of the step [ms].
        end: Its end [ms].
        current: Amplitude, for the input resistance [nA].

    Returns:
        `count`; `rate` [Hz]; `latency` of the first peak [ms]; `isi_cv`; `adaptation`, mean of (ISI₂ - ISI₁) / (ISI₂ + ISI₁);
        means over spikes of `ap_height` (peak) [mV], `ap_amplitude` (peak above begin) [mV], `ap_width` at half amplitude
        [ms], `ahp_depth` (lowest after a spike) [mV]; `base` [mV]; `sag`, `steady` [mV]; `input_resistance` [MΩ];
        `time_constant` [ms] of the first relaxation. NaN for what the trace does not show.

    Raises:
        ValueError: if the step lies outside the recording.

    Source: the definitions of eFEL (Blue Brain Project), features Spikecount, time_to_first_spike, ISI_CV,
    adaptation_index, peak_voltage, AP_amplitude, AP_duration_half_width, min_between_peaks_values, voltage_base, sag_amplitude,
    steady_state_voltage_stimend, ohmic_input_resistance_vb_ssse.
    """
    t, v = np.asarray(recording.t, float), np.asarray(recording.v, float)
    v = v[:, 0] if v.ndim == 2 else v
    if not t[0] <= start < end <= t[-1] + 1e-6:
        raise ValueError(f"step ({start:g}, {end:g}) ms: must lie within the recording, ({t[0]:g}, {t[-1]:g}) ms.")
    peaks = _peaks(t, v, start, end)
    times = t[peaks]
    gaps = np.diff(times)
    base = v[(t >= start * BASE[0]) & (t <= start * BASE[1])].mean() if start > t[0] else np.nan
    steady = v[(t >= end - SETTLED * (end - start)) & (t < end)].mean()
    shapes = [_action_potential(t, v, peaks, i, end) for i in range(len(peaks))]
    amplitude, width, depth = np.nanmean(shapes, axis=0) if shapes else (np.nan,) * 3
    return {
        "count": len(peaks), "rate": 1e3 * len(peaks) / (end - start),
        "latency": float(times[0] - start) if len(peaks) else np.nan,
        "isi_cv": float(gaps.std(ddof=1) / gaps.mean()) if len(gaps) > 1 else np.nan,
        "adaptation": float(np.mean(np.diff(gaps) / (gaps[1:] + gaps[:-1]))) if len(gaps) > 1 else np.nan,
        "ap_height": float(v[peaks].mean()) if len(peaks) else np.nan,
        "ap_amplitude": float(amplitude), "ap_width": float(width), "ahp_depth": float(depth),
        "base": float(base), "steady": float(steady), "sag": _sag(t, v, start, end, steady),
        "input_resistance": float((steady - base) / current) if current else np.nan,
        "time_constant": _time_constant(t, v, start, end) if not len(peaks) else np.nan,
    }  # fmt: skip


def _peaks(t: np.ndarray, v: np.ndarray, start: float, end: float) -> np.ndarray:
    """Indices of the highest sample of each stretch above the threshold, within the step."""
    above = np.concatenate([[False], v > THRESHOLD, [False]])
    ups, downs = np.flatnonzero(~above[:-1] & above[1:]), np.flatnonzero(above[:-1] & ~above[1:])
    found = np.array([a + int(v[a:b].argmax()) for a, b in zip(ups, downs, strict=True)], int)
    return found[(t[found] >= start) & (t[found] <= end)] if found.size else found


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
    """How far the steady state lies above the lowest voltage of a hyperpolarising step [mV]; NaN if it depolarises."""
    before = v[t < start]
    if not before.size or steady >= before.mean():
        return float("nan")
    return float(steady - v[(t >= start) & (t < end)].min())


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
