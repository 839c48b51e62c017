"""Which thing a path means: by position, never by a word; what is ambiguous or of another kind is refused."""

import itertools
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import pytree, spiking
from jaxneuro.learn import box

Na, K, Leak = jn.channels.Na, jn.channels.K, jn.channels.Leak
SQUID = jn.cells.hodgkin_huxley()
HOSTILE = (
    "cell", "synapse", "channels", "pools", "cable", "populations", "projections", "varying", "threshold", "edges", "weight",
    "capacitance", "area", "g_max", "a.b", "cell.na", "na.g_max", "channels.na", "", " ", "é", "0", "'", "v", "a+b", "x@soma",
)  # fmt: skip


def network(first: str, second: str, projection: str, channel: str = "na") -> jn.Network:
    cell = jn.Cell({channel: Na(), "leak": Leak()})
    edges, synapse = jn.connect.edges([0], [1], 2, 2), jn.synapses.Exponential(3.0)
    populations = {first: jn.Population(cell, 2), second: jn.Population(jn.cells.LIF(), 2)}
    return jn.Network(populations, {projection: jn.Projection(first, second, synapse, edges, 1e-3, 1.0)})


def models() -> Iterator:
    for name, other in itertools.pairwise(HOSTILE):
        yield jn.Cell({name: Na(), "na": Na(), other: K()}, pools={other + "x": jn.CalciumPool()})
        yield network(name, other, "ee", channel=name)
        yield network("exc", name, other, channel=other)
        layers = {name: spiking.LIF(2), other: spiking.LIF(1)}
        yield spiking.feedforward(jax.random.key(0), 2, layers)


def leaves(model) -> list:
    """The parameters, told apart by their value."""
    return [float(np.ravel(leaf)[0]) for leaf in jax.tree.leaves(model)]


def test_every_path_is_unique_and_reaches_its_own_parameter():
    for model in models():
        paths = model.paths()
        assert len(set(paths)) == len(paths) > 4
        values = [np.asarray(model.get(path)) * 1.01 + 0.25 * (np.asarray(model.get(path)) == 0) for path in paths]
        marked = [model.set(path, value) for path, value in zip(paths, values, strict=True)]
        for path, value, changed in zip(paths, values, marked, strict=True):
            assert changed.get(path) is value
        moved = [tuple(np.flatnonzero(np.not_equal(leaves(changed), leaves(model)))) for changed in marked]
        assert len(set(moved)) == len(paths)  # each moves leaves of its own


def test_words_are_hidden_by_position_only():
    twice = jn.Network({"cell": jn.Population(SQUID, 2), "synapse": jn.Population(SQUID, 2)})
    changed = twice.set("synapse.na.g_max", 7.0)
    assert changed.populations["synapse"].cell.channels["na"].g_max == 7.0
    assert changed.populations["cell"].cell.channels["na"].g_max == 120.0
    assert twice.get("cell.na.g_max") == 120.0
    cable = SQUID.insert("cable", Leak(0.5)).set("cable.g_max", 0.7)
    assert cable.channels["cable"].g_max == 0.7 and isinstance(cable.get("cable"), Leak)
    assert SQUID.get("channels.na.g_max") == 120.0  # groups may be written


def test_what_may_mean_two_things_is_refused_with_the_choices():
    same = network("ee", "inh", "ee")
    with pytest.raises(KeyError, match=r"populations\.ee or projections\.ee"):
        same.get("ee")
    assert same.get("ee.weight") == 1e-3 and same.get("ee.na.g_max") == 120.0
    both = jn.Cell({"ca": Leak()}, pools={"ca": jn.CalciumPool()})
    with pytest.raises(KeyError, match=r"channels\.ca or pools\.ca"):
        both.get("ca")
    lif = jn.Network({"a": jn.Population(Threshold(), 2)})
    assert lif.paths() == ["populations.a.cell.threshold", "populations.a.threshold"]
    with pytest.raises(KeyError, match=r"populations\.a\.cell\.threshold or populations\.a\.threshold"):
        lif.set("a.threshold", 1.0)


class Threshold(pytree.Pytree):
    threshold: float = 3.0


VARIES = jn.Network({"a": jn.Population(SQUID, 2, varying={"na.g_max": jnp.array([1.0, 2.0])})})


def test_parameters_that_differ_between_cells():
    assert "a.varying.na.g_max" in VARIES.paths()
    np.testing.assert_array_equal(VARIES.set("a.varying.na.g_max", jnp.ones(2)).get("a.varying.na.g_max"), 1.0)
    with pytest.raises(ValueError, match=r"differs between its cells: set 'a\.varying\.na\.g_max'"):
        VARIES.set("a.na.g_max", 3.0)
    assert VARIES.set("a.k.g_max", 3.0).get("a.k.g_max") == 3.0


def test_one_parameter_written_in_two_ways_is_one():
    with pytest.raises(ValueError, match=r"free names 'channels\.na\.g_max' twice"):
        box(SQUID, {"na.g_max": (1.0, 5.0), "channels.na.g_max": (2.0, 5.0)})
    twice = jn.Population(SQUID, 2, varying={"na.g_max": jnp.ones(2), "channels.na.g_max": jnp.ones(2)})
    with pytest.raises(ValueError, match=r"varying names the parameter 'na\.g_max' twice"):
        twice.check("a")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("na", 3.0, r"'na' is a Na and float 3.0 is no Channel: give one, or set one of its parameters: na\.g_max, na\.e"),
        ("na", SQUID, "is no Channel"),
        ("na.g_max", Na(), "is a parameter and Na .* is no number"),
        ("na.g_max", "3.0", "is no number"),
        ("na.g_max", None, "is no number"),
        ("na.g_max", [1.0, "2"], "is no number"),
        ("na.g_max", 1j, "is no number"),
        ("na.g_max", jnp.array([1j]), "is no number"),
        ("na.g_max", lambda distance: distance, "is no number"),
        ("channels", {"na": 3.0}, "is a group of 'na', 'k', 'leak': set one of them"),
        ("v_init", np.ones((2, 3)), None),
    ],
)  # fmt: skip
def test_a_parameter_stays_a_number_and_a_mechanism_one_of_its_kind(path, value, message):
    if message is None:
        assert SQUID.set(path, value).get(path) is value
        return
    with pytest.raises(ValueError, match=message):
        SQUID.set(path, value)


@pytest.mark.parametrize("thing", [5.0, jn.channels.Leak, "leak"])
def test_what_is_no_mechanism_is_not_inserted(thing):
    """It became a pool."""
    with pytest.raises(ValueError, match=r"'x': .* is no mechanism: give a channel or a pool"):
        jn.cells.hodgkin_huxley().insert("x", thing)


def test_shapes_broadcast():
    three = SQUID.replace(area=jnp.ones(3))
    with pytest.raises(ValueError, match=r"'area' has shape \(3,\) and \(4,\) does not broadcast with it"):
        three.set("area", jnp.ones(4))
    for value in (1.0, np.ones(1), jnp.ones((5, 3)), [1, 2, 3], (1.0, jnp.ones(()), 2)):
        assert three.set("area", value).get("area") is value
    assert isinstance(SQUID.set("na", K()).get("na"), K)


def test_trees_that_hold_no_numbers_are_edited_too():
    """Axes of vmap, labels of optimisers."""
    axes = jax.tree.map(lambda _: None, SQUID).set("na.g_max", 0)
    cells = SQUID.set("na.g_max", jnp.array([1.0, 2.0]))
    np.testing.assert_array_equal(jax.vmap(lambda c: 2 * c.get("na.g_max"), in_axes=(axes,))(cells), [2.0, 4.0])
    assert jax.tree.map(lambda _: "slow", SQUID).set("na.g_max", "fast").get("na.g_max") == "fast"
    assert jax.jit(jax.grad(lambda g: SQUID.set("na.g_max", g).get("na.g_max") ** 2))(3.0) == 6.0


def test_names_with_dots_are_recorded():
    cell = jn.Cell({"na.v": Na(), "leak": Leak()})
    network = jn.Network({"l2.exc": jn.Population(cell, 1), "l2": jn.Population(SQUID, 2)})
    names = ("l2.exc.na.v.m", "l2.na.m", "l2.exc.v")
    recording = jn.simulate(network, duration=0.1, record=names)
    assert [recording[name].shape[1] for name in names] == [1, 2, 1]


def test_numbers_of_cells_are_no_parameters():
    model = network("exc", "inh", "ee")
    assert [path for path in model.paths("ee.*")] == ["ee.tau", "ee.e", "ee.weight", "ee.delay"]
    assert bool(jn.simulate(model.put(model.free("*")), duration=1.0).ok)
