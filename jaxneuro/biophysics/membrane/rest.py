"""The resting state, as a differentiable function of the parameters."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.flatten_util import ravel_pytree
from jaxtyping import PyTree

from ...arithmetic import Values
from ..stimuli import Drive

LOWEST, HIGHEST, SPACING = -150.0, 60.0, 1.0  # mV: where a rest is looked for
BISECTIONS = 30
NEWTON_STEPS = 6
MARGIN = 1e-6  # 1/ms: conserved quantities have a growth rate of zero, up to rounding


def rest(model: PyTree, current: Values = 0.0) -> PyTree:
    """The state in which nothing changes: gates and concentrations steady, currents in balance.

    The lowest potential between -150 and 60 mV at which the steady current crosses zero stably. Its derivatives come
    from the implicit function theorem. A model without a rest has v = NaN when it is traced (under `jit`, `vmap` or
    `grad`, so that the `ok` of a simulation from it is False) and raises otherwise; so does one that leaves its rest by
    itself.

    Args:
        model: A cell or a point neuron; compartments without a cable between them rest for themselves.
        current: Constant current injected meanwhile [µA/cm²; of a point neuron, its unit].

    Returns:
        The state, for `simulate(..., initial=rest(model))`.

    Raises:
        ValueError: if there is no rest, or only an unstable one, and the parameters are concrete.
    """
    state = _rest(model, jnp.asarray(current, float))
    if not any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves((model, state))):
        _check(model, state, current)
    return state


@jax.jit
def _rest(model: PyTree, current: jax.Array) -> PyTree:
    model = jax.tree.map(lambda x: jnp.asarray(x, jnp.result_type(x, float)), model)
    drive = Drive(jnp.broadcast_to(current, (model.compartments,)))

    def imbalance(unknown: dict) -> dict:
        change = model.derivative(_settled(model, unknown), drive)
        return {"v": change.v, "pools": change.pools}

    def solve(f: Any, guess: dict) -> dict:
        def newton(_: int, at: dict) -> dict:
            value, linear = jax.linearize(f, at)
            return jax.tree.map(jnp.subtract, at, _linear_solve(linear, value))

        return jax.lax.fori_loop(0, NEWTON_STEPS, newton, guess)

    guess = jax.lax.stop_gradient(_bracketed(model, drive))
    return _settled(model, jax.lax.custom_root(imbalance, guess, solve, _linear_solve))


def _settled(model: PyTree, unknown: dict) -> PyTree:
    """The state at given voltages and concentrations, gates at their steady state."""
    state = model.initial(unknown["v"])
    if not unknown["pools"]:
        return state
    state = state.replace(pools=unknown["pools"])
    kinetics = model.gate_kinetics(state)
    gates = {c: {g: jnp.broadcast_to(k.steady, state.gates[c][g].shape) for g, k in names.items()}
             for c, names in kinetics.items()}  # fmt: skip
    return state.replace(gates=gates)


def _bracketed(model: PyTree, drive: Drive) -> dict:
    """Voltages and concentrations near the lowest stable balance; NaN where there is none."""

    def slope(v: jax.Array) -> jax.Array:
        change = model.derivative(model.initial(v), drive).v
        if not model.coupled:
            return change
        # compartments that are connected are looked for at one potential, from where Newton finds their own
        charge = change * model.capacitance * model.surface
        return jnp.broadcast_to(charge.sum(), change.shape)

    grid = jnp.arange(LOWEST, HIGHEST + SPACING, SPACING)
    sign = jax.vmap(lambda v: slope(jnp.full((model.compartments,), v)))(grid) > 0
    falls = sign[:-1] & ~sign[1:]
    low = jnp.where(falls.any(axis=0), grid[jnp.argmax(falls, axis=0)], jnp.nan)

    def halve(_: int, bracket: tuple) -> tuple:
        low, high = bracket
        middle = 0.5 * (low + high)
        rising = slope(middle) > 0
        return jnp.where(rising, middle, low), jnp.where(rising, high, middle)

    low, high = jax.lax.fori_loop(0, BISECTIONS, halve, (low, low + SPACING))
    state = model.initial(0.5 * (low + high))
    return {"v": state.v, "pools": state.pools}


def _linear_solve(linear: PyTree, right: PyTree) -> PyTree:
    """x with linear(x) = right, by the dense matrix of the linear function."""
    flat, unravel = ravel_pytree(right)
    matrix = jax.vmap(lambda e: ravel_pytree(linear(unravel(e)))[0], out_axes=1)(jnp.eye(flat.size, dtype=flat.dtype))
    return unravel(jnp.linalg.solve(matrix, flat))


def _check(model: PyTree, state: PyTree, current: Values) -> None:
    """Raise if the state is no rest, or one that the model leaves by itself."""
    if not np.isfinite(np.asarray(state.v)).all():
        raise ValueError(
            f"the model has no rest between {LOWEST:g} and {HIGHEST:g} mV with a current of {current:g}: the steady "
            "current crosses zero nowhere from below. Change the parameters or the current, or start from `model.initial(v)`."
        )
    growth = np.linalg.eigvals(np.asarray(_jacobian(model, state, jnp.asarray(current, float)))).real.max()
    if growth > MARGIN:
        raise ValueError(
            f"the balance at v = {np.asarray(state.v)[0]:.4g} mV is unstable (it grows at {growth:.3g}/ms): the model "
            "fires by itself and has no rest. Start from `model.initial(v)` instead."
        )


@jax.jit
def _jacobian(model: PyTree, state: PyTree, current: jax.Array) -> jax.Array:
    """Derivative of the rates of change with respect to the state; its eigenvalues are growth rates [1/ms]."""
    flat, unravel = ravel_pytree(state)
    drive = Drive(jnp.broadcast_to(current, (model.compartments,)))
    return jax.jacfwd(lambda x: ravel_pytree(model.derivative(unravel(x), drive))[0])(flat)
