"""Grid cells that integrate velocity by the interference of oscillations.

Three oscillators a cell run at the frequency of theta plus k_i · velocity / 2π. Their phases relative to theta are then
k_i · displacement: they beat in space.

    dψ_i/dt = k_i · v + noise,   rate = Π_i (1 + cos ψ_i)/2,   with theta: max(0, Π_i (cos(ωt + ψ_i) + cos ωt) / 2)

Source: Burgess, Barry & O'Keefe (2007), Hippocampus 17:801, eqs. 5 to 8; noise of the phase after Zilli et al. (2009), PLoS
Comput. Biol. 5:e1000573.
"""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import Pytree
from ..motion.path import Path
from .checks import require_cells, require_positive
from .grid import wave_vectors


class OscillatoryGridCells(Pytree):
    """Velocity-driven grid cells; `cells.follow(path)` gives the phases along a path, `cells.rate(phases)` the activity.

    Attributes:
        spacing: Distance of neighbouring fields, one number or (cell,) [m].
        orientation: Direction from a field to one of its six neighbours, one number or (cell,) [rad].
        phase: A place with a field for each cell (cell, 2) [m].
        theta: Frequency of theta [Hz].
        jitter: Standard deviation that the phase of an oscillator gains in 1 s [rad/√s].
    """

    spacing: Values
    orientation: Values
    phase: jax.Array
    theta: Values = 8.0
    jitter: Values = 0.0

    def start(self, position: jax.Array) -> jax.Array:
        """Phases of an animal that knows where it is (..., cell, 3) [rad]."""
        require_cells(self.phase, "phase")
        require_positive("m", spacing=self.spacing)
        return jnp.sum(
            (position[..., None, :] - self.phase)[..., None, :] * wave_vectors(self.spacing, self.orientation), -1
        )

    def follow(self, path: Path, key: jax.Array | None = None) -> jax.Array:
        """Phases along a path, from its first place and its velocities alone (steps + 1, cell, 3) [rad].

        Args:
            path: Of one animal.
            key: Of the jitter; None for none.
        """
        return self._follow(self.start(path.position[0]), path, key)

    @jax.jit
    def _follow(self, start: jax.Array, path: Path, key: jax.Array | None) -> jax.Array:
        turned = jnp.einsum("tx,...wx->t...w", path.velocity, wave_vectors(self.spacing, self.orientation)) * path.dt
        turned = jnp.broadcast_to(turned if turned.ndim == 3 else turned[:, None], (len(turned), *start.shape))
        if key is not None:
            turned = turned + self.jitter * jnp.sqrt(path.dt) * jax.random.normal(key, turned.shape, turned.dtype)
        return start + jnp.concatenate([jnp.zeros_like(turned[:1]), jnp.cumsum(turned, 0)])

    @jax.jit
    def rate(self, phases: jax.Array) -> jax.Array:
        """Activity without theta, 1 where all oscillators agree (..., cell)."""
        return jnp.prod((1 + jnp.cos(phases)) / 2, -1)

    @jax.jit
    def with_theta(self, phases: jax.Array, t: jax.Array) -> jax.Array:
        """Activity at times t (time,) [s] of phases (time, cell, 3), as theta modulates it (time, cell)."""
        base = 2 * jnp.pi * self.theta * t[:, None, None]
        return jnp.maximum(jnp.prod((jnp.cos(base + phases) + jnp.cos(base)) / 2, -1), 0.0)
