"""The engine: every optimiser finds a known minimum from many starts, survives bad ones, stops and goes on."""

import errno
import os
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxneuro as jn
from jaxneuro.files import NotKept
from jaxneuro.fitting import DifferentialEvolution, LevenbergMarquardt, optimise
from jaxneuro.pytree import Pytree

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
        (dict(starts=STARTS[:4]), "belongs to another problem"),
        (dict(residuals=walled), "another residuals"),
        (dict(residuals=lambda x: rosenbrock(x) + 1.0), "another residuals"),
        (dict(optimiser=LevenbergMarquardt(ridge=1e-9)), "another optimiser"),
        (dict(optimiser=optax.adam(0.02)), "another optimiser"),
        (dict(key=jax.random.key(7)), "another key"),
    ],
)
def test_a_checkpoint_of_another_problem_is_refused(tmp_path, change, message):
    file = tmp_path / "fit.npz"
    minimise(file, steps=1)
    with pytest.raises(ValueError, match=message):
        minimise(file, resume=True, **change)


def test_a_checkpoint_knows_the_data(tmp_path):
    file, toward = tmp_path / "fit.npz", Toward(jnp.ones(2))
    minimise(file, toward, steps=1)
    minimise(file, Toward(jnp.ones(2)), steps=1, resume=True)
    with pytest.raises(ValueError, match="another data"):
        minimise(file, Toward(jnp.array([1.0, 1.001])), resume=True)


def test_a_checkpoint_that_is_there_is_not_overwritten(tmp_path):
    file = tmp_path / "fit.npz"
    minimise(file, steps=1)
    before = file.read_bytes()
    with pytest.raises(ValueError, match="holds an optimisation: resume=True goes on with it; name another file"):
        minimise(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: {"leaf0": np.where(kept["leaf0"] > 0, np.nan, kept["leaf0"])},
        lambda kept: {"leaf0": kept["leaf0"] + 1j},
        lambda kept: {"leaf0": kept["leaf0"].astype(int)},
        lambda kept: {"history": kept["history"][:3]},
        lambda kept: {"history": kept["history"] + 0j},
        lambda kept: {"problem": np.asarray("{")},
        lambda kept: {"leaf1": np.zeros(3)},
    ],
)
def test_a_damaged_checkpoint_is_refused(tmp_path, damage):
    file = tmp_path / "fit.npz"
    minimise(file, steps=1)
    with np.load(file) as read:
        kept = dict(read)
    np.savez(file, **kept | damage(kept))
    with pytest.raises(ValueError, match=r"fit\.npz"):
        minimise(file, resume=True)
    file.write_bytes(b"PK\x03\x04 truncated")
    with pytest.raises(ValueError, match="not a checkpoint"):
        minimise(file, resume=True)


def test_one_without_a_fingerprint_is_taken_with_a_warning(tmp_path):
    file = tmp_path / "fit.npz"
    minimise(file, steps=1)
    with np.load(file) as read:
        np.savez(file, **{name: array for name, array in read.items() if name != "problem"})
    with pytest.warns(UserWarning, match="does not say of which problem"):
        minimise(file, resume=True)


def test_what_cannot_be_kept_is_not_lost(tmp_path, monkeypatch):
    """A full disk, from the second look on."""
    whole, looks, real = minimise(None, steps=6, chunk=2), [], os.fsync

    def full(number):
        looks.append(number)
        if len(looks) > 2:  # the file and the folder of the first
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.warns(NotKept, match="No space left on device"):
        reached = minimise(tmp_path / "fit.npz", steps=6, chunk=2)
    np.testing.assert_array_equal(reached.theta, whole.theta)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["fit.npz"]  # of the first look, and whole
    again = minimise(tmp_path / "fit.npz", steps=6, chunk=2, resume=True)
    np.testing.assert_array_equal(again.theta, whole.theta)


def test_a_fit_finds_what_is_there_before_anything_is_computed(tmp_path):
    minimise(tmp_path / "fit.npz", steps=1)
    (tmp_path / "file").write_text("")
    for file, error, message in (
        ("fit.npz", ValueError, "holds an optimisation"),
        ("file/a.npz", OSError, "name another"),
    ):
        with pytest.raises(error, match=message):
            jn.fit(jn.cells.adapting(), [], free={}, key=jax.random.key(0), checkpoint=tmp_path / file)


def test_a_history_that_no_memory_holds_is_refused():
    with pytest.raises(ValueError, match="steps = 1000000000 of 8 starts are more than 500000000 losses"):
        minimise(None, steps=1_000_000_000)


ENDLESS = """
import sys, jax.numpy as jnp
from jaxneuro.fitting.levenberg_marquardt import LevenbergMarquardt
from jaxneuro.fitting.optimise import optimise
optimise(lambda x: jnp.stack([10.0 * (x[1] - x[0] ** 2), 1.0 - x[0]]) + 1.0, jnp.linspace(-1.0, 1.0, 40_000).reshape(-1, 2),
         optimiser=LevenbergMarquardt(tolerance=0.0, stall=jnp.inf), steps=9999, chunk=1, checkpoint=sys.argv[1],
         progress=lambda done, loss: print(done, flush=True), resume=True)
"""


@pytest.mark.slow
def test_a_process_killed_while_it_writes_leaves_a_whole_checkpoint(tmp_path):
    """Four times over, each going on where the last was killed; two at once do not meet."""
    file, reached = tmp_path / "fit.npz", 0
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
        with np.load(file) as kept:
            assert kept["history"].shape[1] >= reached and np.isfinite(kept["leaf0"]).all()


def test_a_folder_that_cannot_be_made_is_found_before_anything_is_computed(tmp_path):
    (tmp_path / "file").write_text("")

    def never(x):
        raise AssertionError("computed")

    with pytest.raises(OSError, match=r"nothing can be written into .*file.*name another folder"):
        minimise(tmp_path / "file" / "fit.npz", never)


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
