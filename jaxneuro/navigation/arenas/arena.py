"""Where animals move: walls, doors and objects in the plane.

    arena = jn.navigation.square(1.0).with_walls([[[0.5, 0.0], [0.5, 0.6]]]).with_doors([[[0.5, 0.6], [0.5, 1.0]]])
    arena.move(position, step)                      # never through a wall
    jax.vmap(lambda shut: arena.with_doors(shut=shut).visible(a, b))(jnp.array([[True], [False]]))

An arena is a frozen pytree: what changes it gives a new one.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ...arithmetic import norm
from ...pytree import Pytree, static
from . import periodic, sight
from . import segments as geometry
from .additions import free_ends, segments_of
from .places import require_places, uniform
from .slide import CLEARANCE, allowed, barred


class Arena(Pytree):
    """A part of the plane with walls. Made by `square`, `rectangle`, `circle`, `polygon`, `enclosure` or `torus`.

    Positions are (..., 2) [m], angles in rad, counter-clockwise from +x; every function takes one position or any batch. An
    arena is a pytree: `vmap` over states of doors, or over places of walls, is a `vmap` over arenas.

    Attributes:
        walls: End points of the walls (wall, 2, 2) [m], those of the outline first.
        shut: Whether each wall stands (wall,); only doors can be opened.
        objects: Places of objects (object, 2) [m].
        outline: Number of walls that enclose the arena.
        doors: Which walls are doors.
        period: Width and height after which a periodic arena begins anew [m]; None for none.
        free: Ends of walls that touch no other, (wall, end).
    """

    walls: jax.Array
    shut: jax.Array
    objects: jax.Array
    outline: int = static()
    doors: tuple[int, ...] = static(default=())
    period: tuple[float, float] | None = static(default=None)
    free: tuple[tuple[int, int], ...] = static(default=())

    def with_walls(self, walls: Any) -> "Arena":
        """The arena with more walls (wall, 2, 2) [m]."""
        walls = segments_of(walls, "walls")
        joined = jnp.concatenate([self.walls, jnp.asarray(walls, self.walls.dtype)])
        shut = jnp.concatenate([self.shut, jnp.ones(len(walls), bool)])
        return self.replace(walls=joined, shut=shut, free=free_ends(joined, self.outline, self.doors))

    def with_doors(self, doors: Any = (), shut: Any = True) -> "Arena":
        """The arena with more doors, and with all doors in the states given.

        Args:
            doors: Further doors (door, 2, 2) [m]; none by default.
            shut: Whether doors are shut: one for all, or (door,), those that were there first.
        """
        arena = self
        if len(doors):
            arena = self.with_walls(doors)
            new = tuple(range(self.walls.shape[0], arena.walls.shape[0]))
            arena = arena.replace(doors=self.doors + new)
            arena = arena.replace(free=free_ends(arena.walls, arena.outline, arena.doors))
        if not arena.doors:
            raise ValueError("the arena has no doors: give their ends, with_doors([[[x, y], [x, y]], ...]).")
        shut = jnp.asarray(shut, bool)
        if shut.ndim and shut.shape != (len(arena.doors),):
            raise ValueError(f"shut has shape {shut.shape} and there are {len(arena.doors)} doors: give one for each.")
        return arena.replace(shut=arena.shut.at[np.array(arena.doors)].set(shut))

    def with_objects(self, objects: Any) -> "Arena":
        """The arena with objects at these places (object, 2) [m]."""
        self.require_inside(objects, "objects")
        objects = jnp.asarray(objects, self.walls.dtype).reshape(-1, 2)
        return self.replace(objects=objects)

    @property
    def bounds(self) -> jax.Array:
        """Lower left and upper right corner (2, 2) [m]."""
        if self.period is not None:
            return jnp.array([(0.0, 0.0), self.period], self.walls.dtype)
        corners = self.walls[: self.outline].reshape(-1, 2)
        return jnp.stack([corners.min(0), corners.max(0)])

    def wrap(self, position: jax.Array) -> jax.Array:
        """Positions brought back into a periodic arena."""
        return periodic.wrap(position, self.period)

    def between(self, a: jax.Array, b: jax.Array) -> jax.Array:
        """The shortest vector from a to b, walls aside (..., 2) [m]."""
        return periodic.shortest(b - a, self.period)

    @jax.jit
    def inside(self, position: jax.Array) -> jax.Array:
        """Whether positions lie within the outline (...,); walls inside do not matter."""
        if self.period is not None:
            return jnp.all(jnp.isfinite(position), -1)
        return geometry.enclosed(position, self.walls[: self.outline])

    @jax.jit
    def slide(self, position: jax.Array, step: jax.Array) -> jax.Array:
        """What walls allow of a step: all of it, or up to a wall and along it (..., 2) [m]."""
        walls, stands = self.obstacles
        return allowed(position, step, walls, stands) if walls.shape[0] else step + jnp.zeros_like(position)

    @jax.jit
    def move(self, position: jax.Array, step: jax.Array) -> jax.Array:
        """Positions after a step of any length: never through a standing wall, and along it where it is in the way.

        In a periodic arena that has walls, a step may be as long as the period.
        """
        return self.wrap(position + self.slide(position, step))

    @jax.jit
    def to_walls(self, position: jax.Array) -> jax.Array:
        """Vectors from positions to the nearest point of each wall, open doors too (..., wall, 2) [m]."""
        walls, _ = self._images
        return periodic.nearest_image(geometry.nearest_points(position, walls) - position[..., None, :], self.period)

    @jax.jit
    def nearest_wall(self, position: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The nearest point of all standing walls: the same however a wall is cut into pieces.

        Returns:
            The vector to it (..., 2) [m], 0 where no wall stands, and its length (...,) [m], infinite there.
        """
        to_walls = self.to_walls(position)
        if not to_walls.shape[-2]:
            return jnp.zeros_like(position), jnp.full(position.shape[:-1], jnp.inf, to_walls.dtype)
        distance = jnp.where(self.shut, norm(to_walls), jnp.inf)
        first = jnp.argmin(distance, -1)[..., None]
        distance = jnp.take_along_axis(distance, first, -1)[..., 0]
        vector = jnp.take_along_axis(to_walls, first[..., None], -2)[..., 0, :]
        return jnp.where(jnp.isinf(distance)[..., None], 0.0, vector), distance

    def distance_to_wall(self, position: jax.Array) -> jax.Array:
        """Distance to the nearest standing wall (...,) [m]; infinite where there is none."""
        return self.nearest_wall(position)[1]

    @jax.jit
    def rays(self, position: jax.Array, angles: jax.Array) -> tuple[jax.Array, jax.Array]:
        """What is seen from positions along angles.

        Args:
            position: Where the eye is (..., 2) [m].
            angles: Directions (..., ray) [rad].

        Returns:
            The distance of the first standing wall (..., ray) [m], infinite where there is none, and which wall it is, -1 where
            there is none.
        """
        distance, wall = sight.rays(position, angles, *self._images)
        return distance, jnp.where(wall < 0, -1, wall % max(self.walls.shape[0], 1))

    @jax.jit
    def visible(self, a: jax.Array, b: jax.Array) -> jax.Array:
        """Whether b is in line of sight of a: no standing wall between them (...,)."""
        return sight.clear(a, self.between(a, b), *self._images)

    @partial(jax.jit, static_argnames=("shape",))
    def sample(self, key: jax.Array, shape: tuple[int, ...] = (), margin: float = CLEARANCE) -> jax.Array:
        """Places drawn uniformly from the inside, at least `margin` [m] from every wall; NaN if there are none."""
        return uniform(
            key, shape, self.bounds, lambda place: self.inside(place) & (self.distance_to_wall(place) >= margin)
        )

    def require_inside(self, position: Any, name: str = "position") -> None:
        """Refuse positions that are no place in this arena: outside it, in a wall, not finite; those that are traced pass.

        Raises:
            ValueError: with the position, the rule and the fix.
        """
        if any(isinstance(x, Tracer) for x in (position, self.walls, self.shut)):
            return
        if not np.shape(position) or np.shape(position)[-1] != 2:
            raise ValueError(f"{name} has shape {np.shape(position)}: give x and y, (..., 2) in m.")
        with jax.ensure_compile_time_eval():  # also while something else is traced
            places = jnp.asarray(position, self.walls.dtype).reshape(-1, 2)
            require_places(name, places, self.bounds, self.inside(places), self.distance_to_wall(places))

    @property
    def obstacles(self) -> tuple[jax.Array, jax.Array]:
        """What stops a step: walls, and bars across their free ends; and which of them stand."""
        return periodic.images(*barred(self.walls, self.shut, self.free), self.period)

    @property
    def _images(self) -> tuple[jax.Array, jax.Array]:
        return periodic.images(self.walls, self.shut, self.period)
