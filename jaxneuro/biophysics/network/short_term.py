"""Short-term plasticity: how much of its weight a synapse uses for a spike."""

import jax
import jax.numpy as jnp

from ...arithmetic import Scalar, Values
from ...pytree import Pytree, parameter


class TsodyksMarkram(Pytree):
    """Depression and facilitation: a spike uses the fraction u of the resources x, and the weight counts u x times.

    Between spikes du/dt = -u / tau_facil and dx/dt = (1 - x) / tau_rec; at a spike u grows by use (1 - u), then x falls by u x.
    All synapses of a presynaptic cell share u and x; the parameters may be numbers or one for each cell (pre cell,).

    Attributes:
        use: Fraction that the first spike uses, in [0, 1].
        tau_rec: Time constant of recovery [ms].
        tau_facil: Time constant of facilitation [ms]; the shorter, the more u is `use` for every spike.

    Source: Tsodyks, Pawelzik & Markram (1998), Neural Comput. 10:821, eqs. 2.2-2.5; constants of a depressing synapse.
    """

    use: Values = parameter(default=0.5, least=0.0, most=1.0)
    tau_rec: Values = parameter(default=800.0, unit="ms", above=0.0)
    tau_facil: Values = parameter(default=1.0, unit="ms", above=0.0)

    def rested(self, cells: int, dtype: jnp.dtype) -> tuple[jax.Array, jax.Array]:
        """u and x of synapses that have not been used (cell,)."""
        return jnp.zeros(cells, dtype), jnp.ones(cells, dtype)

    def after(self, state: tuple, t: jax.Array) -> tuple[jax.Array, jax.Array]:
        """u and x after t [ms] without a spike."""
        u, x = state
        return u * jnp.exp(-t / self.tau_facil), 1.0 - (1.0 - x) * jnp.exp(-t / self.tau_rec)

    def spike(self, state: tuple, fires: jax.Array) -> tuple[tuple, jax.Array]:
        """u and x after a spike of the cells that fire, and by what it counts (cell,)."""
        u, x = state
        u = jnp.where(fires, u + self.use * (1.0 - u), u)
        used = jnp.where(fires, u * x, 0.0)
        return (u, x - used), used

    def within(self, state: tuple, fired: jax.Array, dt: Scalar) -> tuple[tuple, jax.Array]:
        """u and x after a step of dt [ms] in which the cells fired at these times or at infinity, and what those count."""
        fires = jnp.isfinite(fired)
        time = jnp.where(fires, fired, dt)
        state, used = self.spike(self.after(state, time), fires)
        return self.after(state, dt - time), used

    def along(self, times: jax.Array) -> jax.Array:
        """What each spike of given trains counts (source, spike)."""
        gaps = jnp.diff(times, axis=1, prepend=0.0)
        gaps = jnp.where(jnp.isfinite(gaps), gaps, 0.0)  # from the padding nothing is used

        def next_spike(state: tuple, gap: jax.Array) -> tuple:
            return self.spike(self.after(state, gap), jnp.ones(gap.shape, bool))

        _, used = jax.lax.scan(next_spike, self.rested(times.shape[0], times.dtype), gaps.T)
        return used.T
