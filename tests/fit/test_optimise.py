"""The engine: every optimiser finds a known minimum from many starts, survives bad ones, stops and goes on."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxneuro.fit.levenberg_marquardt import LevenbergMarquardt
from jaxneuro.fit.optimise import optimise
from jaxneuro.fit.search import DifferentialEvolution

STARTS = jax.random.uniform(jax.random.key(3), (8, 2), minval=-2.0, maxval=2.0)


def rosenbrock(x):
    """Rosenbrock (1960), as residuals: minimum 0 at (1, 1) along a curved valley."""
    return jnp.stack([10.0 * (x[1] - x[0] ** 2), 1.0 - x[0]])


def walled(x):
    """The same, not a number where x0 < -1."""
    return jnp.where(x[0] < -1.0, jnp.nan, rosenbrock(x))


def test_levenberg_marquardt_follows_the_valley():
    found = optimise(rosenbrock, STARTS, optimiser=LevenbergMarquardt(ridge=1e-9), steps=60)
    np.testing.assert_allclose(found.theta, 1.0, atol=1e-5)
    assert set(found.statuses) <= {"converged", "stalled"}


def test_adam_follows_the_valley():
    found = optimise(rosenbrock, STARTS, optimiser=optax.adam(0.05), steps=3000)
    np.testing.assert_allclose(found.theta, 1.0, atol=0.1)
    assert found.history.shape == (8, 3000)
    assert np.all(np.diff(found.history, axis=1) <= 0)


@pytest.mark.parametrize("optimiser", [LevenbergMarquardt(), optax.adam(0.02)])
def test_starts_that_are_not_finite_are_dropped_and_counted(optimiser):
    starts = STARTS.at[:3, 0].set(-1.5).at[3:, 0].set(0.5)
    found = optimise(walled, starts, optimiser=optimiser, steps=20)
    assert found.dropped == 3
    assert np.all(np.isinf(found.loss[:3])) and np.all(np.isfinite(found.loss[3:]))


@pytest.mark.parametrize("optimiser", [LevenbergMarquardt(), optax.adam(0.02)])
def test_interrupted_and_resumed_is_the_same_as_never_interrupted(tmp_path, optimiser):
    whole = optimise(rosenbrock, STARTS, optimiser=optimiser, steps=9, chunk=3)

    def stop(done, loss):
        if done == 6:
            raise KeyboardInterrupt

    file = tmp_path / "fit.npz"
    part = optimise(rosenbrock, STARTS, optimiser=optimiser, steps=9, chunk=3, progress=stop, checkpoint=file)
    assert "interrupted" in part.statuses and np.isfinite(part.loss).all() and np.isnan(part.history[:, 6:]).all()
    again = optimise(rosenbrock, STARTS, optimiser=optimiser, steps=9, chunk=3, checkpoint=file, resume=True)
    np.testing.assert_array_equal(again.theta, whole.theta)
    np.testing.assert_array_equal(again.history, whole.history)


def test_a_checkpoint_of_another_problem_is_refused(tmp_path):
    file = tmp_path / "fit.npz"
    optimise(rosenbrock, STARTS, optimiser=LevenbergMarquardt(), steps=1, checkpoint=file)
    with pytest.raises(ValueError, match="another problem"):
        optimise(rosenbrock, STARTS[:4], optimiser=LevenbergMarquardt(), steps=2, checkpoint=file, resume=True)
    file.write_bytes(b"PK\x03\x04 truncated")
    with pytest.raises(ValueError, match="not a checkpoint"):
        optimise(rosenbrock, STARTS, optimiser=LevenbergMarquardt(), steps=2, checkpoint=file, resume=True)


@pytest.mark.parametrize("optimiser", [LevenbergMarquardt(), DifferentialEvolution(popsize=8), optax.adam(0.02)])
def test_a_second_look_does_not_compile_again(optimiser):
    traced = []

    def residuals(x):
        traced.append(1)
        return rosenbrock(x)

    counts = []
    count = lambda steps, loss: counts.append(len(traced))
    optimise(residuals, STARTS[:2], optimiser=optimiser, steps=4, chunk=1, progress=count)
    assert counts == counts[:1] * 4


def test_another_target_of_the_same_shape_does_not_compile_again():
    traced = []

    def toward(target, x):
        traced.append(1)
        return x - target

    for target in (jnp.zeros(2), jnp.ones(2)):
        of = jax.tree_util.Partial(toward, target)
        found = optimise(of, STARTS, optimiser=LevenbergMarquardt(), steps=5)
        np.testing.assert_allclose(found.theta, jnp.broadcast_to(target, (8, 2)), atol=1e-2)
    first = len(traced)
    optimise(jax.tree_util.Partial(toward, jnp.full(2, 3.0)), STARTS, optimiser=LevenbergMarquardt(), steps=5)
    assert len(traced) == first
