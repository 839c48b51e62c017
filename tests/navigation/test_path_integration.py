"""Path integrators: patterns, training at tiny size, resumption, decoding, bad input."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro.cli import main
from jaxneuro.learn import Trained
from jaxneuro.navigation import path_integration as pi
from jaxneuro.navigation import scores, torus
from jaxneuro.navigation.path_integration import training

KEY = jax.random.key(0)
TINY = {"units": 12, "place_cells": 16, "batch": 8, "steps": 4}


@pytest.fixture(scope="module")
def recipe() -> pi.Recipe:
    return pi.sorscher(arena=torus(1.0), memory=1.0, learning_rate=1e-2, **TINY)


@pytest.fixture(scope="module")
def trained(recipe: pi.Recipe) -> Trained:
    return pi.train(recipe, jax.random.split(KEY, 2), 20, chunk=10)


def test_only_a_surround_and_a_non_negative_code_make_grids():
    pairs = [(target, nonlinearity) for target in ("difference", "gaussian") for nonlinearity in ("relu", "tanh")]
    maps = jnp.stack([pi.pattern_formation(KEY, *pair, bins=32, steps=500) for pair in pairs])
    above = dict(zip(pairs, map(float, scores.fraction_above(scores.gridness(maps), 0.37)), strict=True))
    grids = above.pop(("difference", "relu"))
    assert grids > 0.4 and max(above.values()) < grids / 2
    with pytest.raises(ValueError, match="targets are difference, gaussian"):
        pi.pattern_formation(KEY, "sinc")


def test_training_lowers_the_loss_of_every_seed_which_each_differ(trained: Trained):
    assert trained.status == "finished" and trained.history[-1]["updates"] == 20
    first, last = (np.array(trained.history[row]["loss"]) for row in (0, -1))
    assert first.shape == (2,) and np.all(last < first) and last[0] != last[1]


@pytest.mark.slow
def test_a_resumed_training_is_the_same_to_the_bit(recipe: pi.Recipe, trained: Trained, tmp_path: Path):
    keys = jax.random.split(KEY, 2)
    pi.train(recipe, keys, 10, chunk=10, checkpoint=tmp_path / "run")
    resumed = pi.train(recipe, keys, 20, chunk=10, checkpoint=tmp_path / "run", resume=True)
    for a, b in zip(jax.tree.leaves(resumed.state.parameters), jax.tree.leaves(trained.state.parameters), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="another problem"):
        pi.train(recipe.replace(units=13), keys, 20, checkpoint=tmp_path / "run", resume=True)
    with pytest.raises(ValueError, match="another recipe"):
        pi.train(recipe.replace(learning_rate=0.02), keys, 20, checkpoint=tmp_path / "run", resume=True)
    with pytest.raises(ValueError, match="another key"):
        pi.train(recipe, keys[::-1], 20, checkpoint=tmp_path / "run", resume=True)
    with pytest.raises(ValueError, match="resume=True goes on with it"):
        pi.train(recipe, keys, 20, checkpoint=tmp_path / "run")
    with pytest.raises(ValueError, match="without a checkpoint"):
        pi.train(recipe, keys, 20, resume=True)


def test_ctrl_c_keeps_the_last_chunk(recipe: pi.Recipe, trained: Trained, monkeypatch: pytest.MonkeyPatch):
    whole = training.updates_of

    def interrupted(recipe: pi.Recipe, state: pi.Training, count: int):
        if int(np.max(state.update)) == 10:
            raise KeyboardInterrupt
        return whole(recipe, state, count)

    monkeypatch.setattr(training, "updates_of", interrupted)
    stopped = pi.train(recipe, jax.random.split(KEY, 2), 20, chunk=10)
    assert stopped.status == "interrupted" and len(stopped.history) == 1


def test_a_place_is_decoded_from_its_own_code():
    arena = torus(1.0)
    cells, _ = pi.targets(pi.sorscher(arena=arena, place_cells=400, width=0.05), KEY)
    position = arena.sample(KEY, (50,))

    @jax.jit
    def off(position: jax.Array) -> list[jax.Array]:
        code = jnp.log(cells(position))
        return [pi.distance(arena, pi.decode(code, cells, arena, best), position).mean() for best in (3, 1)]

    assert np.all(np.array(off(position)) < [0.05, 0.06])
    code = np.random.default_rng(0).normal(size=(300, 5))
    places = code[:, :2] @ np.array([[1.0, 0.5], [0.0, 2.0]]) + 3.0
    np.testing.assert_allclose(jax.jit(lambda c, p: pi.read(pi.ridge(c, p, 1e-9), c))(code, places), places, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("build", [pi.sorscher_spiking, pi.banino])
def test_spiking_cells_and_the_lstm_have_derivatives(build):
    recipe = build(**TINY) if build is pi.sorscher_spiking else build(linear=6, substeps=2, **TINY)
    state = pi.begin(recipe, KEY)
    after, losses = training.updates_of(recipe, state, 2)
    assert np.isfinite(losses).all()
    moved = jax.tree.map(lambda a, b: bool(jnp.any(a != b)), state.parameters, after.parameters)
    assert all(jax.tree.leaves(moved))


@pytest.fixture(scope="module")
def held() -> jax.Array:
    """Traces of untrained spiking units along paths without movement (time, batch, unit)."""
    recipe = pi.sorscher_spiking(arena=torus(2.2), units=64, batch=50)

    def run(key: jax.Array) -> jax.Array:
        state = pi.begin(recipe, key)
        batch = pi.paths(recipe, state.cells, key)
        return pi.answer(recipe, state.parameters, batch.replace(moves=0 * batch.moves)).code

    return jax.jit(run)(KEY)


def test_untrained_spiking_units_hold_the_place_where_they_start(held: jax.Array):
    nearest = jnp.argmin(jnp.sum((held[-1][:, None] - held[0]) ** 2, -1), -1)
    assert np.mean(nearest == np.arange(len(nearest))) > 0.8


def test_spiking_units_send_spikes(held: jax.Array):
    network = pi.LIFNetwork
    keep = np.exp(-network.DT / network.TRACE)
    sent = (held[1:] - keep**network.TICKS * held[:-1]) / (
        1 - keep
    )  # in a step of two ticks, the first spike decays by one
    assert np.min(np.abs(np.asarray(sent)[..., None] - [0, 1, keep, 1 + keep]), -1).max() < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("scaled", [False, True])
def test_spiking_units_learn_to_integrate_sooner_than_relu_ones(scaled: bool):
    with jax.enable_x64(False):
        recipe, key = pi.sorscher_spiking(arena=torus(2.2)), jax.random.key(5)
        spiking = pi.evaluate(recipe, pi.train(recipe, key, 600).state, KEY, count=300, shuffles=2)
        assert spiking.error[-1] < 0.25 and spiking.error[-1] < spiking.error_blind[-1] / 1.7
        recipe = recipe.replace(network="relu", memory=1.0, scaled=scaled)
        relu = pi.evaluate(recipe, pi.train(recipe, key, 600).state, KEY, count=300, shuffles=2)
        assert spiking.error[-1] < relu.error[-1] * (1.2 if scaled else 0.6)


def test_the_released_code_differs_from_the_paper_as_it_says():
    paper, code = pi.banino(), pi.banino(released_code=True)
    assert (paper.linear, paper.linear_bias, paper.clip_heads_only) == (512, True, True)
    assert (code.linear, code.linear_bias, code.clip_heads_only, code.weight_decay) == (256, False, False, 0.0)


@pytest.mark.parametrize(
    "change",
    [{"units": 0}, {"place_cells": 2}, {"network": "gru"}, {"dropout": 1.0}, {"optimiser": "sgd"}, {"dt": 0.0},
     {"heading_cells": 4}, {"learning_rate": float("nan")}],
)  # fmt: skip
def test_a_recipe_that_cannot_be_is_refused(recipe: pi.Recipe, change: dict):
    with pytest.raises(ValueError, match=str(next(iter(change)))):
        pi.train(recipe.replace(**change), KEY, 1)


@pytest.mark.slow
def test_an_evaluation_has_a_row_for_each_seed(recipe: pi.Recipe, trained: Trained):
    found = pi.evaluate(recipe, trained.state, KEY, count=100, bins=18, shuffles=3)
    assert found.error.shape == (2, 4) and found.maps.shape == (2, 12, 18, 18) and found.shuffled.shape == (2, 3, 12)
    assert np.isfinite(found.error).all() and found.thresholds.shape == (2, 12)


@pytest.mark.slow
def test_the_command_trains_resumes_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture):
    pytest.importorskip("matplotlib")
    out = tmp_path / "cells"
    words = ["grid-cells", "--units", "6", "--out", str(out)]
    assert main([*words, "--steps", "2"]) == 0
    said = capsys.readouterr().out
    assert all(f"{null}_above_0.37" in said for null in ("shuffles", "isotropic")) and "isotropic_above_shuffle" in said
    assert (out / "grid-cells.png").read_bytes().startswith(b"\x89PNG")
    assert main([*words, "--steps", "3"]) == 2 and "--resume" in capsys.readouterr().err
    assert main([*words, "--steps", "4", "--resume"]) == 0
    report = json.loads((out / "grid-cells.json").read_text())
    assert report["updates"] == 4 and {"trained", "untrained", "low-pass noise"} <= set(report)
    assert main(["grid-cells", "--units", "7", "--out", str(out), "--resume"]) == 2
    assert "another problem" in capsys.readouterr().err


def test_the_command_refuses_what_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert main(["grid-cells", "--units", "0", "--out", str(tmp_path / "a")]) == 2
    assert "--units 0" in capsys.readouterr().err
