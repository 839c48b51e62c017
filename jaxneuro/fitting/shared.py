"""Several cells that share some parameters, such as channel kinetics, and have others of their own."""

import jax
import jax.numpy as jnp

from ..learn import ParameterBox, linearise
from ..model import Model
from ..pytree import Pytree, static
from .residuals import SweepResiduals, Weights
from .starts import balance
from .targets import Target


class SharedResiduals(Pytree):
    """Residuals of several cells as a function of one vector: the shared parameters, then each cell's own.

    A residual depends on the shared parameters and those of one cell, so the Jacobian costs as many tangents as one cell
    has parameters, however many cells there are.

    Attributes:
        model: The model of every cell.
        box: The shared parameters, then those of one cell.
        target: The sweeps of the first cell, then of the second, ...
        shared: How many parameters are shared.
        cells: How many cells there are; all have the same number of sweeps.
        weights: Of the residual groups.
    """

    model: Model
    box: ParameterBox
    target: Target
    shared: int = static()
    cells: int = static()
    weights: Weights = Weights()

    @property
    def size(self) -> int:
        """Length of the vector."""
        return self.shared + self.cells * self._own

    @property
    def _own(self) -> int:
        return len(self.box.names) - self.shared

    def each(self, theta: jax.Array) -> jax.Array:
        """The vector of every cell (cell, parameter of a cell)."""
        own = theta[self.shared :].reshape(self.cells, self._own)
        return jnp.concatenate([jnp.broadcast_to(theta[: self.shared], (self.cells, self.shared)), own], axis=1)

    def __call__(self, theta: jax.Array) -> jax.Array:
        """Residuals (residual,) at a vector theta (parameter,)."""
        rows = jax.vmap(lambda target, x: self._of(target)(x))(self._targets(), self.each(theta))
        return jnp.ravel(rows) / self.cells**0.5

    def linearise(self, theta: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Residuals (residual,) and their Jacobian (residual, parameter), zero where a cell does not depend."""
        r, block = jax.vmap(lambda target, x: linearise(self._of(target), x))(self._targets(), self.each(theta))
        cells, rows, _ = block.shape
        same = jnp.eye(cells, dtype=block.dtype)
        own = jnp.einsum("crp,cd->crdp", block[:, :, self.shared :], same).reshape(cells * rows, -1)
        shared = block[:, :, : self.shared].reshape(cells * rows, -1)
        return jnp.ravel(r) / self.cells**0.5, jnp.concatenate([shared, own], axis=1) / self.cells**0.5

    def balanced(self, theta: jax.Array) -> jax.Array:
        """The vector with each cell's own conductances by current balance; shared ones stay (parameter,)."""
        moved = jax.vmap(lambda t, x: balance(self.model, self.box, t, x))(self._targets(), self.each(theta))
        return jnp.concatenate([theta[: self.shared], jnp.ravel(moved[:, self.shared :])])

    def _of(self, target: Target) -> SweepResiduals:
        return SweepResiduals(self.model, self.box, target, self.weights)

    def _targets(self) -> Target:
        return jax.tree.map(lambda x: x.reshape(self.cells, -1, *x.shape[1:]), self.target)
