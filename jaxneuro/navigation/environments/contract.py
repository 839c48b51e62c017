"""What an environment must have for an agent to learn in it: the signature of gymnax, with one `done` or two ends.

    class Corridor:
        num_actions = 2

        def reset(self, key, params):
            state = {"place": jnp.zeros((), jnp.int32)}
            return jnp.zeros(1), state

        def step(self, key, state, action, params):
            place = state["place"] + 2 * action - 1
            return place[None] / 5.0, {"place": place}, 1.0 * (place == 5), jnp.abs(place) == 5, {}

    agent = jn.navigation.agent.Agent(Corridor(), params=None)
    config = jn.navigation.agent.Config(agent, animals=64, updates=100)
    trained = jn.navigation.agent.run(config, jax.random.split(jax.random.key(0), 3))

An environment is an argument that `jit` does not look into: it must be hashable, as instances of a plain class are, and arrays
belong into its `params`, any pytree or None. Time limits, goals and codes for place ask for the more that is said below.
"""

from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ...arithmetic import Scalar
from ...pytree import Pytree


class EnvironmentProtocol(Protocol):
    """The least that an agent needs; `NavigationEnvironment` and gymnax's environments are such.

    `num_actions` may be left out where `action_space(params).n` tells it. Actions are 0 .. num_actions - 1.

    Where a state has a number `time` and `params` a number `max_steps_in_episode`, as in gymnax, animals in training begin at
    random times of their first episodes, so that these do not all end at once; without, they begin together.

    A code for place needs `state.position` (2,) [m] and `state.heading` [rad], in `info` the "motion", and
    `largest_motion(params)`, the longest way [m] and the largest turn [rad] of an action; our own `EnvParams` tell them.
    """

    @property
    def num_actions(self) -> int:
        """How many actions there are."""
        ...

    def reset(self, key: jax.Array, params: PyTree) -> tuple[PyTree, PyTree]:
        """Begin an episode: observation, an array of any shape or a pytree of such, and state, any pytree."""
        ...

    def step(self, key: jax.Array, state: PyTree, action: jax.Array, params: PyTree) -> tuple:
        """One action of one animal.

        Returns:
            `observation, state, reward, done, info` or `observation, state, reward, terminated, truncated, info`. A new episode
            may be begun or not where one ends: the agent sees to it. `info` is a dict, empty or with

            "truncated": with one `done`, whether the episode was cut off by a limit of time, though it could have gone on. False
                by default: nothing more was to be had.
            "final_observation", "final_state": before a new episode was begun; by default what is returned. A `step` that begins
                episodes itself and cuts them off must give the first, or what would have come is judged by the new episode.
            "hit": whether the goal was visited; False by default. Its code for place is remembered then.
            "arrived": where the animal was before a visit moved it elsewhere (2,) [m]; by default `state.position`.
            "motion": self-motion: forward, to the left, turn, as parts of the largest possible (3,).
        """
        ...


# --- what an environment, its parameters and its states may have beside -------------------------------------------------


@runtime_checkable
class Begins(Protocol):
    """An environment with the first verb of the contract."""

    def reset(self, key: jax.Array, params: PyTree) -> tuple[PyTree, PyTree]:
        """Begin an episode."""
        ...


@runtime_checkable
class Steps(Protocol):
    """An environment with the second."""

    def step(self, key: jax.Array, state: PyTree, action: jax.Array, params: PyTree) -> tuple:
        """One action of one animal."""
        ...


@runtime_checkable
class Numbered(Protocol):
    """An environment that tells how many actions there are."""

    num_actions: int


@runtime_checkable
class Spaced(Protocol):
    """An environment that tells it by a space, as those of gymnax; `params` are its parameters."""

    def action_space(self, params: PyTree) -> object:
        """The space of actions."""
        ...


@runtime_checkable
class Counted(Protocol):
    """A space of numbered actions."""

    n: int


@runtime_checkable
class BeginsAnew(Protocol):
    """An environment whose `step` begins a new episode where one ends."""

    begins_anew: bool


@runtime_checkable
class Measured(Protocol):
    """An environment that tells the longest way [m] and the largest turn [rad] of an action."""

    def largest_motion(self, params: PyTree) -> tuple:
        """Both."""
        ...


@runtime_checkable
class Paced(Protocol):
    """Parameters that tell it: speed [m/s], turn [rad/s], step [s] and how often an action is repeated, as `EnvParams`."""

    speed: Scalar
    turn: Scalar
    dt: Scalar
    action_repeat: int


@runtime_checkable
class Limited(Protocol):
    """Parameters with a limit of time."""

    max_steps_in_episode: Scalar


@runtime_checkable
class Timed(Protocol):
    """States that count actions since the episode began."""

    time: jax.Array


@runtime_checkable
class Posed(Protocol):
    """States of an animal at a position (2,) [m] with a heading [rad]."""

    position: jax.Array
    heading: jax.Array


def part(state: PyTree, name: str) -> PyTree:
    """A part of a state by name, None if it has none."""
    return getattr(state, name, None)


class Transition(Pytree):
    """What came of an action.

    Attributes:
        observation, state: With which the next action is chosen: of a new episode, where one ended.
        reward: Of the action.
        terminated: Whether the episode ended, and nothing more was to be had.
        truncated: Whether it was cut off.
        last_observation, last_state: The same as the first two where no episode ended, else those before the new one.
        info: As the environment gave it.
    """

    observation: jax.Array
    state: PyTree
    reward: jax.Array
    terminated: jax.Array
    truncated: jax.Array
    last_observation: jax.Array
    last_state: PyTree
    info: dict[str, PyTree]


def require_environment(environment: object) -> None:
    """Refuse what no agent can live in.

    Raises:
        ValueError: for something without `reset` and `step`, or that cannot be hashed.
    """
    name = type(environment).__name__
    if missing := [verb for verb, of in (("reset", Begins), ("step", Steps)) if not isinstance(environment, of)]:
        raise ValueError(
            f"{name} has no {' and no '.join(missing)}: give an environment, as `EnvironmentProtocol` says."
        )
    if type(environment).__hash__ is None:
        raise ValueError(
            f"{name} is not hashable, as jit needs it to be: write a plain class, and put arrays into params."
        )


def begin_episode(environment: EnvironmentProtocol, key: jax.Array, params: PyTree) -> tuple[jax.Array, PyTree]:
    """Observation, as one axis of floating-point numbers, and state at the beginning of an episode."""
    observation, state = environment.reset(key, params)
    return flat(observation), jax.tree.map(jnp.asarray, state)


def transition(
    environment: EnvironmentProtocol, key: jax.Array, state: PyTree, action: jax.Array, params: PyTree
) -> Transition:
    """One action in an environment of the contract, and a new episode where one ends.

    Raises:
        ValueError: for a `step` that returns something else.
    """
    observation, after, reward, terminated, truncated, info = as_told(environment.step(key, state, action, params))
    _require_alike("state", after, state)
    last = flat(info.get("final_observation", observation)), info.get("final_state", after)
    new = flat(observation), after
    if not (isinstance(environment, BeginsAnew) and environment.begins_anew):
        fresh = begin_episode(environment, jax.random.fold_in(key, 1), params)
        _require_alike("observation", new[0], fresh[0])
        new = jax.tree.map(lambda a, b: jnp.where(terminated | truncated, a, b), fresh, new)
    like = lambda old, x: x if jnp.result_type(x) == old.dtype else jnp.asarray(x, old.dtype)
    new, last = ((seen, jax.tree.map(like, state, to)) for seen, to in (new, last))
    return Transition(*new, jnp.asarray(reward, float), terminated, truncated, *last, info)


def as_told(stepped: PyTree) -> tuple:
    """What `step` returned, with two ends: terminated and truncated, never both."""
    count = len(stepped) if isinstance(stepped, tuple) else 1
    if count not in (5, 6) or not isinstance(stepped[-1], dict):
        raise ValueError(
            f"step returned {count} things, the last of type {type(stepped[-1] if count > 1 else stepped).__name__}: return "
            "observation, state, reward, done, info, or terminated and truncated in place of done; info is a dict."
        )
    observation, state, reward, done, *more, info = stepped
    for name, end in zip(
        ("reward", "done", "truncated"), (reward, done, *more, info.get("truncated", False)), strict=False
    ):
        if jnp.shape(end):
            raise ValueError(f"step returned a {name} of shape {jnp.shape(end)}: give one number.")
    done, cut = (jnp.asarray(end, bool) for end in (done, more[0] if more else info.get("truncated", False)))
    ends = (done, cut & ~done) if more else (done & ~cut, cut)
    return observation, state, reward, *ends, info


def action_count(environment: object, params: PyTree) -> int:
    """How many actions an environment has.

    Raises:
        ValueError: for an environment without `num_actions` and without a space of numbered actions.
    """
    count = environment.num_actions if isinstance(environment, Numbered) else None
    if count is None and isinstance(environment, Spaced):
        space = environment.action_space(params)
        count = space.n if isinstance(space, Counted) else None
    if count is None:
        raise ValueError(f"{environment} has no num_actions: give their number; actions are 0 .. num_actions - 1.")
    return int(count)


def flat(observation: PyTree) -> jax.Array:
    """An observation, an array or a pytree of such, as one axis of floating-point numbers."""
    return jnp.concatenate([jnp.ravel(jnp.asarray(x, float)) for x in jax.tree.leaves(observation)])


def _require_alike(name: str, given: PyTree, first: PyTree) -> None:
    """Refuse what has another structure or other shapes after a step than before."""
    was, now = ((jax.tree.structure(x), [jnp.shape(leaf) for leaf in jax.tree.leaves(x)]) for x in (first, given))
    if was != now:
        raise ValueError(f"step returned the {name} {now}, and reset {was}: return the same structure and shapes.")
