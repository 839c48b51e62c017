"""What is shown of things that are too large to be printed."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import learn, spiking

CELL = jn.cells.adapting()
SYNAPSE = jn.Projection("a", "a", jn.synapses.AMPA(), jn.connect.all_to_all(3, 3), 1e-3, 1.0)
THETA = np.array([[1.0], [2.0], [3.0]])


def crowded() -> jn.Cell:
    cell = CELL
    for n in range(30):
        cell = cell.insert(f"leak{n}", CELL.channels["leak"])
    return cell


THINGS = {
    "cell": CELL,
    "crowded": crowded(),
    "network": jn.Network({"a": jn.Population(CELL, 3)}, {"aa": SYNAPSE}),
    "recording": jn.Recording(jnp.arange(400.0), {"v": jnp.full((400, 1), jnp.nan)}, name="<sweep & 1>"),
    "morphology": jn.Morphology(
        jnp.zeros((2, 3)), jnp.ones(2), jnp.array([-1, 0]), jnp.full(2, jn.BASAL), jnp.zeros(2, bool)
    ),
    "spiking network": spiking.SpikingNetwork(
        2, {"out": spiking.LIF(8)}, {"in": spiking.Connection("input", "out", jnp.ones((2, 8)))}, "out"
    ),
    "spikes": jn.Spikes(jnp.full(128, jnp.inf), jnp.zeros(128, bool), jnp.asarray(False)),
    "fit": jn.FitResult(CELL, ("na.g_max",), THETA, THETA, np.array([1.0, 1.5, 50.0]), THETA, np.zeros(3, int), np.arange(2),
                        np.ones(1)),
    "trained": learn.Trained(CELL, [{"loss": 1.0}] * 100, "finished", 99),
}  # fmt: skip


@pytest.mark.parametrize("name", THINGS)
def test_a_thing_is_shown_in_twenty_lines(name: str):
    thing: Any = THINGS[name]
    lines = repr(thing).splitlines()
    assert 2 < len(lines) <= 20 and max(map(len, lines)) < 125
    assert lines[0] == type(thing).__name__
    page = thing._repr_html_()
    assert page.startswith("<table>") and page.count("<tr>") == len(lines) - 1


@pytest.mark.parametrize("leaf", [object(), None, 0, jax.ShapeDtypeStruct((3,), float)])
@pytest.mark.parametrize("name", THINGS)
def test_what_jax_puts_in_place_of_numbers_is_shown_too(name: str, leaf: Any):
    assert repr(jax.tree.map(lambda _: leaf, THINGS[name]))


def test_nothing_is_shown_twice():
    tree = jn.cells.from_branches((-1, 0), (20.0, 100.0), (10.0, 1.0), names=("soma", "dend"), d_lambda=0.3)
    names = [line.split()[0] for line in repr(tree.insert("na", jn.channels.Na(), where="soma")).splitlines()]
    assert names.count("na") == 1


def test_numbers_have_their_units_and_many_their_extremes():
    assert "g_max=50 mS/cm², e=50 mV" in repr(CELL) and "celsius      36 °C" in repr(CELL)
    assert "parent    [-1, 0]" in repr(THINGS["morphology"])
    assert "and 20 more" in repr(THINGS["crowded"])
    assert "&lt;sweep &amp; 1&gt;" in THINGS["recording"]._repr_html_()
    assert "1, the best of 3 starts" in repr(THINGS["fit"]) and "1 to 2" in repr(THINGS["fit"])


def test_traced_numbers_are_shown_by_shape_and_a_batch_by_its_values():
    said = []
    many = jnp.linspace(1.0, 9.0, 50)
    changed = jax.vmap(lambda g: said.append(repr(CELL.set("na.g_max", g))) or CELL.set("na.g_max", g))(many)
    assert "g_max=float" in said[0] and "[] mS/cm²" in said[0]
    assert "[50], 1 to 9 mS/cm²" in repr(changed)
