"""Networks to and from the Neuromorphic Intermediate Representation."""

import itertools
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro import spiking

nir = pytest.importorskip("nir")
PAPER = np.load(Path(__file__).parents[1] / "reference" / "nir_lif.npz")


@pytest.fixture(scope="module")
def network() -> spiking.SpikingNetwork:
    layers = {
        "hidden": spiking.CurrentLIF(4, tau_syn=jnp.array([3.0, 4.0, 5.0, 6.0])),
        "relay": spiking.LIF(3, rest=-0.1, reset=-0.2),
        "out": spiking.LeakyIntegrator(2, bias=0.3),
    }
    made = spiking.feedforward(jax.random.key(0), 3, layers, recurrent=("hidden",), delay=1.5)
    made = made.set("connections.relay.delay", jnp.array([[1.0, 2.0, 3.0, 4.0]]).T)
    return made.set("connections.out.delay", jnp.array([[1.0, 2.0]])).set("connections.hidden.delay", 0.0)


class Unknown(nir.Threshold):
    """A node of a later version."""


def test_what_nir_can_say_comes_back(network: spiking.SpikingNetwork, tmp_path: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spiking.to_nir(network, tmp_path / "network.nir", dt=0.5)
        back, losses = spiking.from_nir(tmp_path / "network.nir", dt=0.5)
    assert not losses and sorted(back.paths()) == sorted(network.paths()) and back.readout == network.readout
    for path in network.paths():
        np.testing.assert_allclose(*np.broadcast_arrays(back.get(path), network.get(path)), rtol=1e-14, err_msg=path)


def test_a_graph_comes_back_as_itself():
    nodes = {
        "input": nir.Input(np.array([2])),
        "weights": nir.Affine(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.zeros(3)),
        "lif": nir.LIF(*(np.full(3, x) for x in (0.01, 2.0, 0.0, 1.0, 0.1))),
        "output": nir.Output(np.array([3])),
    }
    names = list(nodes)
    imported, _ = spiking.from_nir(nir.NIRGraph(nodes, list(itertools.pairwise(names))), dt=0.1)
    graph, _ = spiking.to_nir(imported, dt=0.1)
    old, new = nodes["lif"], graph.nodes["lif"]
    gain = old.r / new.r  # NIR's resistance is a factor of the weights here
    np.testing.assert_allclose(
        graph.nodes["connections.weights"].weight, nodes["weights"].weight * gain[:, None], rtol=1e-14
    )
    for field in ("tau", "v_leak", "v_threshold", "v_reset"):
        np.testing.assert_allclose(getattr(new, field), getattr(old, field), rtol=1e-14)


@pytest.mark.parametrize(
    ("path", "value", "lost"),
    [
        ("populations.hidden.refractory", 2.0, "population 'hidden': refractory = 2.0 is lost"),
        ("populations.hidden.bias", 0.1, "bias and rest become one leak"),
        ("connections.relay.delay", jnp.arange(12.0).reshape(4, 3), "delays of single synapses become their mean"),
    ],
)
def test_what_nir_cannot_say_is_reported(network: spiking.SpikingNetwork, path: str, value, lost: str):
    with pytest.warns(UserWarning, match=lost):
        _, losses = spiking.to_nir(network.set(path, value), dt=0.5)
    assert len(losses) == 1 and lost in losses[0]


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        (spiking.QIF(4), "population 'hidden' is QIF, and NIR has no node like it"),
        (spiking.LIF(4, reset=None), "population 'hidden' has no reset"),
    ],
)
def test_a_neuron_without_a_node_is_refused(network: spiking.SpikingNetwork, neuron: spiking.Neuron, message: str):
    changed = network.replace(populations=network.populations | {"hidden": neuron})
    with pytest.raises(ValueError, match=message):
        spiking.to_nir(changed, dt=0.5)


def paper_network(dt: float) -> spiking.SpikingNetwork:
    fields = ("tau", "r", "v_leak", "v_threshold", "v_reset")
    graph = nir.NIRGraph.from_list(nir.Linear(np.ones((1, 1))), nir.LIF(**{name: PAPER[name] for name in fields}))
    return spiking.from_nir(graph, dt=dt)[0]


def test_the_lif_of_the_nir_paper():
    def run(finer: int) -> tuple[spiking.Response, np.ndarray]:
        currents = np.repeat(PAPER["input"][:, None].astype(float), finer, axis=0)
        engine = spiking.FixedStep(0.1 / finer)
        response = spiking.run(paper_network(0.1 / finer), currents, duration=100.0, engine=engine, record=("lif",))
        return response, np.asarray(response.voltage["lif"][finer - 1 :: finer, 0])

    response, voltage = run(1)
    for program in ("exact", "norse"):
        assert np.array_equal(response.trains["lif"][:, 0], PAPER[f"{program}_spikes"])
    before = np.flatnonzero(PAPER["exact_spikes"])[0]
    assert np.abs(voltage - PAPER["exact_voltage"])[:before].max() < 1e-12
    assert np.abs(voltage - PAPER["norse_voltage"])[:before].max() < 1.5e-3  # Norse steps by forward Euler
    _, voltage = run(64)  # the exact neuron resets within the step
    assert np.abs(voltage - PAPER["exact_voltage"]).max() < 7e-4


@pytest.mark.parametrize(
    ("nodes", "edges", "message"),
    [
        (
            {"what": Unknown(np.ones(1))},
            [("input", "what"), ("what", "output")],
            "'what' is Unknown; the nodes known are",
        ),
        ({"w": nir.Linear(np.eye(1))}, [("input", "w"), ("w", "output")], "output comes from"),
    ],
)
def test_a_graph_that_is_no_network_is_refused(nodes: dict, edges: list, message: str):
    ends = {"input": nir.Input(np.array([1])), "output": nir.Output(np.array([1]))}
    with pytest.raises(ValueError, match=message):
        spiking.from_nir(nir.NIRGraph(ends | nodes, edges), dt=0.1)
