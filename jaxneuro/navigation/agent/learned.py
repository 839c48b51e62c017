"""The code of a trained path integrator as the agent's sense of place."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from ...pytree import Pytree, static
from ..codes.direction import HeadDirectionCells
from ..path_integration.networks.answer import STEP
from ..path_integration.recipe import Recipe
from ..path_integration.training import Training
from .pose import Code, Pose, PoseCode

__all__ = ["Integration", "LearnedCode", "learned_code"]


def __dir__() -> list[str]:
    return __all__


class Integration(Pytree):
    """Where the network takes itself to be: its units (unit,), and the pose by which it turns self-motion into displacements."""

    units: jax.Array
    pose: Pose


class LearnedCode(Pytree):
    """The units of a ReLU network that has learned to integrate paths, run in the loop.

    The network is told of felt displacements; when sight corrects, it begins again from the place cells of the true place, as
    its paths began in training. Heading is felt and corrected as in `PoseCode`.

    Attributes:
        start: Weights from place cells to the units at the beginning (cell, unit).
        offset: What is added to the units there (unit,).
        movement: Weights of displacements (2, unit) [1/m].
        recurrent: (unit, unit).
        scale: What the units are multiplied by for the policy.
        pose: Noise and corrections, the place cells of its training, and the code of heading.
        steps: Steps of the network in one of the animal, so that displacements are like those of its training.
    """

    start: jax.Array
    offset: jax.Array
    movement: jax.Array
    recurrent: jax.Array
    scale: jax.Array
    pose: PoseCode
    steps: int = static(default=4)

    def begin(self, position: jax.Array) -> jax.Array:
        """The units at a place that is known."""
        return self.move(self.pose.place(position) @ self.start + self.offset, jnp.zeros(2))

    def move(self, units: jax.Array, way: jax.Array) -> jax.Array:
        """The units after a displacement (2,) [m]."""
        return jax.nn.relu(units @ self.recurrent + way @ self.movement)

    def code(self, state: Integration) -> Code:
        """What the policy gets."""
        return Code(self.scale * state.units, self.pose.heading(state.pose.position, state.pose.heading))

    def place(self, position: jax.Array) -> jax.Array:
        """The code of a place (2,) [m] that is known, as of a fake goal (unit,)."""
        return self.scale * self.begin(position)

    def init(self, true: Pose) -> tuple[Integration, Code]:
        """The state where an episode begins, and its code."""
        state = Integration(self.begin(true.position), true)
        return state, self.code(state)

    def step(
        self, key: jax.Array, state: Integration, motion: jax.Array, largest: tuple, true: Pose
    ) -> tuple[Integration, Code]:
        """Follow one step; arguments as of `PoseCode.step`."""
        pose, fixed = self.pose.follow(key, state.pose, motion, largest, true)
        way = (pose.position - state.pose.position) / self.steps
        units, _ = jax.lax.scan(lambda units, _: (self.move(units, way), None), state.units, length=self.steps)
        state = Integration(jnp.where(fixed, self.begin(true.position), units), pose)
        return state, self.code(state)


def learned_code(
    recipe: Recipe, state: Training, heading: HeadDirectionCells, *, noise: Sequence[float] = (0.05, 0.05, 0.05),
    fixes: float = 0.05,
    steps: int = 4,
) -> LearnedCode:  # fmt: skip
    """The code of a trained network (`path_integration.train(...)`: its recipe and state).

    Args:
        recipe: What was trained: a network "relu".
        state: Of one seed.
        heading: Code of the heading.
        noise: As of `PoseCode`.
        fixes: As of `PoseCode`.
        steps: Steps of the network in one of the animal.

    Raises:
        ValueError: for another network, several seeds, or no steps.
    """
    if recipe.network != "relu":
        raise ValueError(f"network = {recipe.network!r}: the agent's code is that of a 'relu' network.")
    if jnp.ndim(state.update):
        raise ValueError(f"state of {len(state.update)} seeds: choose one, jax.tree.map(lambda x: x[0], state).")
    if steps < 1:
        raise ValueError(f"steps = {steps}: give 1 or more.")
    places, weights = state.cells[0], {name: part["kernel"] for name, part in state.parameters.items()}
    start, movement = weights["start"], weights["movement"]
    scaled = (len(start) * start, movement / STEP) if recipe.scaled else (start, movement)
    made = LearnedCode(
        scaled[0],
        -start.sum(0) if recipe.scaled else jnp.zeros(start.shape[1], start.dtype),  # as of `contrast`
        scaled[1],
        weights["recurrent"],
        jnp.ones(()),
        PoseCode(places, heading, noise, fixes),
        steps,
    )
    activity = jax.vmap(made.begin)(places.centres)
    return made.replace(scale=1 / jnp.sqrt(jnp.mean(activity**2)))
