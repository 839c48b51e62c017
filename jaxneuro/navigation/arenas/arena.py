"""Where animals move: walls, doors and objects in the plane.

arena = jn.navigation.square(1.0).with_walls([[[0.5, 0.0], [0.5, 0.6]]]).with_doors([[[0.5, 0.6], [0.5, 1.0]]])
arena.move(position, step)                      # never through a wall
jax.vmap(lambda shut: arena.with_doors(shut=shut).visible(a, b))(jnp.array([[True], [False]]))
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...arithmetic import norm
from ...pytree import Pytree, static
from . import segments as geometry
from .additions import free_ends, segments_of
from .slide import CLEARANCE, allowed

TRIES = 1000  # of drawing a place at random, before NaN says that there is none


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
        if jnp.ndim(shut) and jnp.shape(shut) != (len(arena.doors),):
            raise ValueError(
                f"shut has shape {jnp.shape(shut)} and there are {len(arena.doors)} doors: give one for each."
            )
        return arena.replace(shut=arena.shut.at[np.array(arena.doors)].set(jnp.asarray(shut, bool)))

    def with_objects(self, objects: Any) -> "Arena":
        """The arena with objects at these places (object, 2) [m]."""
        objects = jnp.asarray(objects, self.walls.dtype).reshape(-1, 2)
        self.require_inside(objects, "objects")
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
        return position if self.period is None else position % jnp.array(self.period, self.walls.dtype)

    def between(self, a: jax.Array, b: jax.Array) -> jax.Array:
        """The shortest vector from a to b, walls aside (..., 2) [m]."""
        if self.period is None:
            return b - a
        period = jnp.array(self.period, self.walls.dtype)
        return (b - a + period / 2) % period - period / 2

    def inside(self, position: jax.Array) -> jax.Array:
        """Whether positions lie within the outline (...,); walls inside do not matter."""
        if self.period is not None:
            return jnp.all(jnp.isfinite(position), -1)
        return geometry.enclosed(position, self.walls[: self.outline])

    def slide(self, position: jax.Array, step: jax.Array) -> jax.Array:
        """What walls allow of a step: all of it, or up to a wall and along it (..., 2) [m]."""
        walls, stands = self.obstacles
        return allowed(position, step, walls, stands) if walls.shape[0] else step + jnp.zeros_like(position)

    def move(self, position: jax.Array, step: jax.Array) -> jax.Array:
        """Positions after a step of any length: never through a standing wall, and along it where it is in the way."""
        return self.wrap(position + self.slide(position, step))

    def to_walls(self, position: jax.Array) -> jax.Array:
        """Vectors from positions to the nearest point of each wall, open doors too (..., wall, 2) [m]."""
        walls = self._images(self.walls)
        to = geometry.nearest_points(position, walls) - position[..., None, :]
        return self._nearest_image(to)

    def distance_to_wall(self, position: jax.Array) -> jax.Array:
        """Distance to the nearest standing wall (...,) [m]; infinite where there is none."""
        return jnp.min(jnp.where(self.shut, norm(self.to_walls(position)), jnp.inf), -1, initial=jnp.inf)

    def rays(self, position: jax.Array, angles: jax.Array) -> tuple[jax.Array, jax.Array]:
        """What is seen from positions along angles.

        Args:
            position: Where the eye is (..., 2) [m].
            angles: Directions (..., ray) [rad].

        Returns:
            The distance of the first standing wall (..., ray) [m], infinite where there is none, and which wall it is, -1 where
            there is none.
        """
        towards = jnp.stack([jnp.cos(angles), jnp.sin(angles)], -1)
        walls, stands = self._images(self.walls), self._images(self.shut)
        if not walls.shape[0]:
            return jnp.full(angles.shape, jnp.inf), jnp.full(angles.shape, -1)
        distance, place = geometry.meet(jnp.broadcast_to(position[..., None, :], towards.shape), towards, walls)
        seen = stands & (distance >= 0) & (place >= -1e-6) & (place <= 1 + 1e-6)  # no light through corners
        distance = jnp.where(seen, distance, jnp.inf)
        first, nearest = jnp.argmin(distance, -1), jnp.min(distance, -1)
        return nearest, jnp.where(jnp.isfinite(nearest), first % self.walls.shape[0], -1)

    def visible(self, a: jax.Array, b: jax.Array) -> jax.Array:
        """Whether b is in line of sight of a: no standing wall between them (...,)."""
        walls, stands = self._images(self.walls), self._images(self.shut)
        a, line = jnp.broadcast_arrays(a, self.between(a, b))
        part, place = geometry.meet(a, line, walls)
        hidden = stands & (part > 0) & (part < 1 - 1e-6) & (place >= -1e-6) & (place <= 1 + 1e-6)
        return ~jnp.any(hidden, -1)

    def sample(self, key: jax.Array, shape: tuple[int, ...] = (), margin: float = CLEARANCE) -> jax.Array:
        """Places drawn uniformly from the inside, at least `margin` [m] from every wall; NaN if there are none."""
        low, high = self.bounds
        draw = lambda key: jax.random.uniform(key, (*shape, 2), low.dtype, low, high)
        good = lambda place: self.inside(place) & (self.distance_to_wall(place) >= margin)

        def again(state: tuple) -> tuple:
            place, tries = state
            new = draw(jax.random.fold_in(key, tries))
            return jnp.where(good(place)[..., None], place, new), tries + 1

        more = lambda state: jnp.any(~good(state[0])) & (state[1] < TRIES)
        place, _ = jax.lax.while_loop(more, again, (draw(key), 0))
        return jax.lax.stop_gradient(jnp.where(good(place)[..., None], place, jnp.nan))

    def require_inside(self, position: Any, name: str = "position") -> None:
        """Refuse positions that are no place in this arena; those that are traced pass.

        Raises:
            ValueError: with the position, the rule and the fix.
        """
        if any(isinstance(x, jax.core.Tracer) for x in (position, self.walls, self.shut)):
            return
        places = np.asarray(position).reshape(-1, 2)
        self._refuse(~np.isfinite(places).all(-1), places, name, "is not a finite place: give numbers in m")
        low, high = np.asarray(self.bounds)
        where = f"is outside the arena, which reaches from {low.tolist()} to {high.tolist()} m: give a place inside"
        self._refuse(~np.asarray(self.inside(jnp.asarray(places))), places, name, where)
        on_wall = np.asarray(self.distance_to_wall(jnp.asarray(places))) < CLEARANCE / 2
        self._refuse(on_wall, places, name, f"is in a wall: keep {CLEARANCE} m away from walls")

    @staticmethod
    def _refuse(bad: np.ndarray, places: np.ndarray, name: str, why: str) -> None:
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            which = f"{name}[{at}]" if len(places) > 1 else name
            raise ValueError(f"{which} = {places[at].tolist()} {why}.")

    @property
    def obstacles(self) -> tuple[jax.Array, jax.Array]:
        """What stops a step: walls, and a short bar across each free end, so that nobody walks into a wall lengthwise."""
        walls, shut = self.walls, self.shut
        if self.free:
            wall, end = np.array(self.free).T
            along, _ = geometry.directions(walls[wall])
            half = CLEARANCE * jnp.stack([-along[:, 1], along[:, 0]], -1)
            at = walls[wall, end]
            walls = jnp.concatenate([walls, jnp.stack([at - half, at + half], 1)])
            shut = jnp.concatenate([shut, shut[wall]])
        return self._images(walls), self._images(shut)

    def _images(self, of_walls: jax.Array) -> jax.Array:
        """Walls of a periodic arena and of its eight neighbours, or whether those stand."""
        if self.period is None or not self.walls.shape[0]:
            return of_walls
        if of_walls.ndim == 1:
            return jnp.tile(of_walls, 9)
        shifts = np.array([(x, y) for x in (0, -1, 1) for y in (0, -1, 1)]) * self.period
        return jnp.concatenate([of_walls + jnp.asarray(s, of_walls.dtype) for s in shifts])

    def _nearest_image(self, to: jax.Array) -> jax.Array:
        """Of vectors to walls and their images (..., 9 wall, 2) those to the nearest (..., wall, 2)."""
        if self.period is None or not self.walls.shape[0]:
            return to
        to = to.reshape(*to.shape[:-2], 9, -1, 2)
        nearest = jnp.argmin(jnp.sum(to**2, -1), -2)
        return jnp.take_along_axis(to, nearest[..., None, :, None], -3)[..., 0, :, :]
