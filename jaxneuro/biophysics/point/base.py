"""Point neurons with a reset: what is common to all. The models are in `integrate_and_fire.py` and `quadratic.py`.

Between spikes the voltage obeys one equation, dv/dt = f(v) with everything else held; a model gives its solution over a
time (`flow`) and the time at which it reaches the peak (`time_to_peak`). A step with a spike in it is then: up to the
peak, reset, wait for the refractory period, and on for what is left of the step.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ...model import Model
from ...pytree import Pytree
from ..membrane import Kinetics
from ..stimuli import Drive


class PointState(Pytree):
    """What changes during a simulation of a point neuron; every array has shape (1,).

    Attributes:
        v: Membrane potential [mV, or dimensionless].
        gates: The adaptation current, `adaptation.w`, or nothing.
        refractory: What is left of the refractory period [ms].
        spike: Time from the start of the last step to the spike in it [ms]; -1 if there was none.
        pools: Empty: a point neuron has no concentrations.
    """

    v: jax.Array
    gates: dict[str, dict[str, jax.Array]]
    refractory: jax.Array
    spike: jax.Array
    pools: dict[str, jax.Array] = dataclasses.field(default_factory=dict)


class PointNeuron(Model):
    """Base of models with a reset. At most one spike a step: a second one waits for the next step.

    A subclass has the fields `v_peak`, `v_reset`, `refractory` and `v_init` and defines `slope`, `flow` and
    `time_to_peak`; with adaptation also `adaptation`, `jump` and `mean_voltage`. With `change` small potentials keep their
    digits in float32.
    """

    resets = True
    v_peak = 0.0
    v_reset = 0.0
    refractory = 0.0
    v_init = 0.0

    # --- what a model says -------------------------------------------------------------------------------------------

    def slope(self, v: jax.Array, w: jax.Array, drive: Drive) -> jax.Array:
        """dv/dt."""
        raise NotImplementedError(f"{type(self).__name__} must define slope(self, v, w, drive).")

    def flow(self, v: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        """v after t [ms] without a peak in between."""
        raise NotImplementedError(f"{type(self).__name__} must define flow(self, v, w, drive, t).")

    def change(self, v: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        """How v changes in t [ms] without a peak in between: `flow` less v, with the digits of the change."""
        return self.flow(v, w, drive, t) - v

    def time_to_peak(self, v: jax.Array, w: jax.Array, drive: Drive, within: jax.Array) -> jax.Array:
        """Time until v reaches the peak [ms]; infinite if that is not `within` so many ms."""
        raise NotImplementedError(f"{type(self).__name__} must define time_to_peak(self, v, w, drive, within).")

    def adaptation(self, v: jax.Array) -> Any:
        """Kinetics of w at a voltage, its inflow linear in v; None without adaptation."""
        del v

    def jump(self) -> Any:
        """What a spike adds to w."""
        return 0.0

    def mean_voltage(self, v: jax.Array, v1: jax.Array, w: jax.Array, drive: Drive, t: jax.Array) -> jax.Array:
        """Mean of v on its way from v to v1, which takes t [ms]."""
        del w, drive, t
        return 0.5 * (v + v1)

    # --- what a solver asks ------------------------------------------------------------------------------------------

    def initial(self, v: Any = None) -> PointState:
        """The state at a potential (default `v_init`), adaptation at its steady state there."""
        v = jnp.broadcast_to(self.v_init if v is None else v, (1,))
        v = v.astype(jnp.result_type(v, float))
        kinetics = self.adaptation(v)
        gates = {} if kinetics is None else {"adaptation": {"w": jnp.broadcast_to(kinetics.steady, v.shape)}}
        return PointState(v, gates, jnp.zeros_like(v), jnp.full_like(v, -1.0))

    def gate_kinetics(self, state: PointState) -> dict[str, dict[str, Kinetics]]:
        """Kinetics of the adaptation current."""
        kinetics = self.adaptation(state.v)
        return {} if kinetics is None else {"adaptation": {"w": kinetics}}

    def derivative(self, state: PointState, drive: Drive) -> PointState:
        """d state / dt between spikes, for any solver."""
        kinetics = self.gate_kinetics(state)
        gates = {c: {g: k.derivative(state.gates[c][g]) for g, k in names.items()} for c, names in kinetics.items()}
        zero = jnp.zeros_like(state.v)
        return PointState(self.slope(state.v, _adaptation(state), drive), gates, zero, zero)

    def observe(self, what: str, state: PointState, drive: Drive) -> jax.Array:
        """A named quantity (1,): `v`, `stimulus`, `w` or `refractory`.

        Raises:
            KeyError: for an unknown name; the message lists those that exist.
        """
        known = {"v": state.v, "stimulus": jnp.broadcast_to(drive.at(state.v), state.v.shape),
                 "refractory": state.refractory, **state.gates.get("adaptation", {})}  # fmt: skip
        if what not in known:
            raise KeyError(f"cannot record {what!r}. There are: {', '.join(known)}, spikes.")
        return known[what]

    def advance(self, state: PointState, drive: Drive, dt: jax.Array, origin: PointState | None = None) -> PointState:
        """The state after dt [ms] with w held, resets included. w is that of the middle of the step, and stays so.

        With an origin v and w are counted from there, in the state that is given and in the one that is returned.
        """
        v0, w0 = (0.0, 0.0) if origin is None else (origin.v, _adaptation(origin))
        v, w = v0 + state.v, w0 + _adaptation(state)
        wait = jnp.minimum(state.refractory, dt)
        time = self.time_to_peak(v, w, drive, dt - wait)
        fired = (time < dt - wait) & (dt > 0)
        time = jnp.where(fired, time, dt - wait)
        left = dt - wait - time
        active = jnp.where(fired, jnp.maximum(left - self.refractory, 0.0), 0.0)
        rise = self._to_peak(self.change, v, v, w, drive, jnp.where(fired, 0.0, time))
        bottom = jnp.broadcast_to(self.v_reset, v.shape).astype(v.dtype)
        last = self._to_peak(self.flow, bottom, 0.0, w + self.jump(), drive, active)
        v1 = jnp.where(fired, last - v0, state.v + rise)
        gates = state.gates
        if gates:
            top, end = jnp.where(fired, self.v_peak, v + rise), jnp.where(fired, last, v + rise)
            area = wait * v + time * self.mean_voltage(v, top, w, drive, time) + (left - active) * bottom
            area = area + active * self.mean_voltage(bottom, end, w + self.jump(), drive, active)
            gates = {
                "adaptation": {
                    "w": self._adapted(
                        _adaptation(state), v, area - 0.5 * dt * (v + end), fired, 0.5 * dt - wait - time
                    )
                }
            }
        refractory = jnp.where(fired, jnp.maximum(self.refractory - left, 0.0), state.refractory - wait)
        spike = jnp.where(fired, wait + time, -1.0)
        return state.replace(v=v1, gates=gates, refractory=refractory.astype(v.dtype), spike=spike.astype(v.dtype))

    def _adapted(self, w: jax.Array, v: jax.Array, excess: jax.Array, fired: jax.Array, ago: jax.Array) -> jax.Array:
        """w in the middle of a step, changed so that it is right at the end, to second order.

        A solver feeds w half a step of the voltage at either end; `excess` [mV ms] is the area under v beyond that. A
        spike's jump counts as if it had decayed from the spike, `ago` [ms], to the middle.
        """
        per_millivolt = self.adaptation(jnp.ones_like(v)).inflow - self.adaptation(jnp.zeros_like(v)).inflow
        return w + per_millivolt * excess + jnp.where(fired, self.jump() * jnp.exp(-self.adaptation(v).rate * ago), 0.0)

    def fired(self, state: PointState, start: jax.Array) -> jax.Array:
        """When it fired in the step from `start` to this state, made by `advance` [ms] or infinity."""
        return jnp.where(state.spike >= 0, start + state.spike, jnp.inf)

    def reset(self, before: PointState, after: PointState, start: jax.Array, dt: jax.Array) -> tuple:
        """The state after a step of a solver that does not know `advance`, and the time of the spike in it [ms] or infinity.

        The peak is located on a straight line, on which the voltage also leaves the refractory period, and the rest of the
        step is lost: first order.
        """
        free = 1.0 - jnp.minimum(before.refractory, dt) / jnp.where(dt > 0, dt, 1.0)  # share of the step
        moved = jnp.where(before.refractory > 0, before.v + free * (after.v - before.v), after.v)
        missed = (moved >= self.v_peak) & (dt > 0)
        gap = jnp.where(missed, moved - before.v, 1.0)
        time = jnp.clip((self.v_peak - before.v) / gap, 0.0, 1.0) * dt
        gates = {c: {g: x + jnp.where(missed, self.jump(), 0.0) for g, x in names.items()}
                 for c, names in after.gates.items()}  # fmt: skip
        v = jnp.where(missed, self.v_reset, moved)
        wait = jnp.where(missed, self.refractory - (dt - time), before.refractory - dt)
        state = after.replace(
            v=v.astype(after.v.dtype),
            gates=gates,
            refractory=jnp.maximum(wait, 0.0).astype(after.v.dtype),
            spike=jnp.where(missed, time, -1.0).astype(after.v.dtype),
        )
        return state, jnp.where(missed, start + time, jnp.inf)

    def _to_peak(
        self, advanced: Callable, v: jax.Array, zero: Any, w: jax.Array, drive: Drive, t: jax.Array
    ) -> jax.Array:
        """`flow` or `change`, counted from zero or from v, ended at the peak: a cell that would fire twice waits there."""
        time = self.time_to_peak(v, w, drive, t)
        peaks = time < t
        return jnp.where(peaks, self.v_peak - zero, advanced(v, w, drive, jnp.where(peaks, 0.0, t)))


def _adaptation(state: PointState) -> jax.Array:
    return state.gates["adaptation"]["w"] if state.gates else jnp.zeros_like(state.v)
