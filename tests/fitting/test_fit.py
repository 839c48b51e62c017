"""A fit finds what made a recording, judges itself, and refuses what it cannot fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.fitting import SweepResiduals, box, fit
from jaxneuro.fitting.quality import coincidence
from jaxneuro.fitting.residuals import robust
from jaxneuro.fitting.shared import SharedResiduals
from jaxneuro.fitting.starts import balance
from jaxneuro.fitting.targets import target
from jaxneuro.learn import linearise

FREE = {"na.g_max": (40.0, 300.0), "k.g_max": (10.0, 100.0), "leak.g_max": (0.05, 1.5), "k.e": (-95.0, -60.0)}
DT = 0.025
T = np.arange(0, 1601) * DT


def recording(amplitude, cell):
    current = np.where((T >= 5.0) & (T < 35.0), amplitude, 0.0)
    run = jn.simulate(cell, jn.stimuli.inject(jn.stimuli.sampled(T, current)), duration=40.0, dt=DT)
    return jn.Recording(run.t, run.values, current=jnp.asarray(current), name=f"{amplitude} nA")


@pytest.fixture(scope="module")
def squid():
    return jax.tree.map(jnp.asarray, jn.cells.hodgkin_huxley())


@pytest.fixture(scope="module")
def sweeps(squid):
    return [recording(amplitude, squid) for amplitude in (0.12, -0.03)]


@pytest.fixture(scope="module")
def goal(sweeps):
    return target(sweeps, window=(0.0, 40.0), dt=DT)


@pytest.fixture(scope="module")
def residuals(squid, goal):
    return SweepResiduals(squid, box(squid, FREE), goal)


@pytest.fixture(scope="module")
def of(residuals):
    return jax.jit(residuals.__call__)


@pytest.fixture(scope="module")
def result(squid, goal, sweeps):
    return fit(squid, goal, free=FREE, key=jax.random.key(1), starts=8, steps=20, draws=32, hold_out=goal)


def test_residuals_vanish_at_the_truth_and_only_there(squid, residuals, of):
    truth = residuals.box.theta(residuals.box.current(squid))
    assert jnp.abs(of(truth)).max() < 1e-6
    assert jnp.sum(of(truth + 0.1) ** 2) > 0.01


def test_jacobian_is_that_of_finite_differences(residuals, of):
    theta = jnp.array([0.1, -0.2, -0.5, 0.3])
    _, jacobian = jax.jit(linearise)(residuals, theta)
    for i, e in enumerate(1e-5 * jnp.eye(4)):
        np.testing.assert_allclose(jacobian[:, i], (of(theta + e) - of(theta - e)) / 2e-5, rtol=2e-3, atol=2e-3)


def test_conductances_follow_from_the_balance_of_currents(squid, residuals):
    truth = residuals.box.theta(residuals.box.current(squid))
    lost = truth.at[:3].set(1.5)
    found = residuals.box.values(balance(squid, residuals.box, residuals.target, lost))
    np.testing.assert_allclose(found[:3], residuals.box.values(truth)[:3], rtol=0.1)


@pytest.mark.slow  # the command line's test fits two parameters of the same cell, judges and checks them
def test_a_fit_recovers_what_made_the_recording(squid, result):
    truth = box(squid, FREE).current(squid)
    np.testing.assert_allclose(result.values[result.ensemble[0]], truth, rtol=0.02)
    assert set(result.verdicts.values()) == {"constrained"} or len(result.ensemble) > 1
    assert result.held_out["coincidence"][0] == pytest.approx(1.0)
    assert result.held_out["spikes"].tolist() == result.held_out["model_spikes"].tolist()
    assert result.held_out["loss"].max() < 1e-3
    assert result.health.warning == ""


@pytest.mark.slow
def test_the_fitted_cell_is_a_cell_that_simulates(result):
    assert result.cell.get("na.g_max") == pytest.approx(result.values[result.ensemble[0]][0])
    assert jn.simulate(result.cell, duration=1.0).ok


def test_a_fit_that_diverges_says_so(squid, goal):
    def never(cell, target):
        return jnp.full(3, jnp.nan) * cell.get("na.g_max")

    with pytest.warns(UserWarning, match="all 2 starts were dropped"):
        found = fit(squid, goal, free=FREE, loss=never, key=jax.random.key(0), starts=2, steps=2, draws=4)
    assert found.dropped == 2 and len(found.ensemble) == 0 and set(found.verdicts.values()) == {"unknown"}


def test_cells_that_share_parameters_have_the_jacobian_of_the_whole(squid, goal):
    of = SharedResiduals(squid, box(squid, FREE), goal, shared=2, cells=2)
    theta = jnp.array([0.1, -0.2, -0.5, 0.3, 0.2, 0.1])
    assert of.size == 6
    r, jacobian = jax.jit(of.linearise)(theta)
    whole = jax.jit(of.__call__)
    np.testing.assert_allclose(r, whole(theta), atol=1e-9)
    along = jnp.array([1.0, -1.0, 0.5, -0.5, 2.0, 1.0])
    change = (whole(theta + 1e-5 * along) - whole(theta - 1e-5 * along)) / 2e-5
    np.testing.assert_allclose(jacobian @ along, change, rtol=2e-3, atol=2e-3)


def test_robust_residuals_do_not_cancel_in_float32():
    with jax.enable_x64(False):
        slope = jax.grad(robust)(jnp.float32(1e-6))
    assert slope == pytest.approx(1.0, abs=1e-6)


def test_coincidence_is_one_for_equal_and_about_zero_for_unrelated_trains():
    data = np.arange(10.0, 990.0, 90.0)
    assert coincidence(data, data + 3.0, 1000.0) == pytest.approx(1.0)
    random = [coincidence(np.sort(np.random.default_rng(s).uniform(0, 1000, 11)), data, 1000.0) for s in range(200)]
    assert abs(np.mean(random)) < 0.03


@pytest.mark.parametrize(
    ("free", "message"),
    [({"na.g_max": (10.0, 1.0)}, "low < high"), ({"na.gmax": (1.0, 10.0)}, "The paths are"), ({}, "free is empty"),
     ({"na.e": (1.0, 10.0), "na.e+k.e": (1.0, 2.0)}, "twice")],
)  # fmt: skip
def test_bad_bounds_are_refused(squid, goal, free, message):
    with pytest.raises((ValueError, KeyError), match=message):
        fit(squid, goal, free=free, key=jax.random.key(0))


def test_bad_recordings_and_starts_are_refused(squid, sweeps, goal):
    with pytest.raises(ValueError, match="outside its bounds"):
        fit(squid, goal, free=FREE, key=jax.random.key(0), begin={"na.g_max": 1e4}, draws=8, starts=1)
    with pytest.raises(ValueError, match="has no current"):
        target(sweeps[0].replace(current=None))
    with pytest.raises(ValueError, match="not finite"):
        target(sweeps[0].replace(values={"v": sweeps[0].v.at[7].set(jnp.nan)}))
    for window in ((0.0, 99.0), (30.0, 10.0)):
        with pytest.raises(ValueError, match="must begin before it ends, within"):
            target(sweeps, window=window)
    with pytest.raises(ValueError, match="a float64 is no recording"):
        fit(squid, np.zeros(3), free=FREE, key=jax.random.key(0))  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="key = 0: give a random key"):
        fit(squid, goal, free=FREE, key=0)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="LIF has a reset"):
        fit(jn.cells.LIF(), goal, free={"g_leak": (1.0, 2.0)}, key=jax.random.key(0))
    with pytest.raises(ValueError, match="positive"):
        target(sweeps, dt=-0.1)
