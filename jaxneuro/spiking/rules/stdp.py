"""Spike-timing-dependent plasticity: pairs and triplets of spikes, on a grid or at exact times, and gated by reward."""

from typing import Any

import jax
import jax.numpy as jnp

from ...arithmetic import Scalar, Values
from ...pytree import Pytree, static


class Traces(Pytree):
    """What a synapse remembers of spikes: short (1) and long (2) traces of presynaptic (r) and postsynaptic (o) ones."""

    r1: jax.Array
    r2: jax.Array
    o1: jax.Array
    o2: jax.Array


class STDP(Pytree):
    """Weights change with the order of spikes.

    At a postsynaptic spike w grows by r1 (a2_plus + a3_plus o2), at a presynaptic one it falls by o1 (a2_minus + a3_minus r2). A
    trace jumps by 1 at its spike, after it was read, and decays with its time constant. With both a3 zero (the default) only
    pairs count: a2_plus exp(-lag / tau_plus) for pre before post, -a2_minus exp(-lag / tau_minus) for post before pre. Spikes at
    the same time do not see one another. `VISUAL_CORTEX` and `HIPPOCAMPUS` are fits.

    Attributes:
        a2_plus: Growth by a pair.
        a2_minus: Fall by a pair.
        a3_plus: Growth by a triplet post-pre-post.
        a3_minus: Fall by a triplet pre-post-pre.
        tau_plus: Time constant of r1 [ms].
        tau_minus: Time constant of o1 [ms].
        tau_x: Time constant of r2 [ms].
        tau_y: Time constant of o2 [ms].
        low: Weights stay above.
        high: Weights stay below.
        nearest: Whether only the nearest spikes count: a trace is then set to 1, not raised by 1.

    Source: Pfister & Gerstner (2006), J. Neurosci. 26:9673; defaults of the pair rule: Song, Miller & Abbott (2000),
    Nat. Neurosci. 3:919.
    """

    a2_plus: Values = 0.005
    a2_minus: Values = 0.00525
    a3_plus: Values = 0.0
    a3_minus: Values = 0.0
    tau_plus: Values = 20.0
    tau_minus: Values = 20.0
    tau_x: Values = 100.0
    tau_y: Values = 100.0
    low: Any = -jnp.inf
    high: Any = jnp.inf
    nearest: bool = static(default=False)

    def start(self, pre: int, post: int) -> Traces:
        """No spikes yet, of so many presynaptic and postsynaptic neurons."""
        return Traces(jnp.zeros(pre), jnp.zeros(pre), jnp.zeros(post), jnp.zeros(post))

    def update(
        self, traces: Traces, pre: jax.Array, post: jax.Array, weight: jax.Array, dt: Scalar, reward: Any = None
    ) -> tuple[Traces, jax.Array]:
        """The traces and the weights a time dt later, with the spikes at its end.

        Exact for any dt, so also from event to event.

        Args:
            traces: What is remembered.
            pre: 1 where a presynaptic neuron spikes, else 0 (pre,).
            post: 1 where a postsynaptic neuron spikes, else 0 (post,).
            weight: The weights (pre, post).
            dt: Time since the last update [ms].
            reward: Not used.
        """
        del reward
        traces, change = self.step(traces, pre, post, dt)
        return traces, jnp.clip(weight + change, self.low, self.high)

    def step(self, traces: Traces, pre: jax.Array, post: jax.Array, dt: Scalar) -> tuple[Traces, jax.Array]:
        """The traces, and by how much the weights change (pre, post)."""
        decay = Traces(*(jnp.exp(-dt / tau) for tau in (self.tau_plus, self.tau_x, self.tau_minus, self.tau_y)))
        old = jax.tree.map(jnp.multiply, traces, decay)
        growth = jnp.outer(old.r1, post * (self.a2_plus + self.a3_plus * old.o2))
        fall = jnp.outer(pre * (self.a2_minus + self.a3_minus * old.r2), old.o1)
        jump = lambda x, spike: jnp.where(spike > 0, 1.0, x) if self.nearest else x + spike
        return Traces(jump(old.r1, pre), jump(old.r2, pre), jump(old.o1, post), jump(old.o2, post)), growth - fall

    @jax.jit
    def change(self, pre: jax.Array, post: jax.Array) -> jax.Array:
        """How much spikes at exact times change the weights, without bounds (pre, post); differentiable in the times.

        Args:
            pre: Spike times of the presynaptic neurons, padded with infinity (pre, spike) [ms].
            post: Spike times of the postsynaptic neurons, padded with infinity (post, spike) [ms].
        """
        own = jax.vmap(lambda train, tau: self._seen(train[None], train[None], tau)[0, 0], (0, None))
        growth = jnp.isfinite(post) * (self.a2_plus + self.a3_plus * own(post, self.tau_y))
        fall = jnp.isfinite(pre) * (self.a2_minus + self.a3_minus * own(pre, self.tau_x))
        r1, o1 = self._seen(pre, post, self.tau_plus), self._seen(post, pre, self.tau_minus)
        return jnp.einsum("ijs,js->ij", r1, growth) - jnp.einsum("jis,is->ij", o1, fall)

    def _seen(self, times: jax.Array, at: jax.Array, tau: Values) -> jax.Array:
        """The traces of trains when others spike (train, other, spike)."""
        times, at = times[:, None, None, :], at[None, :, :, None]
        before = times < at  # false where both are padding
        lag = jnp.where(before & jnp.isfinite(at), at - times, jnp.inf)
        trace = jnp.exp(-jnp.where(jnp.isfinite(lag), lag, 0.0) / tau) * jnp.isfinite(lag)
        return trace.max(-1, initial=0.0) if self.nearest else trace.sum(-1)


# Pfister & Gerstner (2006), tables 3 and 4, minimal models with all spikes; time constants of pairs from p. 9675.
VISUAL_CORTEX = STDP(0.0, 7.1e-3, 6.5e-3, 0.0, tau_plus=16.8, tau_minus=33.7, tau_y=114.0)
HIPPOCAMPUS = STDP(5.3e-3, 3.5e-3, 8e-3, 0.0, tau_plus=16.8, tau_minus=33.7, tau_y=40.0)


class RewardSTDP(Pytree):
    """A three-factor rule: what STDP would do is kept as an eligibility, and reward turns it into change.

    dc/dt = -c / tau + (what the STDP rule changes),  dw/dt = rate × reward × c

    Attributes:
        rule: The rule for spikes, whose bounds hold.
        tau: Time constant of the eligibility [ms].
        rate: Change for each unit of eligibility, reward and ms.

    Source: Izhikevich (2007), Cereb. Cortex 17:2443.
    """

    rule: STDP = STDP()
    tau: Values = 1000.0
    rate: Values = 1e-3

    def start(self, pre: int, post: int) -> tuple[Traces, jax.Array]:
        """No spikes yet, and nothing eligible."""
        return self.rule.start(pre, post), jnp.zeros((pre, post))

    def update(
        self, state: tuple, pre: jax.Array, post: jax.Array, weight: jax.Array, dt: Scalar, reward: Any = 0.0
    ) -> tuple[tuple, jax.Array]:
        """The change of `STDP.update`, with the reward during dt; it acts on what was eligible before the spikes at its end."""
        traces, eligible = state
        grown = -jnp.expm1(-dt / self.tau) * self.tau * eligible  # its integral over dt
        traces, change = self.rule.step(traces, pre, post, dt)
        weight = jnp.clip(weight + self.rate * reward * grown, self.rule.low, self.rule.high)
        return (traces, eligible * jnp.exp(-dt / self.tau) + change), weight
