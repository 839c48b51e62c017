"""Tasks: walls hold, the goal pays, doors close, episodes begin anew, a mistake is named."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro.navigation import environments, square, torus

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def doors() -> environments.NavigationEnvironment:
    return environments.goal_doors(2, 2, goal_radius=0.3, max_steps_in_episode=30, action_repeat=2, rays=5)


@pytest.fixture(scope="module")
def lived(doors: environments.NavigationEnvironment) -> tuple:
    """Eight animals, 80 random actions: states before them, and what `step` returned."""

    @jax.jit
    def live(keys: jax.Array) -> tuple:
        begin = jax.vmap(doors.reset)(keys)

        def step(now: tuple, key: jax.Array) -> tuple:
            action = jax.random.categorical(key, jnp.log(jnp.array([3.0, 1, 1, 1, 1, 1])), shape=(8,))
            observation, state, *rest = jax.vmap(doors.step)(jax.random.split(key, 8), now[1], action)
            return (observation, state), (now[1], observation, state, *rest)

        return jax.lax.scan(step, begin, jax.random.split(KEY, 80))[1]

    return live(jax.random.split(KEY, 8))


def test_observations_are_of_the_space_and_finite(doors: environments.NavigationEnvironment, lived: tuple):
    observation = lived[1]
    space = doors.observation_space()
    assert observation.shape[2:] == space.shape == (5 * 4 + 3,)
    assert bool(space.contains(observation))
    assert doors.action_space().n == doors.num_actions == len(environments.ACTIONS)


def test_no_step_crosses_a_wall(doors: environments.NavigationEnvironment, lived: tuple):
    before, after, info = lived[0], lived[2], lived[-1]
    arena = doors.default_params.arena
    assert bool(arena.inside(after.position).all())
    # frames are short against the rooms: a way through a shut door would show in the straight line of a step
    seen = jax.vmap(jax.vmap(lambda shut, a, b: arena.with_doors(shut=shut).visible(a, b)))
    assert np.mean(seen(before.shut, before.position, info["arrived"])) > 0.995


def test_a_visit_pays_moves_the_animal_and_changes_doors(doors: environments.NavigationEnvironment, lived: tuple):
    before, _, after, reward, terminated, truncated, info = lived
    hit = np.asarray(info["hit"])
    assert hit.any() and not np.asarray(terminated).any()
    np.testing.assert_allclose(reward, 10.0 * hit)
    at = np.linalg.norm(info["arrived"] - before.goal, axis=-1)
    assert (at[hit] < 0.3).all() and (at[~hit] >= 0.3).all()
    goes_on = hit & ~np.asarray(truncated)
    assert np.median(np.linalg.norm(after.position - info["arrived"], axis=-1)[goes_on]) > 0.2
    np.testing.assert_array_equal(np.asarray(after.hits - before.hits)[goes_on], 1)
    np.testing.assert_array_equal(after.goal[goes_on], before.goal[goes_on])
    assert (np.asarray(after.shut) != np.asarray(before.shut)).any(-1)[goes_on].any()
    same = ~hit & ~np.asarray(truncated)
    np.testing.assert_array_equal(after.shut[same], before.shut[same])


def test_an_episode_ends_in_time_and_another_begins(lived: tuple):
    before, _, after, _, _, truncated, info = lived
    np.testing.assert_array_equal(truncated, np.asarray(before.time) == 29)
    ended = np.asarray(truncated)
    assert ended.sum() == 2 * 8
    assert not np.asarray(after.time)[ended].any() and not np.asarray(after.hits)[ended].any()
    assert (np.asarray(after.colours) != np.asarray(before.colours)).all((2, 3))[ended].all()
    assert np.isfinite(info["final_observation"]).all()


def test_self_motion_adds_up_to_the_way(lived: tuple):
    before, info = lived[0], lived[-1]
    forward, left, _ = np.moveaxis(np.asarray(info["motion"]), -1, 0) * 0.5 * 0.05 * 2  # speed, frame, frames
    c, s = np.cos(before.heading), np.sin(before.heading)
    way = np.stack([c * forward - s * left, s * forward + c * left], -1)
    np.testing.assert_allclose(before.position + way, info["arrived"], atol=1e-6)


def test_every_room_is_reached_from_every_other():
    arena = environments.goal_maze(3, 4).default_params
    from jaxneuro.navigation.environments.layouts import edges

    for shut in np.asarray(arena.before)[:50]:
        reached = {0}
        for _ in range(12):
            reached |= {
                b for pair, closed in zip(edges(3, 4), shut, strict=True) if not closed
                for a, b in (pair, pair[::-1]) if a in reached
            }  # fmt: skip
        assert len(reached) == 12


@pytest.mark.parametrize("maze", [environments.sunburst, environments.double_e])
def test_only_the_longest_way_is_open_until_the_goal_is_found(maze):
    short = maze()
    probe, training = short.probe.default_params, short.training.default_params
    assert not np.asarray(probe.after).any() and np.asarray(probe.before)[0].sum() == probe.before.shape[1] - (
        1 if maze is environments.sunburst else 2
    )
    assert training.redraw and not np.asarray(training.before[:, :2] == 0).all()
    if maze is environments.double_e:
        assert np.asarray(training.before)[:, :2].all()  # the shortest ways are never open in training
        assert len(training.starts) == 3 and len(probe.starts) == 1


def test_in_a_periodic_arena_without_walls_ways_lead_over_its_edge_and_nothing_is_seen():
    task = environments.task("torus", torus(1.0), [0.1, 0.5], [0.9, 0.5], speed=1.0, goal_radius=0.1, action_repeat=3)
    _, state = task.reset(KEY)
    observation, after, _, _, _, info = task.step(KEY, state.replace(heading=jnp.zeros(())), 0)
    assert bool(info["hit"]) and int(after.hits) == 1  # 0.15 m to the right, over the edge
    np.testing.assert_allclose(after.motion, [2 / 3, 0.0, 0.0], atol=1e-6)  # there after two of three frames
    np.testing.assert_allclose(observation[:-3], 0.0)


def test_the_adapter_is_what_gymnasium_takes():
    gymnasium = pytest.importorskip("gymnasium")
    from gymnasium.utils.env_checker import check_env

    adapted = environments.to_gymnasium(environments.open_arena(rays=2, action_repeat=1))
    with pytest.raises(gymnasium.error.ResetNeeded):
        adapted.step(0)
    check_env(adapted, skip_render_check=True)
    with pytest.raises(ValueError, match=r"action = 1\.5"):
        adapted.step(1.5)


def test_a_goal_must_be_inside_and_off_the_walls():
    arena = square(1.0).with_walls([[[0.5, 0.0], [0.5, 0.6]]])
    with pytest.raises(ValueError, match=r"goals.*\[1.5, 0.5\].*outside"):
        environments.task("mine", arena, [[1.5, 0.5]], [[0.2, 0.2]])
    with pytest.raises(ValueError, match=r"goals.*\[0.5, 0.3\].*in a wall"):
        environments.task("mine", arena, [[0.5, 0.3]], [[0.2, 0.2]])
    with pytest.raises(ValueError, match=r"starts.*finite"):
        environments.task("mine", arena, [[0.7, 0.3]], [[np.nan, 0.2]])
    with pytest.raises(ValueError, match=r"spread.*outside"):
        environments.task("mine", arena, [[0.7, 0.3]], [[0.2, 0.2]], start_spread=0.3)
    with pytest.raises(ValueError, match=r"before has shape.*0 doors"):
        environments.task("mine", arena, [[0.7, 0.3]], [[0.2, 0.2]], before=[[True]])
    with pytest.raises(ValueError, match=r"goals have shape \(1, 3\)"):
        environments.task("mine", arena, [0.7, 0.3, 0.1], [[0.2, 0.2]])
    with pytest.raises(ValueError, match="openness = 2"):
        environments.goal_maze(openness=2)
    with pytest.raises(ValueError, match=r"rays = 2.5"):
        environments.open_arena(rays=2.5)
    with pytest.raises(ValueError, match="rays = 0"):
        environments.open_arena(rays=0)
    with pytest.raises(ValueError, match=r"margin = 1\.0"):
        environments.open_arena(margin=1.0)


def test_an_action_out_of_range_is_refused_or_flagged(doors: environments.NavigationEnvironment, lived: tuple):
    state = jax.tree.map(lambda x: x[3, 0], lived[0])
    with pytest.raises(ValueError, match=r"action = 6.*0 forward"):
        doors.step(KEY, state, jnp.array(6))
    with pytest.raises(ValueError, match=r"action = 0\.5"):
        doors.step(KEY, state, jnp.array(0.5))
    with pytest.raises(ValueError, match="vmap `step` over animals"):
        doors.step(KEY, state, jnp.array([0, 1]))
    step = jax.jit(doors.step)
    flagged, fine = step(KEY, state, jnp.array(6)), step(KEY, state, jnp.array(5))
    assert bool(flagged[-1]["invalid_action"]) and not bool(fine[-1]["invalid_action"])
    np.testing.assert_array_equal(flagged[1].position, fine[1].position)  # the nearest action


def test_position_after_a_step_is_differentiable(doors: environments.NavigationEnvironment, lived: tuple):
    state = jax.tree.map(lambda x: x[3, 0], lived[0])
    slope = jax.jit(jax.jacobian(lambda x: doors.step_env(KEY, state.replace(position=x), jnp.array(3),
                                                          doors.default_params)[1].position))(state.position)  # fmt: skip
    np.testing.assert_allclose(slope, np.eye(2), atol=1e-6)
