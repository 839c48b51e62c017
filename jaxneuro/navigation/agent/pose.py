"""What the agent's brain knows of where it is: codes of a pose that is integrated from self-motion.

Anything that keeps `CodeOfPlace` serves, a trained path integrator too.
"""

from collections.abc import Callable
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ...arithmetic import Values
from ...pytree import Pytree
from ..arenas.arena import Arena
from ..codes.direction import head_direction_cells
from ..codes.grid import grid_cells
from ..codes.place import PlaceCells

SPACINGS = (0.8, 1.3, 2.1, 3.4)  # m; of the modules of ideal grid cells


class Code(Pytree):
    """Activity that tells the pose: of the place, which is also what is remembered of a goal, and of the heading."""

    place: jax.Array
    heading: jax.Array


class Pose(Pytree):
    """Where the animal takes itself to be: position (2,) [m], heading [rad]."""

    position: jax.Array
    heading: jax.Array


class CodeOfPlace(Protocol):
    """What an agent asks of a code for place: `PoseCode`, or a trained path integrator. It is a pytree."""

    @property
    def place(self) -> Callable[..., jax.Array]:
        """Function of a place (2,) [m] to the code of it, as of a fake goal (unit,)."""
        ...

    def init(self, true: Pose) -> tuple[PyTree, Code]:
        """The estimate, any pytree, where an episode begins, and its code."""
        ...

    def step(
        self, key: jax.Array, estimate: PyTree, motion: jax.Array, largest: tuple, true: Pose
    ) -> tuple[PyTree, Code]:
        """The estimate after a step, and its code; arguments as of `PoseCode.step`."""
        ...


class PoseCode(Pytree):
    """Ideal cells that fire by an estimated pose.

    The estimate adds up noisy self-motion; with probability `fixes` a step, and whenever the animal is put elsewhere,
    sight corrects it to the true pose. (In Banino et al. 2018 sight reaches the grid network in 5 % of the steps.)

    Attributes:
        place: Function of positions (..., 2) to activity (..., cell): grid cells, place cells.
        heading: Function of positions and headings to activity: head-direction cells.
        noise: Standard deviation of felt forward and lateral movement and turn, as parts of the largest (3,).
        fixes: Probability of a correction in a step.
    """

    place: Callable[..., jax.Array]
    heading: Callable[..., jax.Array]
    noise: Any = (0.05, 0.05, 0.05)
    fixes: float = 0.05

    def at(self, pose: Pose) -> Code:
        """The code of a pose."""
        return Code(self.place(pose.position), self.heading(pose.position, pose.heading))

    def init(self, true: Pose) -> tuple[Pose, Code]:
        """The estimate where an episode begins, and its code."""
        return true, self.at(true)

    def step(self, key: jax.Array, estimate: Pose, motion: jax.Array, largest: tuple, true: Pose) -> tuple[Pose, Code]:
        """Follow one step.

        Args:
            key: Random key.
            estimate: Before the step.
            motion: Self-motion: forward, to the left, turn, as parts of the largest.
            largest: Longest way [m] and turn [rad] of a step.
            true: The pose after the step, of which sight may tell.

        Returns:
            The estimate after the step, and its code.
        """
        estimate, _ = self.follow(key, estimate, motion, largest, true)
        return estimate, self.at(estimate)

    def follow(
        self, key: jax.Array, estimate: Pose, motion: jax.Array, largest: tuple, true: Pose
    ) -> tuple[Pose, jax.Array]:
        """The estimate after a step, and whether sight corrected it; arguments as of `step`."""
        noise_key, fix_key = jax.random.split(key)
        felt = motion + jnp.asarray(self.noise) * jax.random.normal(noise_key, (3,))
        c, s = jnp.cos(estimate.heading), jnp.sin(estimate.heading)
        way = largest[0] * jnp.stack([c * felt[0] - s * felt[1], s * felt[0] + c * felt[1]])
        followed = Pose(estimate.position + way, estimate.heading + largest[1] * felt[2])
        fixed = jax.random.bernoulli(fix_key, self.fixes)
        return jax.tree.map(lambda a, b: jnp.where(fixed, a, b), true, followed), fixed


def grid_code(key: jax.Array) -> PoseCode:
    """100 ideal grid cells in four modules, and twelve head-direction cells."""
    return PoseCode(grid_cells(key, 25, SPACINGS, kind="rectified"), head_direction_cells(12, kappa=2.0))


def place_code(arena: Arena, width: Values = 0.15) -> PoseCode:
    """100 ideal place cells with fields of a width [m], evenly over an arena, and twelve head-direction cells."""
    low, high = arena.bounds
    ticks = (jnp.arange(10) + 0.5) / 10
    centres = low + (high - low) * jnp.stack(jnp.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    return PoseCode(PlaceCells(centres, width), head_direction_cells(12, kappa=2.0))
