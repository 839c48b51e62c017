"""The code of a trained path integrator in the agent's loop."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro import navigation as nav
from jaxneuro.navigation import agent as ag
from jaxneuro.navigation import path_integration as pi

RECIPE = pi.sorscher(arena=nav.square(1.0), units=6, place_cells=9, batch=1, steps=5)
HEADING = nav.head_direction_cells(4, kappa=1.0)
STILL = {"noise": (0.0, 0.0, 0.0), "fixes": 0.0}


@pytest.fixture(scope="module")
def state() -> pi.Training:
    return pi.begin(RECIPE, jax.random.key(0))


@pytest.mark.parametrize("scaled", [False, True])
def test_units_are_those_of_the_network_along_the_same_path(state: pi.Training, scaled: bool):
    recipe = RECIPE.replace(scaled=scaled)
    code = ag.learned_code(recipe, state, HEADING, **STILL, steps=1)

    @jax.jit
    def answered(key: jax.Array) -> tuple:
        batch = pi.paths(RECIPE, state.cells, key)
        return batch, pi.answer(recipe, state.parameters, batch).code[:, 0]

    batch, expected = answered(jax.random.key(1))
    largest = (jnp.asarray(0.1), jnp.asarray(1.0))  # m, rad: of a step

    def step(now: ag.learned.Integration, way: jax.Array) -> tuple:
        motion = jnp.append(way / largest[0], 0.0)  # forward is east: the heading is 0
        now, said = code.step(jax.random.key(2), now, motion, largest, ag.Pose(jnp.zeros(2), jnp.zeros(())))
        return now, said.place

    first = batch.position[0, 0] - batch.moves[0, 0]
    begun = ag.learned.Integration(code.pose.place(first) @ code.start + code.offset, ag.Pose(first, jnp.zeros(())))
    _, units = jax.lax.scan(step, begun, batch.moves[:, 0])
    np.testing.assert_allclose(units, code.scale * expected, rtol=1e-5, atol=1e-6)


def test_sight_begins_anew(state: pi.Training):
    code = ag.learned_code(RECIPE, state, HEADING, fixes=1.0)
    here, there = ag.Pose(jnp.full(2, 0.2), jnp.zeros(())), ag.Pose(jnp.full(2, 0.7), jnp.ones(()))
    begun, _ = code.init(here)
    _, seen = code.step(jax.random.key(0), begun, jnp.zeros(3), (jnp.ones(()), jnp.ones(())), there)
    np.testing.assert_allclose(seen.place, code.place(there.position), rtol=1e-5)
    np.testing.assert_allclose(seen.heading, HEADING(there.position, there.heading), rtol=1e-5)


def test_what_cannot_be_a_code(state: pi.Training):
    with pytest.raises(ValueError, match="network = 'lstm': the agent's code is that of a 'relu' network"):
        ag.learned_code(RECIPE.replace(network="lstm"), state, HEADING)
    with pytest.raises(ValueError, match="state of 2 seeds: choose one"):
        ag.learned_code(RECIPE, jax.tree.map(lambda x: jnp.stack([x, x]), state), HEADING)
    with pytest.raises(ValueError, match="steps = 0"):
        ag.learned_code(RECIPE, state, HEADING, steps=0)
