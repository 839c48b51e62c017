"""Rate functions fitted to measured rate constants, as Hodgkin and Huxley fitted theirs by hand."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..biophysics.membrane import Cell
from ..biophysics.published import ExponentialRate, LinoidRate, SigmoidRate, hodgkin_huxley_free
from ..pytree import Pytree, static

Measured = Mapping[str, tuple[np.ndarray, np.ndarray]]

RELATIVE = 0.1  # error taken for a measured rate, as a share of it: repeated axons in the tables differ by this much
ABSOLUTE = 0.01  # and as a share of the largest of its kind, which is all that a zero or negative entry has
RESOLUTION = 0.005  # 1/ms, half of the last digit that the tables give for the slow rates
ROBUST = 2.0  # errors beyond so many of these count by their size, not their square
FORMS = {
    "alpha_n": LinoidRate, "beta_n": ExponentialRate, "alpha_m": LinoidRate,
    "beta_m": ExponentialRate, "alpha_h": ExponentialRate, "beta_h": SigmoidRate,
}  # fmt: skip
# where starts are drawn: rates [1/ms] and slopes [mV] evenly in the logarithm, midpoints evenly [mV]
SPREAD = {"rate": (0.01, 20.0), "slope": (3.0, 150.0), "midpoint": (-40.0, 100.0)}
PER_MIDPOINT = 10.0  # mV of midpoint for one unit of the parameter vector, so that all parameters have one scale


class RateFit(Pytree):
    """Rate functions after a fit.

    Attributes:
        rates: The fitted functions, by name.
        errors: Standard error of each coefficient, in the same structure; Laplace approximation.
        loss: Half the sum of squared residuals, by rate; about half the number of measurements if errors are as taken.
        starts: How many starts found that loss within 1 %, by rate.
    """

    rates: dict[str, Any]
    errors: dict[str, Any]
    loss: dict[str, Any]
    starts: dict[str, int] = static()


def coefficients() -> list[tuple[str, str]]:
    """What the entries of a parameter vector are: rate and coefficient, such as ("alpha_n", "slope")."""
    return [(name, field.name) for name, form in FORMS.items() for field in dataclasses.fields(form)]


def random_starts(count: int, key: jax.Array) -> jax.Array:
    """Parameter vectors of random rate functions over two to three orders of magnitude (start, parameter)."""
    uniform = jax.random.uniform(key, (count, len(coefficients())))
    ends = [tuple(map(_inward(kind), SPREAD[kind])) for _, kind in coefficients()]
    low, high = (jnp.array(side) for side in zip(*ends, strict=True))
    return low + uniform * (high - low)


def functions(theta: jax.Array) -> dict[str, Any]:
    """The rate functions that a parameter vector (parameter,) stands for."""
    values: dict[str, dict] = {name: {} for name in FORMS}
    for (name, kind), x in zip(coefficients(), theta, strict=True):
        values[name][kind] = PER_MIDPOINT * x if kind == "midpoint" else jnp.exp(x)
    return {name: form(**values[name]) for name, form in FORMS.items()}


def residuals(measured: Measured) -> Any:
    """The function from a parameter vector to residuals (sample,), rate after rate in the order of their names.

    Each is (model - measured) / √((relative error)² + (absolute error)²), bent so that an outlier counts linearly.
    """
    return jax.tree_util.Partial(
        _residuals, dict(measured)
    )  # a pytree, so that other measurements do not compile again


def _residuals(measured: Measured, theta: jax.Array) -> jax.Array:
    found = functions(theta)
    return jnp.concatenate([_bent((found[n](u) - y) / _error(y)) for n, (u, y) in sorted(measured.items())])


def collect(measured: Measured, theta: jax.Array) -> RateFit:
    """The best of many optimised starts, rate by rate, because no two rates share a coefficient.

    Args:
        measured: Depolarisations [mV] and rates [1/ms] by name, as `data.hh1952.MEASURED`.
        theta: Parameter vectors (start, parameter).

    Returns:
        The fitted rates with their errors.

    Raises:
        ValueError: if no start gave a finite loss for one of the rates.
    """
    left, slopes = (np.asarray(x, float) for x in _linearised(residuals(measured), theta))
    names = sorted(measured)
    edges = np.cumsum([0] + [len(measured[name][0]) for name in names])
    best, variance, loss, agree = np.zeros(theta.shape[1]), np.zeros(theta.shape[1]), {}, {}
    for name, low, high in zip(names, edges, edges[1:], strict=False):
        losses = np.nan_to_num(0.5 * np.sum(left[:, low:high] ** 2, 1), nan=np.inf)
        if not np.isfinite(losses).any():
            raise ValueError(f"all {len(losses)} starts of {name} diverged: take more starts or smaller steps.")
        start, mine = losses.argmin(), np.array([owner == name for owner, _ in coefficients()])
        best[mine] = np.asarray(theta)[start, mine]
        variance[mine] = _variances(left[start, low:high], slopes[start, low:high][:, mine])
        loss[name], agree[name] = float(losses.min()), int(np.sum(losses < 1.01 * losses.min()))
    found = functions(jnp.asarray(best))
    rates = {name: jax.tree.map(float, found[name]) for name in FORMS}
    return RateFit(rates, _deviations(best, variance), loss, agree)


@jax.jit
def _linearised(of: Any, theta: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Residuals (start, sample) and their derivatives (start, sample, parameter)."""
    return jax.vmap(lambda x: (of(x), jax.jacfwd(of)(x)))(theta)


def cell_of(rates: Mapping[str, Any]) -> Cell:
    """The squid axon with these rate functions and the published conductances."""
    cell = hodgkin_huxley_free()
    for name, function in rates.items():
        cell = cell.set(f"{'k' if name.endswith('n') else 'na'}.{name}", function)
    return cell


def published() -> dict[str, Any]:
    """The rate functions that Hodgkin and Huxley drew through their measurements."""
    cell = hodgkin_huxley_free()
    return {name: cell.get(f"{'k' if name.endswith('n') else 'na'}.{name}") for name in FORMS}


def _inward(kind: str) -> Any:
    return (lambda x: x / PER_MIDPOINT) if kind == "midpoint" else np.log


def _error(y: Any) -> jax.Array:
    return jnp.sqrt((RELATIVE * y) ** 2 + (ABSOLUTE * jnp.abs(y).max()) ** 2 + RESOLUTION**2)


def _bent(r: jax.Array) -> jax.Array:
    """Residual whose square is quadratic near 0 and linear beyond `ROBUST`, without cancellation at 0."""
    return r * jnp.sqrt(2 / (1 + jnp.sqrt(1 + (r / ROBUST) ** 2)))


def _variances(left: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Variances of parameters from the curvature at the optimum, with the scatter left as the size of the errors."""
    scatter = np.sum(left**2) / max(slopes.shape[0] - slopes.shape[1], 1)
    return scatter * np.diag(np.linalg.pinv(slopes.T @ slopes))


def _deviations(theta: np.ndarray, variance: np.ndarray) -> dict[str, Any]:
    """Standard errors of the coefficients from the variances of the parameters, to first order."""
    deviations: dict[str, dict] = {name: {} for name in FORMS}
    for (name, kind), x, v in zip(coefficients(), theta, variance, strict=True):
        deviations[name][kind] = float((PER_MIDPOINT if kind == "midpoint" else np.exp(x)) * np.sqrt(v))
    return {name: form(**deviations[name]) for name, form in FORMS.items()}
