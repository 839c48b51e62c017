"""The resting state and its derivatives, and the catalogue of models."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.cells import CATALOGUE, describe, make
from jaxneuro.biophysics.membrane import CalciumPool, rest

SQUID = jn.cells.hodgkin_huxley()


def with_calcium():
    flux, leak = jn.channels.CaLFlux(1e-6), jn.channels.Leak(0.1, -80.0)
    channels = {"na": jn.channels.CorticalNa(), "flux": flux, "kca": jn.channels.KCa(), "leak": leak}
    return jn.Cell(channels, pools={"ca": CalciumPool(tau=20.0)}, celsius=36.0, v_init=-70.0)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_model_says_what_it_is_and_rests(name):
    line, source = describe(name)
    assert line.endswith((".", ":")) or len(line) > 10
    assert "(19" in source or "(20" in source
    state = rest(make(name))
    drive = make(name).drive(jn.stimuli.step(0.0), jnp.array(0.0))
    for change in jax.tree.leaves(make(name).derivative(state, drive)):
        np.testing.assert_allclose(change, 0.0, atol=1e-9)


def test_a_cell_with_calcium_stays_at_its_rest():
    cell = with_calcium()
    state = rest(cell)
    recording = jn.simulate(cell, duration=20.0, dt=0.05, record=("v", "ca"), initial=state, every=40)
    np.testing.assert_allclose(recording.v, state.v[0], atol=1e-7)
    np.testing.assert_allclose(recording["ca"], state.pools["ca"][0], rtol=1e-8)


def test_derivatives_of_the_rest_equal_finite_differences():
    def resting(g_max, e, rest_calcium):
        cell = with_calcium().set("kca.g_max", g_max).set("leak.e", e).set("pools.ca.rest", rest_calcium)
        state = rest(cell)
        found = jnp.array([state.v[0], 1e3 * state.pools["ca"][0], state.gates["na"]["h"][0]])
        return found, found

    at, h = (10.0, -80.0, 2.4e-4), (1e-2, 1e-2, 2e-6)
    both = jax.jit(jax.jacrev(resting, argnums=(0, 1, 2), has_aux=True))
    slopes = both(*at)[0]
    for i in range(3):
        up, down, up2, down2 = [both(*(x + (i == j) * k * h[i] for j, x in enumerate(at)))[1] for k in (1, -1, 2, -2)]
        expected = (8 * (up - down) - (up2 - down2)) / (12 * h[i])
        np.testing.assert_allclose(slopes[i], expected, rtol=1e-7, atol=1e-9)


def test_vmap_and_compartments_rest_each_for_itself():
    leaks = jnp.array([-60.0, -54.387, -50.0])
    mapped = jax.vmap(lambda e: rest(SQUID.set("leak.e", e)).v[0])(leaks)
    together = rest(SQUID.replace(area=(1000.0,) * 3).set("leak.e", leaks)).v
    np.testing.assert_allclose(mapped, together, rtol=1e-10)
    assert (jnp.diff(mapped) > 0).all()


def test_a_cell_without_rest_says_so():
    with pytest.raises(ValueError, match="unstable"):
        rest(SQUID, current=15.0)  # beyond the Hopf bifurcation: fires for ever
    with pytest.raises(ValueError, match="no rest"):
        rest(jn.cells.QIF(), current=1.0)
    assert jnp.isnan(jax.jit(lambda i: rest(jn.cells.QIF(), i).v)(1.0)).all()
