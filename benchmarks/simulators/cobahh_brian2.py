"""Brian2 on COBAHH, as a C++ program, float64; the time is that of the program's own loop."""

import tempfile
import time

import brian2 as b2
import numpy as np

from .cobahh import CELLS, SIZES, connections, start

EQUATIONS = """
dv/dt = (0.05 * (-60 - v) - 100 * m**3 * h * (v - 50) - 30 * n**4 * (v + 90) - 5 * ge * v - 5 * gi * (v + 80)) / ms : 1
dm/dt = (0.32 * 4 / exprel((13 - u) / 4) * (1 - m) - 0.28 * 5 / exprel((u - 40) / 5) * m) / ms : 1
dh/dt = (0.128 * exp((17 - u) / 18) * (1 - h) - 4 / (1 + exp((40 - u) / 5)) * h) / ms : 1
dn/dt = (0.032 * 5 / exprel((15 - u) / 5) * (1 - n) - 0.5 * exp((10 - u) / 40) * n) / ms : 1
u = v + 63 : 1
dge/dt = -ge / (5 * ms) : 1
dgi/dt = -gi / (10 * ms) : 1
"""  # conductances in mS/cm², those of synapses in µS: 1 µS on 20 000 µm² is 5 mS/cm²


def rate(duration: float, dt: float, seeds: list[int], threads: int) -> dict:
    """Run time, time to write and compile the program, and the mean rate [Hz] for each seed."""
    rates, times, built = [], [], []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            b2.device.reinit()
            b2.device.activate()
            b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
            b2.prefs.devices.cpp_standalone.openmp_threads = threads
            b2.defaultclock.dt = dt * b2.ms
            network, spikes = _network(seed)
            began = time.perf_counter()
            network.run(duration * b2.ms)
            b2.device.build(directory=folder, compile=True, run=False, with_output=False)
            built.append(time.perf_counter() - began)
            b2.device.run(directory=folder, with_output=False)
            times.append(b2.device._last_run_time)
            rates.append(spikes.num_spikes / CELLS / duration * 1e3)
    return {"rates": rates, "compile_s": float(np.median(built)), "run_s": float(np.median(times)), "fastest_s": min(times),
            "slowest_s": max(times), "repeats": len(times)}  # fmt: skip


def _network(seed: int):
    """The network; a cell spikes once while it is above the threshold, as 3 ms of refractoriness see to."""
    v, g = start(seed)
    cells = b2.NeuronGroup(CELLS, EQUATIONS, threshold="v > -20", refractory=3 * b2.ms, method="exponential_euler")
    cells.v, cells.ge, cells.gi = v, g["exc"], g["inh"]
    at_rest = -60.0 + 63.0
    exprel = lambda x: np.expm1(x) / x
    rates = {"m": (0.32 * 4 / exprel((13 - at_rest) / 4), 0.28 * 5 / exprel((at_rest - 40) / 5)),
             "h": (0.128 * np.exp((17 - at_rest) / 18), 4 / (1 + np.exp((40 - at_rest) / 5))),
             "n": (0.032 * 5 / exprel((15 - at_rest) / 5), 0.5 * np.exp((10 - at_rest) / 40))}  # fmt: skip
    for gate, (opening, closing) in rates.items():
        setattr(cells, gate, opening / (opening + closing))
    pre, post = connections(seed)
    synapses = []
    for inhibitory, action in ((False, "ge += 6e-3"), (True, "gi += 67e-3")):
        here = (pre >= SIZES["exc"]) == inhibitory
        synapse = b2.Synapses(cells, cells, on_pre=action)
        synapse.connect(i=pre[here], j=post[here])
        synapses.append(synapse)
    spikes = b2.SpikeMonitor(cells, record=False)
    return b2.Network(cells, *synapses, spikes), spikes
