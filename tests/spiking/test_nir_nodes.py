"""Each node of NIR against NIR's own equations, at steps as coarse as their time constants; files and graphs of others."""

import itertools
import time
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from jaxneuro import spiking
from jaxneuro.spiking import FixedStep

nir = pytest.importorskip("nir")
DT = 1.0  # ms
SECOND = 1e3  # ms


def numbers(**fields) -> dict:
    return {name: np.array(value, float) for name, value in fields.items()}


NODES = {
    "LI": nir.LI(**numbers(tau=[1e-3, 4e-3], r=[2.0, 3.0], v_leak=[0.0, 0.4])),
    "LIF": nir.LIF(**numbers(tau=[1e-3, 4e-3], r=[2.0, 3.0], v_leak=[0.0, -0.1], v_threshold=[0.7, 0.4], v_reset=[0.0, -0.3])),
    "CubaLI": nir.CubaLI(**numbers(tau_syn=[1e-3, 2e-3], tau_mem=[2e-3, 2e-3], r=[2.0, 3.0], v_leak=[0.0, 0.4], w_in=[1.5, 0.5])),
    "CubaLIF": nir.CubaLIF(
        **numbers(tau_syn=[1e-3, 2e-3], tau_mem=[4e-3, 2e-3], r=[2.0, 3.0], v_leak=[0.1, -0.1], v_threshold=[0.7, 0.5],
                  v_reset=[0.0, -0.3], w_in=[1.5, 0.5])),
    "I": nir.I(np.array([400.0, 700.0])),
    "IF": nir.IF(**numbers(r=[500.0, 700.0], v_threshold=[1.0, 1.3], v_reset=[0.0, -0.3])),
    "Threshold": nir.Threshold(np.array([0.5, -0.2])),
}  # fmt: skip


def equations(node, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Potentials before the reset, and spikes (time, neuron), by the published equations, integrated by scipy.

    In each step the current is what comes in it; at its end the threshold is looked at. A synapse gets the charge of its step at
    its end, as a spike has no length but on a grid.
    """
    p = {k: v for k, v in vars(node).items() if isinstance(v, np.ndarray)}
    kind, n = type(node).__name__, rows.shape[1]
    r, dt = p.get("r", np.ones(n)), DT / SECOND
    tau = p.get("tau", p.get("tau_mem"))
    leak = p.get("v_leak", np.zeros(n))
    v, i, series, spikes = leak * ("LIF" in kind) + p.get("v_reset", np.zeros(n)) * (kind == "IF"), np.zeros(n), [], []
    for row in rows:
        if kind == "Threshold":
            v = row
        elif kind in ("I", "IF"):
            v = v + r * row * dt
        else:
            cuba = "Cuba" in kind
            slope = lambda _, y, row=row, cuba=cuba: np.concatenate([
                (leak - y[:n] + r * (y[n:] if cuba else row)) / tau, -y[n:] / p["tau_syn"] if cuba else 0 * y[n:]
            ])  # fmt: skip
            end = solve_ivp(slope, (0.0, dt), np.concatenate([v, i]), rtol=1e-10, atol=1e-12).y[:, -1]
            v, i = end[:n], end[n:] + (p["w_in"] * row * dt / p["tau_syn"] if cuba else 0.0)
        series.append(v)
        fired = v > p.get("v_threshold", p.get("threshold", np.full(n, np.inf)))
        spikes.append(fired)
        v = np.where(fired, p["v_reset"], v) if "v_reset" in p else v
    return np.array(series), np.array(spikes)


def imported(graph, dt: float = DT) -> spiking.SpikingNetwork:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return spiking.from_nir(graph, dt=dt)[0]


def ran(graph, rows: np.ndarray, name: str, dt: float = DT) -> tuple[np.ndarray, np.ndarray]:
    network = imported(graph, dt)
    got = spiking.run(network, rows, duration=len(rows) * dt, engine=FixedStep(dt), record=(name,))
    return np.asarray(got.voltage[name]), np.asarray(got.trains.get(name, 0.0))


@pytest.mark.parametrize("kind", NODES)
def test_a_neuron_follows_its_equations(kind: str):
    rows = np.random.default_rng(0).choice([0.0, 1.0, -0.5], (40, 2), p=[0.4, 0.5, 0.1])
    graph = nir.NIRGraph.from_list(nir.Linear(np.eye(2)), NODES[kind])
    (name,) = imported(graph).populations
    voltage, spikes = ran(graph, rows, name)
    expected, fired = equations(NODES[kind], rows)
    np.testing.assert_allclose(voltage, expected, rtol=1e-6, atol=1e-7)
    if spikes.ndim:
        assert np.array_equal(spikes, fired) and fired.any(axis=0).all()


@pytest.mark.parametrize("ratio", [0.01, 0.25, 0.55, 1.0])
def test_the_charge_of_a_spike_goes_both_ways_through_a_synapse(ratio: float):
    """By a spike of weight 0.3 the current rises by w_in dt / tau_syn, whatever dt is, and back."""
    tau_syn = DT / SECOND / ratio
    node = nir.CubaLI(**numbers(tau_syn=[tau_syn], tau_mem=[3e-3], r=[2.0], v_leak=[0.0], w_in=[1.7]))
    network = imported(nir.NIRGraph.from_list(nir.Linear(np.full((1, 1), 0.3)), node))
    jump = 2.0 * 0.3 * 1.7 * ratio
    assert abs(network.get("connections.linear.weight")[0, 0] - jump) < 1e-9 * jump
    back, _ = spiking.to_nir(network, dt=DT)
    weight, r, w_in = back.nodes["connections.linear"].weight, back.nodes["cubali"].r, back.nodes["cubali"].w_in
    charge = float((weight[0] * r * w_in)[0]) * DT / SECOND
    assert abs(charge - jump * tau_syn) < 1e-9 * charge


def test_neurons_spike_above_their_threshold_and_not_at_it():
    graph = nir.NIRGraph.from_list(
        nir.Linear(np.eye(1)), nir.IF(**numbers(r=[SECOND / DT], v_threshold=[1.0], v_reset=[0.0]))
    )
    assert np.flatnonzero(ran(graph, np.full((9, 1), 0.5), "if")[1]).tolist() == [2, 5, 8]
    back, _ = spiking.to_nir(imported(graph), dt=DT)
    assert back.nodes["if"].v_threshold == 1.0 and back.nodes["if"].r == SECOND / DT


def maps_by_hand(x: np.ndarray, weight: np.ndarray, stride: int, padding: int) -> np.ndarray:
    axes = tuple(range(1, x.ndim))
    x = np.pad(x, [(0, 0), *((padding, padding) for _ in axes)])
    seen = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axes)
    seen = seen[(slice(None), *(slice(None, None, stride) for _ in axes))]
    return np.einsum("cxykl,ockl->oxy" if x.ndim == 3 else "cxk,ock->ox", seen, weight)


RNG = np.random.default_rng(1)
KERNEL, SECOND_KERNEL, LINE = (RNG.normal(size=shape) for shape in ((3, 2, 3, 3), (2, 3, 3, 3), (3, 2, 3)))
WEIGHT, BIAS = RNG.normal(size=(3, 4)), RNG.normal(size=3)


def pooled(x: np.ndarray) -> np.ndarray:
    return x.reshape(x.shape[0], x.shape[1] // 2, 2, x.shape[2] // 2, 2).sum((2, 4))


LINEAR = {
    "Linear": ((4,), [nir.Linear(WEIGHT)], lambda x: WEIGHT @ x, False),
    "Affine": ((4,), [nir.Affine(WEIGHT, BIAS)], lambda x: WEIGHT @ x + BIAS, False),
    "Scale": ((3,), [nir.Scale(BIAS)], lambda x: BIAS * x, False),
    "Flatten": ((2, 4), [nir.Flatten({"input": np.array([2, 4])}, 0, -1)], lambda x: x.ravel(), False),
    "Conv1d": ((2, 7), [nir.Conv1d(7, LINE, 2, 1, 1, 1, BIAS)],
               lambda x: maps_by_hand(x, LINE, 2, 1) + BIAS[:, None], True),
    "Conv2d": ((2, 6, 6), [nir.Conv2d((6, 6), KERNEL, 2, 1, 1, 1, BIAS)],
               lambda x: maps_by_hand(x, KERNEL, 2, 1) + BIAS[:, None, None], True),
    "SumPool2d": ((2, 4, 6), [nir.SumPool2d(*np.array([[2, 2], [2, 2], [0, 0]]))], pooled, True),
    "AvgPool2d": ((2, 4, 6), [nir.AvgPool2d(*np.array([[2, 2], [2, 2], [0, 0]]))], lambda x: pooled(x) / 4, True),
    "pool, convolution, pool": (
        (2, 8, 8), [nir.SumPool2d(*np.array([[2, 2], [2, 2], [0, 0]])), nir.Conv2d((4, 4), KERNEL, 1, 1, 1, 1, np.zeros(3)),
                    nir.AvgPool2d(*np.array([[2, 2], [2, 2], [0, 0]]))],
        lambda x: pooled(maps_by_hand(pooled(x), KERNEL, 1, 1)) / 4, True),
    "two convolutions": (
        (2, 4, 4), [nir.Conv2d((4, 4), k, 1, 1, 1, 1, np.zeros(len(k))) for k in (KERNEL, SECOND_KERNEL)],
        lambda x: maps_by_hand(maps_by_hand(x, KERNEL, 1, 1), SECOND_KERNEL, 1, 1), False),
}  # fmt: skip


@pytest.mark.parametrize("kind", LINEAR)
def test_a_linear_node_is_what_it_says_and_a_convolution_stays_one(kind: str, tmp_path: Path):
    shape, nodes, function, shared = LINEAR[kind]
    rows = np.random.default_rng(2).integers(0, 2, (6, *shape)).astype(float)
    currents = np.array([function(row) for row in rows])
    neurons = nir.LI(**{k: np.full(currents.shape[1:], v) for k, v in {"tau": 2e-3, "r": 1.5, "v_leak": 0.0}.items()})
    graph = nir.NIRGraph.from_list(nir.Input(np.array(shape)), *nodes, neurons)
    voltage, _ = ran(graph, rows.reshape(6, -1), "li")
    flat = nir.LI(*(np.ravel(x) for x in (neurons.tau, neurons.r, neurons.v_leak)))
    np.testing.assert_allclose(voltage, equations(flat, currents.reshape(6, -1))[0], rtol=1e-6, atol=1e-8)
    (connection,) = imported(graph).connections.values()
    assert (connection.layout is not None) == shared
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spiking.to_nir(imported(graph), tmp_path / "back.nir", dt=DT)
    (back,) = imported(tmp_path / "back.nir").connections.values()
    assert (back.layout is not None) == shared
    np.testing.assert_allclose(back.dense().weight, connection.dense().weight, rtol=1e-12)


def test_groups_and_oblong_kernels_are_read_from_files(tmp_path: Path):
    """Which nir 1.0 itself takes for faults: by its rule all channels are of one group, and kernels are as wide as high."""
    kernels, x = RNG.normal(size=(4, 1, 3, 2)), RNG.integers(0, 2, (2, 5, 6)).astype(float)
    currents = np.concatenate([maps_by_hand(x[g : g + 1], kernels[2 * g : 2 * g + 2], 1, 0) for g in (0, 1)])
    nodes = {
        "input": nir.Input(np.array(x.shape)),
        "conv": nir.Conv2d((5, 6), kernels, 1, 0, 1, 2, np.zeros(4)),
        "li": nir.LI(*(np.full(currents.shape, value) for value in (2e-3, 1.0, 0.0))),
        "output": nir.Output(np.array(currents.shape)),
    }
    nir.write(tmp_path / "a.nir", nir.NIRGraph(nodes, list(itertools.pairwise(nodes)), type_check=False))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spiking.to_nir(imported(tmp_path / "a.nir"), tmp_path / "b.nir", dt=DT)
    for file in ("a.nir", "b.nir"):
        voltage, _ = ran(tmp_path / file, x.reshape(1, -1), "li")
        np.testing.assert_allclose(voltage[0], currents.ravel() * -np.expm1(-0.5), rtol=1e-9)


def test_a_convolutional_network_of_neurons_without_leak_spikes_as_its_recursion():
    """The architecture of the NIR paper's network for N-MNIST, smaller: v += input, a spike above 1, v = 0."""
    first, dense = RNG.normal(0.1, 0.5, (3, 2, 3, 3)), RNG.normal(0.1, 0.5, (4, 12))
    neurons = lambda *shape: nir.IF(*(np.full(shape, x) for x in (1.0, 1.0, 0.0)))
    pools = nir.SumPool2d(*np.array([[2, 2], [2, 2], [0, 0]]))
    graph = nir.NIRGraph.from_list(
        nir.Input(np.array([2, 4, 4])), nir.Conv2d((4, 4), first, 1, 1, 1, 1, np.zeros(3)), neurons(3, 4, 4), pools,
        nir.Flatten({"input": np.array([3, 2, 2])}, 0, -1), nir.Affine(dense, np.zeros(4)), neurons(4),
    )  # fmt: skip
    rows = np.random.default_rng(3).integers(0, 2, (30, 2, 4, 4)).astype(float)
    network = imported(graph, SECOND)
    got = spiking.run(network, rows.reshape(30, -1), duration=30 * SECOND, engine=FixedStep(SECOND))
    maps, answers = np.zeros((3, 4, 4)), np.zeros(4)
    for number, row in enumerate(rows):
        maps = maps + maps_by_hand(row, first, 1, 1)
        fired = maps > 1
        answers = answers + dense @ pooled(fired.astype(float)).ravel()
        assert np.array_equal(got.trains["if"][number], fired.ravel())
        assert np.array_equal(got.trains["if_1"][number], answers > 1)
        maps, answers = np.where(fired, 0.0, maps), np.where(answers > 1, 0.0, answers)
    assert got.trains["if"].any() and got.trains["if_1"].any()
    kernels = [np.size(c.weight) for c in network.connections.values()]
    assert kernels == [54, 48 * 4]


def test_what_cannot_stay_a_convolution_is_said():
    kernel, scale = nir.Conv2d((4, 4), KERNEL, 1, 1, 1, 1, np.zeros(3)), nir.Scale(RNG.normal(size=(3, 4, 4)))
    neurons = nir.LI(*(np.full((3, 4, 4), x) for x in (0.02, 1.0, 0.0)))
    graph = nir.NIRGraph.from_list(nir.Input(np.array([2, 4, 4])), kernel, scale, neurons)
    with pytest.warns(UserWarning, match="Conv2d 'conv2d' becomes a dense matrix"):
        network, _ = spiking.from_nir(graph, dt=DT)
    assert network.connections["conv2d"].weight.shape == (32, 48)


def test_delays_shift_and_recurrence_and_thresholds_of_membranes_work():
    """A membrane with a threshold, which nothing resets, drives itself; its input is late by two steps."""
    nodes = {
        "input": nir.Input(np.array([1])), "late": nir.Delay(np.array([2e-3])), "w": nir.Linear(np.full((1, 1), 0.8)),
        "li": nir.LI(**numbers(tau=[2e-3], r=[1.0], v_leak=[0.0])), "fire": nir.Threshold(np.array([0.3])),
        "loop": nir.Linear(np.full((1, 1), -0.2)), "output": nir.Output(np.array([1])),
    }  # fmt: skip
    edges = [
        ("input", "late"),
        ("late", "w"),
        ("w", "li"),
        ("li", "fire"),
        ("fire", "loop"),
        ("loop", "li"),
        ("fire", "output"),
    ]
    rows = np.array([1.0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0])[:, None]
    voltage, spikes = ran(nir.NIRGraph(nodes, edges), rows, "fire")
    decay, v, expected = np.exp(-0.5), 0.0, []
    for row in [0.0, 0.0, *rows[:-2, 0]]:
        v = v * decay + (0.8 * row - 0.2 * (v > 0.3)) * (1 - decay)
        expected.append((v, v > 0.3))
    np.testing.assert_allclose(voltage[:, 0], [x for x, _ in expected], rtol=1e-9, atol=1e-12)
    assert np.array_equal(spikes[:, 0], [x for _, x in expected]) and spikes.any()


@pytest.mark.parametrize("kind", ["LIF", "IF", "CubaLIF"])
def test_a_spike_that_comes_back_is_the_current_of_the_next_step(kind: str):
    """A population drives itself: what it sent in the last step comes in with the input of this one."""
    node, back = NODES[kind], np.array([[0.3, -0.6], [0.5, 0.2]])
    nodes = {
        "input": nir.Input(np.array([2])),
        "w": nir.Linear(np.eye(2)),
        "n": node,
        "loop": nir.Affine(back, np.zeros(2)),
    }
    edges = [("input", "w"), ("w", "n"), ("n", "loop"), ("loop", "n"), ("n", "output")]
    graph = nir.NIRGraph(nodes | {"output": nir.Output(np.array([2]))}, edges)
    rows = np.random.default_rng(4).integers(0, 2, (40, 2)).astype(float)
    voltage, spikes = ran(graph, rows, "n")
    sent = np.concatenate([np.zeros((1, 2)), spikes[:-1]])
    expected, fired = equations(node, rows + sent @ back.T)
    np.testing.assert_allclose(voltage, expected, rtol=1e-6, atol=1e-7)
    assert np.array_equal(spikes, fired) and fired.any(axis=0).all()
    again = imported(spiking.to_nir(imported(graph), dt=DT)[0])
    for path in again.paths():
        np.testing.assert_allclose(again.get(path), imported(graph).get(path), rtol=1e-12, err_msg=path)


def test_what_cannot_come_back_is_said():
    nodes = {"input": nir.Input(np.array([1])), "fire": nir.Threshold(np.array([0.5])), "loop": nir.Linear(np.eye(1))}
    edges = [("input", "fire"), ("fire", "loop"), ("loop", "fire"), ("fire", "output")]
    with pytest.raises(ValueError, match="'fire' is in a loop, and forgets within a step what 'loop' brings"):
        imported(nir.NIRGraph(nodes | {"output": nir.Output(np.array([1]))}, edges))
    soon = spiking.feedforward(jax.random.key(0), 1, {"a": spiking.CurrentLIF(2)}, recurrent=("a",))
    with pytest.warns(UserWarning, match="its delays become 1 ms or more"):
        spiking.to_nir(soon, dt=DT)


def several(count: int = 30) -> tuple[dict, list]:
    """Diamonds one after the other: 2^count ways from the input to the neuron."""
    neuron = nir.LIF(**numbers(tau=[1e-3], r=[2.0], v_leak=[0.0], v_threshold=[1.0], v_reset=[0.0]))
    nodes: dict = {"input": nir.Input(np.array([1])), "lif": neuron}
    edges, last = [], "input"
    for k in range(count):
        nodes |= {f"{side}{k}": nir.Linear(np.full((1, 1), 0.5)) for side in "ab"} | {f"c{k}": nir.Scale(np.ones(1))}
        edges += [(last, f"a{k}"), (last, f"b{k}"), (f"a{k}", f"c{k}"), (f"b{k}", f"c{k}")]
        last = f"c{k}"
    return nodes | {"output": nir.Output(np.array([1]))}, [*edges, (last, "lif"), ("lif", "output")]


def test_diamonds_are_summed_and_not_followed_one_by_one():
    began = time.perf_counter()
    network = imported(nir.NIRGraph(*several()))
    (connection,) = network.connections.values()
    jump = 2.0 * -np.expm1(-1.0)
    assert connection.weight.shape == (1, 1) and abs(connection.weight[0, 0] - jump) < 1e-12
    assert time.perf_counter() - began < 20.0
    nodes, edges = several(10)
    nodes |= {f"a{k}": nir.Delay(np.array([1e-3 * 2**k])) for k in range(10)}
    with pytest.raises(ValueError, match="on more than 256 routes of different delays"):
        imported(nir.NIRGraph(nodes, edges))


def test_of_several_outputs_the_first_is_read_and_the_others_are_named():
    nodes = {"input": nir.Input(np.array([2])), "a": NODES["LIF"], "w": nir.Linear(np.eye(2)), "b": NODES["IF"]}
    nodes |= {"first": nir.Output(np.array([2])), "second": nir.Output(np.array([2]))}
    graph = nir.NIRGraph(nodes, [("input", "a"), ("a", "w"), ("w", "b"), ("a", "first"), ("b", "second")])
    with pytest.warns(
        UserWarning, match="the readout is 'a', the output 'first'; there are more outputs: 'second' of 'b'"
    ):
        network, losses = spiking.from_nir(graph, dt=DT)
    assert network.readout == "a" and len(losses) == 1


def test_one_number_for_all_neurons_is_taken_for_each():
    neurons = nir.LIF(*(np.array(x) for x in (2e-3, 1.0, 0.0, 0.5, 0.0)))
    nodes = {
        "input": nir.Input(np.array([2])),
        "w": nir.Linear(WEIGHT[:, :2]),
        "lif": neurons,
        "output": nir.Output(np.array([3])),
    }
    graph = nir.NIRGraph(nodes, list(itertools.pairwise(nodes)), type_check=False)
    assert imported(graph).populations["lif"].size == 3


def test_neurons_that_count_in_steps_are_noticed():
    graph = nir.NIRGraph.from_list(nir.Linear(np.eye(1)), nir.IF(np.ones(1), np.ones(1)))
    with pytest.warns(
        UserWarning, match="if: r = 1 per second, so that a spike adds 0.001 of its weight .* give dt = 1000"
    ):
        spiking.from_nir(graph, dt=1.0)
    assert not spiking.from_nir(graph, dt=1000.0)[1]


@pytest.mark.parametrize("kind", ["CubaLI", "CubaLIF"])
def test_a_constant_input_to_a_synapse_is_said(kind: str):
    graph = nir.NIRGraph.from_list(nir.Affine(np.eye(2), np.ones(2)), NODES[kind])
    with pytest.warns(UserWarning, match=f"the constant input to '{kind.lower()}' acts at once"):
        spiking.from_nir(graph, dt=DT)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(bad: float):
    graph = nir.NIRGraph.from_list(nir.Linear(np.array([[bad]])), nir.LI(*(np.full(1, x) for x in (0.02, 1.0, 0.0))))
    with pytest.raises(ValueError, match=f"NIR node 'linear': weight holds {bad}: give finite"):
        spiking.from_nir(graph, dt=DT)
    with pytest.raises(ValueError, match="weight is complex128: give real numbers"):
        imported(nir.NIRGraph.from_list(nir.Linear(1j * np.eye(2)), NODES["LI"]))
    network = imported(
        nir.NIRGraph.from_list(nir.Linear(np.eye(1)), nir.LI(*(np.full(1, x) for x in (0.02, 1.0, 0.0))))
    )
    linear = network.connections["linear"]
    with pytest.raises(ValueError, match=f"connections.linear.weight holds {bad}: give finite"):
        spiking.to_nir(network.replace(connections={"linear": linear.replace(weight=jnp.full((1, 1), bad))}), dt=DT)


@pytest.mark.parametrize("dt", [float("nan"), 0.0, -1.0, float("inf")])
def test_a_step_that_is_none_is_refused(dt: float):
    graph = nir.NIRGraph.from_list(nir.Linear(np.eye(2)), NODES["LIF"])
    with pytest.raises(ValueError, match=f"dt = {dt} ms: give the step"):
        spiking.from_nir(graph, dt=dt)
    with pytest.raises(ValueError, match=f"dt = {dt} ms: give the step"):
        spiking.to_nir(imported(graph), dt=dt)


def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path):
    file = tmp_path / "graph.nir"
    nir.write(file, nir.NIRGraph.from_list(nir.Affine(np.eye(2), np.zeros(2)), NODES["CubaLIF"]))
    raw, rng, refused = file.read_bytes(), np.random.default_rng(0), 0
    for number in range(60):
        damaged = bytearray(raw[: rng.integers(len(raw))] if number % 3 == 0 else raw)
        for _ in range(number):
            damaged[rng.integers(len(damaged))] = rng.integers(256)
        file.write_bytes(damaged)
        try:
            imported(file)
        except ValueError as fault:
            refused += 1
            assert str(file) in str(fault) and "\n" not in str(fault)
    assert refused > 40
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        imported(tmp_path / "nowhere.nir")


def test_a_damaged_heap_of_text_does_not_hang(tmp_path: Path):
    file = tmp_path / "graph.nir"
    nir.write(file, nir.NIRGraph.from_list(nir.Linear(np.eye(2)), NODES["LI"]))
    raw = bytearray(file.read_bytes())
    at = raw.find(b"GCOL")
    raw[at + 8 : at + 16] = (int.from_bytes(raw[at + 8 : at + 16], "little") + 159).to_bytes(8, "little")
    file.write_bytes(raw)
    with pytest.raises(ValueError, match="the text in it, at byte"):
        imported(file)


def test_a_pacemaker_comes_back(tmp_path: Path):
    network = spiking.feedforward(jax.random.key(0), 1, {"a": spiking.LIF(1, tau=10.0, bias=1.5)})
    with pytest.warns(UserWarning, match="bias and rest become one leak"):
        spiking.to_nir(network, tmp_path / "a.nir", dt=0.1)
    rows = np.zeros((400, 1))
    spikes = [
        spiking.run(n, rows, duration=40.0, engine=FixedStep(0.1)).trains["a"]
        for n in (network, imported(tmp_path / "a.nir", 0.1))
    ]
    assert np.array_equal(*spikes) and spikes[0].sum() == 3
