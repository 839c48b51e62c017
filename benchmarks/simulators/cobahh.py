"""The network that every simulator is given: COBAHH, 4000 Traub–Miles cells with synaptic conductances.

3200 excitatory and 800 inhibitory cells of 20 000 µm², 1 µF/cm²; conductances in mS/cm²: leak 0.05 at -60 mV, sodium 100 at
50 mV, potassium 30 at -90 mV, rates shifted to -63 mV. Every pair is connected with probability 0.02: 6 nS, 5 ms, 0 mV from
excitatory and 67 nS, 10 ms, -80 mV from inhibitory cells. Voltages start at -65 ± 5 mV; the synapses of a cell start open, by
4 ± 1.5 and 20 ± 12 times the 10 nS of the leak, which begins the activity. A cell spikes when it rises through -20 mV.

Source: Brette et al. (2007), J. Comput. Neurosci. 23:349, benchmark 3; Brian2's example COBAHH for the start.
"""

import numpy as np

SIZES = {"exc": 3200, "inh": 800}
PROBABILITY, AREA, THRESHOLD = 0.02, 20_000.0, -20.0  # -, µm², mV
WEIGHT = {"exc": 6e-3, "inh": 67e-3}  # µS
TAU, REVERSAL = {"exc": 5.0, "inh": 10.0}, {"exc": 0.0, "inh": -80.0}  # ms, mV
LEAK = 0.01  # µS
OPEN = {"exc": (4.0, 1.5), "inh": (20.0, 12.0)}  # mean and deviation, in units of the leak
PAIRS = {"ee": ("exc", "exc"), "ei": ("exc", "inh"), "ie": ("inh", "exc"), "ii": ("inh", "inh")}
CELLS = sum(SIZES.values())


def start(seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Voltages [mV] and conductances [µS] at the start, of all cells, excitatory ones first (cell,)."""
    random = np.random.default_rng(seed)
    v = -65.0 + 5.0 * random.standard_normal(CELLS)
    g = {kind: LEAK * (mean + deviation * random.standard_normal(CELLS)) for kind, (mean, deviation) in OPEN.items()}
    return v, {kind: np.maximum(x, 0.0) for kind, x in g.items()}


def connections(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Presynaptic and postsynaptic cell of every synapse (synapse,)."""
    random = np.random.default_rng([seed, 1])
    pairs, count = CELLS * CELLS, random.binomial(CELLS * CELLS, PROBABILITY)
    chosen = np.unique(random.integers(pairs, size=int(count * 1.02)))
    return np.divmod(random.permutation(chosen)[:count], CELLS)
