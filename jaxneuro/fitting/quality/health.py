"""Whether derivatives can be trusted, and what the data say about each parameter."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...learn import linearise
from ...pytree import Pytree, static
from ..residuals import SweepResiduals, describe, free_run, residuals

MACROSCOPIC = 1e-2  # step of the finite difference: coarse enough to see the trend through the jitter of the time grid
UNHEALTHY = 0.5  # relative error of a derivative beyond which it misleads


class Health(Pytree):
    """Derivatives of spike times at the solution, by automatic differentiation and by macroscopic finite differences.

    Attributes:
        error: Relative error over all parameters (sweep, spike); NaN where there is no spike.
        warning: What to do about it, or an empty string.
    """

    error: Any
    warning: str = static(default="")


class ResidualsAndTimes(Pytree):
    """Residuals, then spike times, in one vector: one compilation differentiates both."""

    of: SweepResiduals

    def __call__(self, theta: jax.Array) -> jax.Array:
        target = self.of.target
        found = describe(free_run(self.of.box.cell(self.of.model, theta), target), target)
        compare = jax.vmap(lambda a, b, n: residuals(a, b, n, self.of.weights))
        rows = compare(found, target.features, target.has_quiet)
        share = jnp.sqrt(target.weight / jnp.sum(target.weight))
        return jnp.concatenate([jnp.ravel(rows * share[:, None]), jnp.ravel(jnp.where(found.fired, found.times, 0.0))])


@jax.jit
def _audit(of: ResidualsAndTimes, theta: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    value, jacobian = linearise(of, theta)
    steps = MACROSCOPIC * jnp.eye(len(theta), dtype=theta.dtype)
    ends = jax.vmap(of)(jnp.concatenate([theta + steps, theta - steps]))
    difference = (ends[: len(theta)] - ends[len(theta) :]) / (2 * MACROSCOPIC)
    return value, jacobian, difference.T


def audit(of: SweepResiduals, theta: jax.Array) -> tuple[np.ndarray, np.ndarray, Health]:
    """Residuals (residual,), their Jacobian (residual, parameter), and the health of derivatives at theta (parameter,)."""
    value, jacobian, difference = (np.asarray(x, float) for x in _audit(ResidualsAndTimes(of), theta))
    shape = of.target.features.times.shape
    size = shape[0] * shape[1]
    exact, coarse = jacobian[-size:], difference[-size:]
    scale = np.linalg.norm(coarse, axis=1)
    with np.errstate(all="ignore"):
        error = np.where(value[-size:] > 0, np.linalg.norm(exact - coarse, axis=1) / scale, np.nan).reshape(shape)
    return value[:-size], jacobian[:-size], Health(error, _warning(error, of.target.dt))


def _warning(error: np.ndarray, dt: float) -> str:
    worst = np.nanmax(error, initial=0.0)
    if worst <= UNHEALTHY:
        return ""
    spike = int(np.nanargmax(np.nanmax(np.nan_to_num(error), axis=0))) + 1
    return (
        f"the derivative of the time of spike {spike} is off by {worst:.2g} of itself against a finite difference at a "
        f"step of {MACROSCOPIC:g}: dt = {dt:g} ms is too coarse for the upstroke. Fit with dt={dt / 2:g} (--dt {dt / 2:g})."
    )


def laplace(residual: np.ndarray, jacobian: np.ndarray) -> np.ndarray:
    """Covariance of the parameter vector (parameter, parameter) in the Gauss–Newton approximation.

    The scatter of the residuals is the size of the errors; a uniform place between the bounds is the prior, whose
    logit has variance π²/3, so that a parameter without effect has that and no more.
    """
    scatter = residual @ residual / max(np.count_nonzero(residual) - jacobian.shape[1], 1)
    return np.linalg.inv(jacobian.T @ jacobian / max(scatter, 1e-12) + np.eye(jacobian.shape[1]) * 3 / np.pi**2)
