"""The shape of a neuron: a tree of traced points as flat arrays, and the geometry that follows from them.

Every point is the far end of a frustum (a truncated cone) that begins at its parent. Formulas are of frusta, summed along
the traced points, and differentiable in positions and radii; the tree itself is structure.
"""

import math

import jax
import jax.numpy as jnp

from ...arithmetic import norm
from ...pytree import Pytree
from ...summary import Summarised

UNDEFINED, SOMA, AXON, BASAL, APICAL = range(5)  # the types of the SWC format; larger ones are a file's own


class Morphology(Summarised, Pytree):
    """A reconstructed or grown neuron. Parents come before their children, so one pass in order visits the tree.

    All operations are gathers over the points, so morphologies padded to one size (with points of radius 0 that are joined to
    point 0) can be stacked and vmapped.

    Attributes:
        position: Where the points are (point, 3) [µm].
        radius: Half the diameter there (point,) [µm].
        parent: Index of each point's parent (point,); -1 for a root.
        kind: What each point belongs to: UNDEFINED, SOMA, AXON, BASAL, APICAL or a file's own type (point,).
        joint: True where a point is only attached to its parent, without membrane between them, as the first point of a
            dendrite is to the soma (point,). Roots are joints.
    """

    position: jax.Array
    radius: jax.Array
    parent: jax.Array
    kind: jax.Array
    joint: jax.Array

    @property
    def step(self) -> jax.Array:
        """Way along the frustum before each point (point, 3) [µm]; of a joint none."""
        return jnp.where(self.joint[:, None], 0.0, self.position - self.position[jnp.maximum(self.parent, 0)])

    @property
    @jax.jit
    def ends(self) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Length [µm] of the frustum before each point and its radii at the parent's end and at its own [µm], (point,) each.

        A joint has length zero.
        """
        before = jnp.maximum(self.parent, 0)
        return norm(self.step), jnp.where(self.joint, self.radius, self.radius[before]), self.radius

    @property
    def length(self) -> jax.Array:
        """Length of the frustum before each point (point,) [µm]."""
        return self.ends[0]

    @property
    @jax.jit
    def area(self) -> jax.Array:
        """Lateral area of the frustum before each point (point,) [µm²]."""
        length, a, b = self.ends
        slant = norm(jnp.stack([length, a - b], -1))
        return jnp.where(self.joint, 0.0, math.pi * (a + b) * slant)

    @property
    @jax.jit
    def volume(self) -> jax.Array:
        """Volume of the frustum before each point (point,) [µm³]."""
        length, a, b = self.ends
        return math.pi / 3 * length * (a * a + a * b + b * b)

    @property
    def path_distance(self) -> jax.Array:
        """Length of the way from the root to each point (point,) [µm]."""
        return self.along_path(self.length)

    @jax.jit
    def along_path(self, amount: jax.Array) -> jax.Array:
        """The sum of what each point adds (point,) over the way from the root to every point (point,).

        By pointer jumping: as many gathers as the logarithm of the number of points.
        """
        total, above = amount, self.parent
        for _ in range(max(amount.shape[0] - 1, 1).bit_length()):
            total = total + jnp.where(above >= 0, total[jnp.maximum(above, 0)], 0.0)
            above = jnp.where(above >= 0, above[jnp.maximum(above, 0)], -1)
        return total
