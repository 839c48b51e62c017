"""Exponential Euler: the method of most simulators, first order in time; here to compare with."""

from typing import ClassVar

import diffrax
import jax
import jax.numpy as jnp

from ..arithmetic import Scalar, Values
from ..model import Drive, Membrane, State
from .method import Arguments, require_kinetics
from .origin import whole


class ExponentialEuler(diffrax.AbstractSolver):
    """Exponential Euler: every variable relaxes for a step as if all others stayed at their old values. First order.

    Stable for any step, as `Staggered` is, at the same cost: prefer that one unless a published first-order result is
    to be repeated.

    Source: Rush & Larsen (1978), IEEE Trans. Biomed. Eng. 25:389; MacGregor (1987), Neural and Brain Modeling, ch. 12.
    """

    term_structure: ClassVar = diffrax.AbstractTerm
    interpolation_cls: ClassVar = diffrax.LocalLinearInterpolation

    def order(self, terms: diffrax.AbstractTerm) -> int:
        del terms
        return 1

    def init(self, terms: diffrax.AbstractTerm, t0: Scalar, t1: Scalar, y0: State, args: Arguments) -> None:
        """No memory between steps."""
        del terms, t0, t1, y0, args

    def step(
        self,
        terms: diffrax.AbstractTerm,
        t0: Scalar,
        t1: Scalar,
        y0: State,
        args: Arguments,
        solver_state: None,
        made_jump: Values,
    ) -> tuple:
        del terms, solver_state, made_jump
        dt = t1 - t0
        model, drive, origin = args.model, args.drive(t0 + 0.5 * dt), args.origin
        now, point = whole(origin, y0), origin and origin.state
        if isinstance(model, Membrane):
            y = y0.replace(v=y0.v + _membrane_change(model, now, drive, dt))
        else:
            y = model.advance(y0, drive, dt, point)
        pools = _relax(model.pool_kinetics(now), y0.pools, point and point.pools, dt)
        y1 = y.replace(
            gates=_relax(model.gate_kinetics(now), y.gates, point and point.gates, dt, args.noise), pools=pools
        )
        return y1, None, dict(y0=y0, y1=y1), None, diffrax.RESULTS.successful

    def func(self, terms: diffrax.AbstractTerm, t0: Scalar, y0: State, args: Arguments) -> State:
        return terms.vf(t0, y0, args)


def _membrane_change(model: Membrane, state: State, drive: Drive, dt: Scalar) -> jax.Array:
    """How v changes in dt [ms]: capacitance dv/dt = -(conductance v + offset), solved exactly."""
    if model.coupled:
        raise ValueError("ExponentialEuler cannot solve a cable, whose compartments are coupled: leave solver out.")
    conductance, offset = model.membrane_line(state)
    if drive.conductance is not None:
        conductance = conductance + drive.conductance
    z = dt * conductance / model.capacitance
    change = dt * (drive.current - offset - conductance * state.v) / model.capacitance
    flat = jnp.abs(z) < 1e-4
    return change * jnp.where(flat, 1 - 0.5 * z, -jnp.expm1(-z) / jnp.where(flat, 1.0, z))


def _relax(kinetics: dict, x: dict, origin: dict | None, dt: Scalar, noise: dict | None = None) -> dict:
    """Every gate and concentration after dt [ms], exactly, at the old voltage, counted from an origin; None is zero."""
    if not isinstance(kinetics, dict):
        if kinetics.diffuses:
            raise ValueError("ExponentialEuler cannot solve an ion that diffuses: leave solver out.")
        zero = 0.0 if origin is None else origin
        x1 = kinetics.exponential(x, dt, zero)
        return x1 if noise is None else jnp.clip(x1 + kinetics.noise(zero + x, dt) * noise, 0.0 - zero, 1.0 - zero)
    require_kinetics(kinetics, x)
    return {n: _relax(kinetics[n], x[n], origin and origin[n], dt, noise and noise.get(n)) for n in x}
