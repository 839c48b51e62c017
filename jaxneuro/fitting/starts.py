"""Where a fit begins: random kinetics, conductances by current balance, and a free run to choose among them.

With the voltage known, the membrane equation is linear in conductances and capacitance once kinetics are given, so those
are found by least squares within their bounds instead of by search.

Source: Huys, Ahrens & Paninski (2006), J. Neurophysiol. 96:872.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..learn import ParameterBox, half_square
from ..model import Model
from ..pytree import bounds_at, joined
from ..units import NANOAMPERE_PER_SQUARE_MICROMETRE
from .residuals import SweepResiduals
from .targets import Target

BALANCE_STEP = 0.06  # ms; the balance needs no more
DESCENTS = 1000  # sweeps of coordinate descent: sodium and potassium currents nearly cancel in a spike
SPIKE_WEIGHT = 0.1  # ms/mV: balance counts as 1 / (1 + 0.1 |dv/dt|), or only upstrokes would be fitted
BATCH = 64  # cells simulated at once while screening
AREA = "area"  # by the inverse of which the balance is linear: what is injected comes as a current for each area
LONG = 6_000_000  # samples of voltage simulated at once, over cells and sweeps


def screened_starts(residuals: SweepResiduals, count: int, key: jax.Array, *, draws: int = 512) -> jax.Array:
    """Starts for a fit.

    Args:
        residuals: What is to be fitted.
        count: Number of starts.
        key: Random key.
        draws: Number of random kinetics to choose from.

    Returns:
        Vectors, best first (start, parameter).
    """
    theta = residuals.box.draw(key, max(draws, count))
    balanced, losses = _screen(residuals, theta)
    order = np.argsort(np.nan_to_num(np.asarray(losses), nan=np.inf), kind="stable")[:count]
    return balanced[order]


@jax.jit
def _screen(residuals: SweepResiduals, theta: jax.Array) -> tuple[jax.Array, jax.Array]:
    balanced = jax.vmap(lambda x: balance(residuals.model, residuals.box, residuals.target, x))(theta)
    losses = jax.lax.map(lambda x: half_square(residuals(x)), balanced, batch_size=_batch(residuals, len(theta)))
    return balanced, losses


def _batch(residuals: Any, count: int) -> int:
    return max(min(LONG // residuals.target.v.size, BATCH, count), 1)


def balance(model: Model, box: ParameterBox, target: Target, theta: jax.Array) -> jax.Array:
    """A vector with the conductances, capacitance and area that balance the currents best, the rest as it is.

    Args:
        model: The model.
        box: Its free parameters.
        target: What was measured.
        theta: Vector (parameter,).

    Returns:
        Vector (parameter,).
    """
    linear = [i for i, name in enumerate(box.names) if name == AREA or _is_linear(model, name)]
    if not linear or model.coupled:  # what flows along a cable is not measured
        return theta
    cell = box.cell(model, theta)
    low, high = (box.values(jnp.full_like(theta, end)) for end in (-4.0, 4.0))
    inverse = jnp.asarray([box.names[i] == AREA for i in linear])
    low, high = low[jnp.asarray(linear)], high[jnp.asarray(linear)]
    low, high = jnp.where(inverse, 1 / high, low), jnp.where(inverse, 1 / low, high)
    normal, right = _normal_equations(cell, [box.names[i] for i in linear], target)
    found = _bounded_least_squares(normal, right, low, high)
    values = box.values(theta).at[jnp.asarray(linear)].set(jnp.where(inverse, 1 / found, found))
    return box.theta(values)


def _is_linear(model: Any, name: str) -> bool:
    return all(bounds_at(model, part.place.keys).linear for part in joined(model, name))


def _normal_equations(cell: Model, names: list[str], target: Target) -> tuple[jax.Array, jax.Array]:
    stride = max(round(BALANCE_STEP / target.dt), 1)
    dt = stride * target.dt

    def of_sweep(v: jax.Array, current: jax.Array, until: jax.Array) -> tuple:
        v, current = v[::stride], current[::stride]
        slope = (v[2:] - v[:-2]) / (2 * dt)
        used = jnp.arange(1, len(v) - 1) * dt < until
        state = cell.initial(v[0])

        def step(carry: tuple, x: tuple) -> tuple:
            state, normal, right = carry
            v, slope, current, used = x
            kinetics = cell.gate_kinetics(state.replace(v=0.5 * (state.v + v)))  # second order: the middle of the step
            gates = {c: {g: kinetics[c][g].exponential(y, dt) for g, y in ys.items()} for c, ys in state.gates.items()}
            state = state.replace(v=jnp.broadcast_to(v, state.v.shape), gates=gates)
            row, rest = _balance_row(cell, names, state, slope, current)
            weight = jnp.where(used, 1 / (1 + SPIKE_WEIGHT * jnp.abs(slope)), 0.0)
            row, rest = row * weight, rest * weight
            return (state, normal + jnp.outer(row, row), right + row * rest), None

        size = len(names)
        empty = (state, jnp.zeros((size, size), v.dtype), jnp.zeros(size, v.dtype))
        (_, normal, right), _ = jax.lax.scan(step, empty, (v[1:-1], slope, current[1:-1], used))
        return normal, right

    until = jnp.minimum(target.frame.end + 100.0, target.frame.last)
    normal, right = jax.vmap(of_sweep)(target.v, target.current, until)
    return normal.sum(0), right.sum(0)


def _balance_row(cell: Any, names: list[str], state: Any, slope: jax.Array, current: jax.Array) -> tuple:
    """Coefficients of the unknowns in C dv/dt + Σ g x (v - e) = I / area, and the known side."""

    def imbalance(unknown: jax.Array) -> jax.Array:
        values = dict(zip(names, unknown, strict=True))
        per_area = values.pop(AREA, 1 / jnp.ravel(jnp.asarray(cell.area))[0])
        here = cell
        for name, value in values.items():
            here = here.set(name, value)
        injected = current * NANOAMPERE_PER_SQUARE_MICROMETRE * per_area
        return here.capacitance * slope + here.membrane_current(state)[0] - injected

    zero = jnp.zeros(len(names), state.v.dtype)
    basis = jnp.eye(len(names), dtype=zero.dtype)
    row = jax.vmap(lambda e: jax.jvp(imbalance, (zero,), (e,))[1])(basis)
    return row, -imbalance(zero)


def _bounded_least_squares(normal: jax.Array, right: jax.Array, low: jax.Array, high: jax.Array) -> jax.Array:
    """argmin ½ xᵀ normal x - rightᵀ x with low ≤ x ≤ high, by coordinate descent."""
    scale = 1 / jnp.sqrt(jnp.diag(normal) + 1e-20)
    normal, right = normal * scale * scale[:, None], right * scale
    low, high = low / scale, high / scale

    def sweep(_: int, x: jax.Array) -> jax.Array:
        for i in range(len(right)):
            x = x.at[i].set(jnp.clip(x[i] + (right[i] - normal[i] @ x) / (normal[i, i] + 1e-9), low[i], high[i]))
        return x

    return jax.lax.fori_loop(0, DESCENTS, sweep, jnp.clip(right, low, high)) * scale
