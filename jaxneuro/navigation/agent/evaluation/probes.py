"""What is asked of a trained agent: does it use the goal code, does it take a shortcut."""

import jax
import jax.numpy as jnp
import numpy as np

from ....pytree import Pytree
from ...environments import EnvParams
from ..rollout import Agent, Intervention
from .evaluate import Episodes


def no_goal(goal: jax.Array) -> jax.Array:
    """Lesion: the policy never gets a goal code."""
    return jnp.zeros_like(goal)


def without(cells: jax.Array) -> Intervention:
    """Lesion of some cells of the goal code, where `cells` is true (cell,)."""
    return lambda goal: jnp.where(cells, 0.0, goal)


def most(score: jax.Array, part: float = 0.25) -> jax.Array:
    """The cells with the highest scores, such as gridness: true for a part of them (cell,).

    Banino et al. (2018), SI 3e, silence 25 % of the goal code: the most grid-like, or as many others.
    """
    if not 0 <= part <= 1:
        raise ValueError(f"part = {part}: give a number from 0 to 1.")
    return jnp.argsort(jnp.argsort(-score)) < round(part * score.shape[0])


def fake_goal(agent: Agent, position: jax.Array) -> Intervention:
    """Once there is a goal code, the policy gets that of another place (2,) [m] instead.

    Raises:
        ValueError: for an agent without a code, or a place outside its arena.
    """
    if agent.code is None:
        raise ValueError("an agent without a code has no goal code to be faked: give one with a code.")
    agent.params.arena.require_inside(position, "fake goal")
    code = agent.code.place(jnp.asarray(position))
    return lambda goal: jnp.where(jnp.any(goal != 0), code, goal)


class Visits(Pytree):
    """Where agents go after they have found the goal, a number for each episode.

    Attributes:
        near_fake: Part of the time that is spent within `radius` of the fake goal.
        near_goal: Of the true one.
        reached_fake: Whether the fake goal was come near at all.
        found: Whether the goal was found, so that there was an afterwards.
    """

    near_fake: jax.Array
    near_goal: jax.Array
    reached_fake: jax.Array
    found: jax.Array


def visits(episodes: Episodes, fake: jax.Array, radius: float = 0.15, apart: float = 0.5) -> Visits:
    """Time near a fake goal and near the true one, after the true one was found.

    Episodes in which the two are less than `apart` [m] from one another count as not found.
    """
    after = episodes.hits > 0
    near = lambda place: (jnp.linalg.norm(episodes.position - place, axis=-1) < radius) & after
    fakes, goals = near(fake), near(episodes.goal)
    time = jnp.maximum(after.sum(0), 1)
    found = after.any(0) & (jnp.linalg.norm(episodes.goal - fake, axis=-1) > apart)
    return Visits(fakes.sum(0) / time, (goals | episodes.hit & after).sum(0) / time, fakes.any(0), found)


class Shortcuts(Pytree):
    """The way to the goal after it was found for the first time, a number for each episode.

    Attributes:
        found: Whether the goal was found at all.
        returned: Whether it was found again.
        new_way: Whether the way back led through a door that was shut before the first visit.
        latency: Actions from the first visit to the second; infinite without one.
        door: The first door passed on the way back, -1 for none.
    """

    found: jax.Array
    returned: jax.Array
    new_way: jax.Array
    latency: jax.Array
    door: jax.Array


def opened(params: EnvParams) -> EnvParams:
    """The task with all doors open after the first visit."""
    return params.replace(after=jnp.zeros((1, params.before.shape[1]), bool), redraw=True)


def shortcuts(episodes: Episodes, params: EnvParams) -> Shortcuts:
    """Which episodes took a way that had just opened."""
    found, returned = episodes.hit.any(0), episodes.hits[-1] + episodes.hit[-1] > 1
    passed = crossed(episodes.position, params) & (episodes.hits == 1)[:-1, :, None]
    new = passed & episodes.shut[0]
    first = jnp.argmax(passed.any(-1), axis=0)
    door = jnp.where(passed.any((0, 2)), jnp.argmax(passed[first, jnp.arange(first.size)], -1), -1)
    latency = jnp.where(returned, (episodes.hits == 1).sum(0), jnp.inf)
    return Shortcuts(found, returned, returned & new.any((0, 2)), latency, door)


def crossed(position: jax.Array, params: EnvParams) -> jax.Array:
    """Which doors the straight lines from one position to the next cross (time - 1, episode, door)."""
    doors = params.arena.walls[np.array(params.arena.doors, int)]
    a, b = position[:-1, :, None], position[1:, :, None]
    c, d = doors[:, 0], doors[:, 1]

    def side(p: jax.Array, q: jax.Array, r: jax.Array) -> jax.Array:
        return (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0])

    longest = params.speed * params.dt * params.action_repeat * 1.01
    walked = jnp.linalg.norm(b - a, axis=-1) < longest  # not put elsewhere
    return walked & (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)
