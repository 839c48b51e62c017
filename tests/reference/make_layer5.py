"""Write layer5.npz: what NEURON makes of the channels of Hay et al. (2011), and of a soma with all of them.

For each channel the steady states, time constants and the current at voltages between -120 and 60 mV, for a conductance of
1 mS/cm² and 2.5e-4 mM calcium. The soma, one compartment with the somatic densities, is given 1.5 nA from 20 ms on.

The mechanisms are the files of ModelDB 139653 (in `NEURON/mod` of github.com/OpenSourceBrain/L5bPyrCellHayEtAl2011, commit
a813a88, and, the same but for names, in `examples/l5pc/mechanisms` of github.com/BlueBrain/BluePyOpt, commit 146bb01),
compiled by `nrnivmodl FOLDER` in the folder this is run from. NEURON 9.0.2.

    python tests/reference/make_layer5.py
"""

from pathlib import Path

import numpy as np
from neuron import h

# our channel: its suffix there, its ion, gates there and here
CHANNELS = {
    "TransientNa": ("NaTa_t", "na", {"m": "m", "h": "h"}),
    "PersistentNa": ("Nap_Et2", "na", {"m": "m", "h": "h"}),
    "Kv3": ("SKv3_1", "k", {"m": "m"}),
    "TransientK": ("K_Tst", "k", {"m": "m", "h": "h"}),
    "PersistentK": ("K_Pst", "k", {"m": "m", "h": "h"}),
    "PyramidalM": ("Im", "k", {"m": "m"}),
    "SK": ("SK_E2", "k", {"z": "z"}),
    "CaHVA": ("Ca_HVA", "ca", {"m": "q", "h": "r"}),
    "CaLVA": ("Ca_LVAst", "ca", {"m": "m", "h": "h"}),
    "PyramidalH": ("Ih", "", {"m": "m"}),
}
SOMA = {  # S/cm²
    "NaTa_t": 2.04, "Nap_Et2": 0.00172, "SKv3_1": 0.693, "K_Tst": 0.0812, "K_Pst": 0.00223, "SK_E2": 0.0441,
    "Ca_HVA": 0.000992, "Ca_LVAst": 0.00343, "Ih": 0.0002,
}  # fmt: skip
V = np.arange(-120.5, 60.0, 5.0)  # between the singular points


def section(length: float) -> h.Section:
    """A cylinder as wide as long, at the reversal potentials of Hay et al. once its channels are in."""
    soma = h.Section(name="soma")
    soma.L = soma.diam = length
    soma.cm = 1.0
    return soma


def reversals(soma: h.Section) -> None:
    """Set the potentials of the ions that are there."""
    for ion, e in (("ena", 50.0), ("ek", -85.0)):
        if hasattr(soma(0.5), ion):
            setattr(soma, ion, e)


def kinetics(suffix: str, ion: str, gates: dict[str, str]) -> dict[str, np.ndarray]:
    """Steady states, time constants and current at each voltage; the time constants from one exact step."""
    soma, found = section(10.0), []
    soma.cm = 1e9  # so that the voltage stays
    soma.insert(suffix)
    if ion == "ca" or suffix == "SK_E2":
        soma.insert("CaDynamics_E2")
        soma(0.5).CaDynamics_E2.decay, soma(0.5).CaDynamics_E2.gamma = 1e12, 0.0
    reversals(soma)
    mechanism = getattr(soma(0.5), suffix)
    setattr(mechanism, f"g{suffix}bar", 1e-3)
    h.cai0_ca_ion, h.dt = 2.5e-4, 0.01
    for v in V:
        h.finitialize(v)
        steady = np.array([getattr(mechanism, gate) for gate in gates])
        current = mechanism.ihcn if suffix == "Ih" else getattr(soma(0.5), f"i{ion}")
        for gate in gates:
            setattr(mechanism, gate, 0.0)
        h.fadvance()
        grown = np.array([getattr(mechanism, gate) for gate in gates]) / steady
        found.append([*steady, *(-h.dt / np.log1p(-grown)), 1e3 * current])
    columns = [f"{gates[g]}.{what}" for what in ("steady", "tau") for g in gates] + ["current"]
    return dict(zip(columns, np.array(found).T, strict=True))


def soma() -> dict[str, np.ndarray]:
    """Spike times and calcium of the soma, by variable steps with a tight tolerance."""
    cell = section(30.0)
    for suffix, g in SOMA.items():
        cell.insert(suffix)
        setattr(getattr(cell(0.5), suffix), f"g{suffix}bar", g)
    cell.insert("CaDynamics_E2")
    cell(0.5).CaDynamics_E2.decay, cell(0.5).CaDynamics_E2.gamma = 460.0, 0.000501
    cell.insert("pas")
    cell(0.5).pas.g, cell(0.5).pas.e = 0.0000338, -90.0
    reversals(cell)
    h.celsius, h.cai0_ca_ion = 34.0, 1e-4
    clamp = h.IClamp(cell(0.5))
    clamp.delay, clamp.dur, clamp.amp = 20.0, 1e9, 1.5
    counter = h.APCount(cell(0.5))
    counter.thresh = 0.0
    times = h.Vector()
    counter.record(times)
    calcium, at = h.Vector().record(cell(0.5)._ref_cai, 10.0), np.arange(0.0, 121.0, 10.0)
    h.CVode().active(True)
    h.CVode().atol(1e-9)
    h.CVode().rtol(1e-9)
    h.finitialize(-80.0)
    h.CVode().solve(120.0 + 1e-9)
    return {"soma.spikes": np.array(times), "soma.ca": np.array(calcium)[: at.size], "soma.t": at}


h.celsius = 34.0
results = {f"{name}.{what}": x for name, spec in CHANNELS.items() for what, x in kinetics(*spec).items()}
results |= {"v": V, **soma()}
for name, x in results.items():
    print(name, x[:: max(x.size // 5, 1)])
np.savez_compressed(Path(__file__).with_name("layer5.npz"), **{k: np.asarray(x) for k, x in results.items()})
