"""A continuous attractor that integrates velocity: a bump of activity that moves over a sheet of cells as the animal moves.

Cells sit on a rhombus whose opposite sides are joined, so that each is a grid cell with the lattice of the rhombus. At each site
are four cells, for four directions of movement; each inhibits its surround, seen from a place a little ahead of it, and is driven
by

    drive = 1 + gain × velocity · direction

so that movement makes the cells of its direction win, and the bump follows. The sheet learns of the place by velocity alone.

Sources: Burak & Fiete (2009), PLoS Comput. Biol. 5:e1000291, eqs. 1 to 4, for weights and velocity; Guanella, Kiper & Verschure
(2007), Int. J. Neural Syst. 17:231, for the twisted torus with one bump.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import PyTree

from ...arithmetic import Scalar, Values
from ...pytree import Pytree, static
from ..motion.path import Path
from .sheet import DIRECTIONS, SIDES, sites

STEP = 1.0  # ms; of the cells
SETTLING = 1500  # ms


class Attractor(Pytree):
    """A sheet of cells. Made by `attractor`, which measures its gain.

    Attributes:
        weights: From cells (direction × site) to sites (site, cell).
        gain: Of velocity (scalar) [s/m].
        spacing: Distance of neighbouring fields [m].
        orientation: Direction from a field to one of its six neighbours [rad].
        cells: What the cells are: `RateCells` or `SpikingCells`.
        side: Number of sites along a side.
    """

    weights: jax.Array
    gain: Any
    spacing: Values
    orientation: Values
    cells: Any
    side: int = static()

    def settle(self, key: jax.Array, milliseconds: int = SETTLING) -> tuple:
        """State of the sheet at rest, with a bump somewhere."""
        state = self.cells.start(key, 4 * self.side**2)
        return self._hold(state, jnp.zeros(2), jax.random.fold_in(key, 1), milliseconds)[0]

    def follow(self, path: Path, key: jax.Array, state: tuple | None = None) -> "Followed":
        """Let the sheet integrate the velocity of a path.

        Args:
            path: Of one animal; only its velocity is used.
            key: Of the bump's place and of the noise of the cells.
            state: Of the sheet at the start; settled by default.

        Raises:
            ValueError: for a path whose dt is traced or no multiple of 1 ms.
        """
        steps = _steps(path.dt)
        state = self.settle(key) if state is None else state

        def step(state: tuple, at: tuple) -> tuple:
            velocity, key = at
            return self._hold(state, self.gain * velocity @ self._turn, key, steps)

        _, activity = jax.lax.scan(step, state, (path.velocity, jax.random.split(key, len(path.velocity))))
        activity = jnp.concatenate([self._sites(state)[None], activity])
        turns = jnp.unwrap(jnp.angle(activity @ self._waves), axis=0) / (2 * jnp.pi)
        return Followed(activity, self._metres(turns - turns[0]))

    def fields(self, activity: jax.Array) -> jax.Array:
        """Where the cells of each site have a field, from where the animal is (site, 2) [m].

        Args:
            activity: Of the sites there (site,).
        """
        here = jnp.angle(activity @ self._waves) / (2 * jnp.pi)
        return self._metres(sites(self.side) - here)

    def _metres(self, sides: PyTree) -> jax.Array:
        """Displacements in space (..., 2) [m] for those along the sides of the rhombus (..., 2)."""
        return self.spacing * (sides @ SIDES) @ self._turn.T

    @property
    def _turn(self) -> jax.Array:
        """The rotation by the orientation (2, 2)."""
        cos, sin = jnp.cos(self.orientation), jnp.sin(self.orientation)
        return jnp.stack([jnp.stack([cos, -sin]), jnp.stack([sin, cos])])

    def _hold(self, state: tuple, drive: jax.Array, key: jax.Array, steps: int) -> tuple[tuple, jax.Array]:
        """The state, and the activity of the sites, after some steps with one velocity."""
        towards = jnp.repeat(1 + DIRECTIONS @ drive, self.side**2)

        def step(state: tuple, noise: PyTree) -> tuple:
            current = jnp.tile(self.weights @ self.cells.trace(state), 4) + towards
            return self.cells.advance(state, current, noise, STEP), None

        state, _ = jax.lax.scan(step, state, self.cells.noise(key, steps, towards.size), length=steps)
        return state, self._sites(state)

    def _sites(self, state: tuple) -> jax.Array:
        return self.cells.trace(state).reshape(4, -1).sum(0)

    @property
    def _waves(self) -> jax.Array:
        """What turns activity of sites into two phases, those of the place in the rhombus (site, 2)."""
        return jnp.exp(2j * jnp.pi * sites(self.side))


class Followed(Pytree):
    """How a sheet followed a path.

    Attributes:
        activity: Of the cells of each site together (steps + 1, site), in units of the drive at rest.
        displacement: From the start, read from the bump (steps + 1, 2) [m].
    """

    activity: jax.Array
    displacement: jax.Array


def _steps(dt: Scalar) -> int:
    """How many steps of the cells there are in one of a path."""
    if isinstance(dt, Tracer):
        raise ValueError("the dt of the path is traced: close over the path, or path.replace(dt=0.02) inside jit.")
    steps = 1e3 * float(dt) / STEP
    if steps < 0.5 or abs(steps - round(steps)) > 1e-3:
        raise ValueError(f"dt = {dt} s of the path is no multiple of the {STEP:g} ms of the cells: resample the path.")
    return round(steps)
