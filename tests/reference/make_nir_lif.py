"""Make nir_lif.npz: the LIF of the NIR paper, and what two programs made of it.

    git clone https://github.com/neuromorphs/NIR
    python tests/reference/make_nir_lif.py NIR

Reads paper/01_lif/lif_exact.csv (an exact event-based simulation) and lif_norse.csv (Norse, forward Euler), each with the
columns input, voltage, spikes, one row for each 0.1 ms, and the neuron in lif_norse.nir. Input is a current of 1 in the
rows where it is 1. Origin: github.com/neuromorphs/NIR, BSD 3-Clause, copyright 2023 NIR Team; Pedersen et al. (2024),
Nat. Commun. 15:8122. Only the numbers are kept.
"""

import subprocess
import sys
from pathlib import Path

import nir
import numpy as np

folder = Path(sys.argv[1]) / "paper" / "01_lif"
exact, norse = (np.loadtxt(folder / f"lif_{name}.csv", delimiter=",") for name in ("exact", "norse"))
assert np.array_equal(exact[:, 0], norse[:, 0])
neuron = nir.read(folder / "lif_norse.nir").nodes["1"]
commit = subprocess.run(["git", "-C", sys.argv[1], "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
np.savez_compressed(
    Path(__file__).with_name("nir_lif.npz"),
    **{name: getattr(neuron, name) for name in ("tau", "r", "v_leak", "v_threshold", "v_reset")},
    input=exact[:, 0].astype(np.uint8),
    exact_voltage=exact[:, 1],
    exact_spikes=exact[:, 2].astype(np.uint8),
    norse_voltage=norse[:, 1].astype(np.float32),
    norse_spikes=norse[:, 2].astype(np.uint8),
    commit=commit,
)
