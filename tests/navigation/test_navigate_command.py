"""`jaxneuro navigate` and the figures of paths."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro.cli import main
from jaxneuro.navigation import environments
from jaxneuro.navigation.agent import Episodes


def test_options_that_cannot_be_are_named(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert main(["navigate", "--steps", "0"]) == 2
    assert "--steps 0" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["navigate", "--out", str(tmp_path / "file")]) == 2
    assert "is a file" in capsys.readouterr().err
    (tmp_path / "run" / "checkpoint").mkdir(parents=True)
    assert main(["navigate", "--out", str(tmp_path / "run")]) == 2
    assert "--resume" in capsys.readouterr().err


def test_a_path_is_drawn_in_its_arena():
    pytest.importorskip("matplotlib").use("Agg")
    from jaxneuro.plot import episode

    arena = environments.goal_maze(2, 2).default_params.arena
    one = lambda x: jnp.asarray(x)[:, None]
    position = np.linspace([0.1, 0.1], [1.0, 0.3], 6)
    hit = np.array([0, 0, 1, 0, 0, 1], bool)
    walked = Episodes(one(position), one(hit), jnp.array([[1.0, 0.3]]), jnp.zeros((6, 1, 4), bool),
                      one([0, 0, 0, 1, 1, 1]), one(hit), one(position), one(hit), jnp.array([20.0]))  # fmt: skip
    ax = episode(walked, arena, fake=(0.3, 0.3))
    assert ax.get_title("left") == "2 visits" and len(ax.patches) == 2
    with pytest.raises(IndexError, match="episode 1: there are 1"):
        episode(walked, arena, 1)


def test_gymnasium_runs_it():
    gymnasium = pytest.importorskip("gymnasium")
    one = environments.to_gymnasium(environments.open_arena(rays=3, action_repeat=1))
    assert isinstance(one, gymnasium.Env)
    observation, _ = one.reset(seed=3)
    assert one.observation_space.contains(observation)
    assert np.array_equal(one.reset(seed=3)[0], observation)
    moved, reward, terminated, truncated, _ = one.step(0)
    assert moved.shape == observation.shape and reward in (0.0, 10.0) and not (terminated or truncated)
    with pytest.raises(ValueError, match="action = 6"):
        one.step(6)


@pytest.mark.slow
def test_an_agent_is_trained_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture):
    with jax.enable_x64(False):
        words = ["navigate", "--units", "16", "--out", str(tmp_path)]
        assert main([*words, "--steps", "25600"]) == 0
        assert main([*words, "--steps", "51200", "--resume"]) == 0
    assert "visits without the goal code" in capsys.readouterr().out
    report = json.loads((tmp_path / "navigate.json").read_text())
    assert [row["steps"] for row in report["history"]] == [25600, 51200]
    assert (tmp_path / "navigate.png").stat().st_size > 10_000
