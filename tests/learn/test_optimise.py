"""The engine: every optimiser finds a known minimum from many starts, survives bad ones, stops and goes on."""

import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optimistix as optx
import pytest

import jaxneuro as jn
from jaxneuro.learn import CMAES, DifferentialEvolution, LevenbergMarquardt, keeping
from jaxneuro.pytree import Pytree

STARTS = jax.random.uniform(jax.random.key(3), (8, 2), minval=-2.0, maxval=2.0)


def optimise(residuals, starts, checkpoint=None, resume=False, **options):
    """In silence, and kept in a folder."""
    with keeping(checkpoint, resume) as kept:
        return jn.learn.optimise(residuals, starts, checkpoint=kept, **{"progress": None} | options)


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

    def stop(row):
        if row["steps"] == 6:
            raise KeyboardInterrupt

    file = tmp_path / "fit"
    part = optimise(rosenbrock, STARTS, optimiser=optimiser, steps=9, chunk=3, progress=stop, checkpoint=file)
    assert "interrupted" in part.statuses and np.isfinite(part.loss).all() and np.isnan(part.history[:, 6:]).all()
    again = optimise(rosenbrock, STARTS, optimiser=optimiser, steps=9, chunk=3, checkpoint=file, resume=True)
    np.testing.assert_array_equal(again.theta, whole.theta)
    np.testing.assert_array_equal(again.history, whole.history)


def minimise(file, residuals=rosenbrock, starts=STARTS, **options):
    options = {"optimiser": LevenbergMarquardt(), "steps": 2, "checkpoint": file} | options
    return optimise(residuals, starts, **options)


class Toward(Pytree):
    target: jax.Array

    def __call__(self, x):
        return x - self.target


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(starts=STARTS[:4]), "belongs to another problem, whose state.method.best.theta is"),
        (dict(starts=STARTS + 0.01), "belongs to another problem, which began from other starts"),
        (dict(residuals=walled), "another residuals"),
        (dict(residuals=lambda x: rosenbrock(x) + 1.0), "another residuals"),
        (dict(optimiser=LevenbergMarquardt(ridge=1e-9)), "another optimiser"),
        (dict(optimiser=optax.adam(0.02)), "another optimiser"),
        (dict(key=jax.random.key(7)), "another key"),
    ],
)
def test_a_checkpoint_of_another_problem_is_refused(tmp_path, change, message):
    file = tmp_path / "fit"
    minimise(file, steps=1)
    with pytest.raises(ValueError, match=message):
        minimise(file, resume=True, **change)


def test_a_checkpoint_knows_the_data(tmp_path):
    file, toward = tmp_path / "fit", Toward(jnp.ones(2))
    minimise(file, toward, steps=1)
    minimise(file, Toward(jnp.ones(2)), steps=1, resume=True)
    with pytest.raises(ValueError, match="another data"):
        minimise(file, Toward(jnp.array([1.0, 1.001])), resume=True)


def test_starts_that_another_machine_computes_are_the_same(tmp_path):
    whole = minimise(None, steps=2)
    minimise(tmp_path / "fit", steps=1)
    np.testing.assert_array_equal(
        minimise(tmp_path / "fit", starts=STARTS * (1 + 1e-7), resume=True).theta, whole.theta
    )


def test_a_fit_finds_what_is_there_before_anything_is_computed(tmp_path):
    minimise(tmp_path / "fit", steps=1)
    (tmp_path / "file").write_text("")
    for file, error, message in (
        ("fit", ValueError, "holds a training: resume=True"),
        ("file", ValueError, "is a file, as older versions kept"),
        ("file/a", OSError, "name another"),
    ):
        with pytest.raises(error, match=message):
            jn.fit(jn.cells.adapting(), [], free={}, key=jax.random.key(0), checkpoint=tmp_path / file)


def test_a_history_that_no_memory_holds_is_refused():
    with pytest.raises(ValueError, match="steps = 1000000000 of 8 starts are more than 500000000 losses"):
        minimise(None, steps=1_000_000_000)


ENDLESS = """
import sys, jax.numpy as jnp
from jaxneuro.learn import LevenbergMarquardt, keeping, optimise
with keeping(sys.argv[1], True) as kept:
    optimise(lambda x: jnp.stack([10.0 * (x[1] - x[0] ** 2), 1.0 - x[0]]) + 1.0, jnp.linspace(-1.0, 1.0, 40_000).reshape(-1, 2),
         optimiser=LevenbergMarquardt(tolerance=0.0, stall=jnp.inf), steps=9999, chunk=1, checkpoint=kept,
         progress=lambda row: print(row["steps"], flush=True))
"""


@pytest.mark.slow
def test_a_process_killed_while_it_writes_leaves_a_whole_checkpoint(tmp_path):
    """Four times over, each going on where the last was killed; two at once do not meet."""
    file, reached = tmp_path / "fit", 0
    words = [sys.executable, "-c", ENDLESS, str(file)]
    for more in (3, 5, 2, 4):
        run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = int(run.stdout.readline())
        assert first >= reached  # it may have been killed between a checkpoint and its word
        second = subprocess.run(words, capture_output=True, text=True, timeout=120) if more == 2 else None
        assert second is None or f"is being written by process {run.pid}" in second.stderr
        for _ in range(more):
            reached = int(run.stdout.readline())
        time.sleep(0.003 * more)
        run.kill()
        run.communicate()


SEARCHES = [CMAES(16, 0.5), DifferentialEvolution(30)]
SOLVERS = [
    optx.LevenbergMarquardt(1e-8, 1e-8),
    optx.Dogleg(1e-8, 1e-8),
    optx.BFGS(1e-8, 1e-8),
    optx.NelderMead(1e-6, 1e-6),
]


@pytest.mark.parametrize(
    "optimiser", [*SEARCHES, *SOLVERS, optax.lbfgs()], ids=lambda optimiser: type(optimiser).__name__
)
def test_others_find_a_minimum_and_resume(tmp_path, optimiser):
    def valley(x):
        return jnp.stack([3.0 * (x[1] - x[0] ** 2), 1.0 - x[0]])

    starts, steps = jnp.array([[-1.0, 1.5], [0.5, -0.5]]), 100
    whole = optimise(valley, starts, optimiser=optimiser, steps=steps, chunk=10)
    np.testing.assert_allclose(whole.theta, 1.0, atol=0.05)
    assert whole.statuses == ["converged" if optimiser in SOLVERS else "finished"] * 2
    optimise(valley, starts, optimiser=optimiser, steps=20, chunk=10, checkpoint=tmp_path / "fit")
    again = optimise(valley, starts, optimiser=optimiser, steps=steps, checkpoint=tmp_path / "fit", resume=True)
    np.testing.assert_array_equal(again.theta, whole.theta)


def generations_of_cmaes(loss, start, popsize, sigma, tolerance, seed):
    """How many the package `cmaes` takes."""
    search = pytest.importorskip("cmaes").CMA(mean=start, sigma=sigma, population_size=popsize, seed=seed)
    for generation in range(1, 400):
        asked = np.stack([search.ask() for _ in range(popsize)])
        losses = np.asarray(loss(asked))
        if losses.min() < tolerance:
            return generation
        search.tell(list(zip(asked, losses, strict=True)))
    return np.inf


def test_covariance_adaptation_is_as_quick_as_that_of_cmaes():
    """On an ellipsoid whose axes are a thousandfold apart, which only the right covariance finds."""
    scale, start, seeds = 10.0 ** jnp.linspace(0.0, 3.0, 5), jnp.full(5, 0.5), 12
    found = optimise(lambda x: scale * x, jnp.tile(start, (seeds, 1)), optimiser=CMAES(12, 0.5), steps=250)
    ours = np.argmax(found.history < 1e-8, axis=1) + 1
    loss = jax.jit(jax.vmap(lambda x: 0.5 * jnp.sum((scale * x) ** 2)))
    theirs = [generations_of_cmaes(loss, np.asarray(start), 12, 0.5, 1e-8, seed) for seed in range(seeds)]
    assert abs(np.mean(ours) / np.mean(theirs) - 1) < 0.1


def test_covariance_adaptation_stays_within_its_limit():
    found = optimise(lambda x: x - 9.0, jnp.zeros((2, 3)), optimiser=CMAES(12, 0.5, limit=2.0), steps=60)
    assert np.all((found.theta <= 2.0) & (found.theta > 1.8))  # the corner


def test_what_is_no_optimiser_is_refused():
    with pytest.raises(TypeError, match="optimiser = 'adam': must be LevenbergMarquardt"):
        minimise(None, optimiser="adam")


@pytest.mark.parametrize("optimiser", [LevenbergMarquardt(), DifferentialEvolution(popsize=8), optax.adam(0.02)])
def test_a_second_look_does_not_compile_again(optimiser):
    traced = []

    def residuals(x):
        traced.append(1)
        return rosenbrock(x)

    counts = []
    count = lambda row: counts.append(len(traced))
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


def test_a_search_that_finds_nothing_finite_is_dropped():
    found = optimise(lambda x: x * jnp.nan, STARTS, optimiser=CMAES(popsize=8), steps=4, progress=None)
    assert found.statuses == ["dropped"] * len(STARTS) and found.dropped == len(STARTS)


@pytest.mark.parametrize("shape", [(), (2, 1)])
def test_residuals_that_are_no_vector_are_refused(shape):
    cost = lambda x: jnp.broadcast_to(jnp.sum(x**2), shape)
    with pytest.raises(ValueError, match="LevenbergMarquardt wants a vector"):
        optimise(cost, STARTS, optimiser=LevenbergMarquardt(), steps=4, progress=None)


def test_what_no_search_can_be_made_of_is_refused():
    with pytest.raises(ValueError, match="popsize = 1: give CMAES at least 4"):
        minimise(None, optimiser=CMAES(popsize=1))
    with pytest.raises(TypeError, match="must be LevenbergMarquardt"):
        minimise(None, optimiser=CMAES)
