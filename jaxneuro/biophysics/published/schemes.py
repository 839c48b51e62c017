"""The squid channels as Markov schemes of states, the form in which channels are measured one at a time.

Independent gates are a special case of a scheme: these carry the same current as `hodgkin_huxley.Na` and `K`. Change a rate
between two states, and the channel has no gates that would do the same.

Source: Hodgkin & Huxley (1952), J. Physiol. 117:500, for the rates; Hille (2001), Ion Channels of Excitable Membranes, 3rd
ed., ch. 18, for the schemes.
"""

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...pytree import parameter
from ..membrane import Channel, Environment, Kinetics, Markov
from .hodgkin_huxley import K, Na

K_OPEN, NA_OPEN = 4, 7  # the states that conduct


class KScheme(Channel):
    """Squid potassium channel of five states: 0 to 4 of its four subunits open, all four conduct.

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
    """

    g_max: Values = parameter(default=36.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=-77.0, unit="mV")
    q10 = 3.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Markov]:
        return {"p": Markov(_chain(4, K().gates(v, env)["n"]))}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["p"][..., K_OPEN] * (v - self.e)


class NaScheme(Channel):
    """Squid sodium channel of eight states: 0 to 3 subunits m open, while h is closed (states 0-3) or open (4-7).

    Attributes:
        g_max: Maximal conductance [mS/cm²].
        e: Reversal potential [mV].
    """

    g_max: Values = parameter(default=120.0, unit="mS/cm²", least=0.0, linear=True)
    e: Values = parameter(default=50.0, unit="mV")
    q10 = 3.0

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Markov]:
        gates = Na().gates(v, env)
        both = jnp.kron(jnp.eye(2, dtype=v.dtype), _chain(3, gates["m"]))
        return {"p": Markov(both + jnp.kron(_chain(1, gates["h"]), jnp.eye(4, dtype=v.dtype)))}

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        del env
        return self.g_max * gates["p"][..., NA_OPEN] * (v - self.e)


def _chain(subunits: int, gate: Kinetics) -> jax.Array:
    """Transition rates between 0, 1, ... open subunits (compartment, state, state) [1/ms]."""
    opening, closing = gate.inflow[..., None, None], (gate.rate - gate.inflow)[..., None, None]
    counts = jnp.arange(subunits, 0, -1, dtype=gate.rate.dtype)
    return opening * jnp.diag(counts, 1) + closing * jnp.diag(counts[::-1], -1)
