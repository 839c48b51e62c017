"""Driving forces that follow concentrations: any ohmic channel, with the potential of Nernst or the flux of GHK."""

import jax

from ...arithmetic import Values
from ...pytree import parameter, static
from .channel import Channel, Environment
from .gates import Kinetics, Markov


class _Gated(Channel):
    """What lets an ion through as another channel does: by the gates of that, at its temperature."""

    channel: Channel

    def gates(self, v: jax.Array, env: Environment) -> dict[str, Kinetics | Markov]:
        return self.channel.gates(v, env)

    def warmth(self, celsius: Values) -> jax.Array | None:
        return self.channel.warmth(celsius)


class Nernst(_Gated):
    """An ohmic channel whose reversal potential is the Nernst potential of its ion; needs a pool of that name.

    `jn.channels.Nernst(jn.channels.K(), ion="k")`; the channel's own `e` is not used.

    Attributes:
        channel: A channel with a reversal potential `e`.
        ion: The ion, whose pool gives the potential and is filled by the current.

    Source: Nernst (1888); Hille (2001), Ion Channels of Excitable Membranes, 3rd ed., eq. 1.11.
    """

    ion: str = static(default="ca")  # pyright: ignore[reportIncompatibleVariableOverride]

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        return self.channel.replace(e=env.reversal(self.ion)).current(v, gates, env)


class GHK(_Gated):
    """A channel whose open pores let an ion diffuse through a constant field; needs a pool of that name.

    `jn.channels.GHK(jn.channels.CaL(), 1e-4, ion="ca")`; the channel's own `g_max` and `e` are not used.

    Attributes:
        channel: A channel with `g_max` and `e`, of which the open fraction is taken.
        permeability: With all pores open [cm/s].
        ion: The ion, whose pool gives the concentrations and is filled by the current.

    Source: Goldman (1943), J. Gen. Physiol. 27:37; Hodgkin & Katz (1949), J. Physiol. 108:37.
    """

    permeability: Values = parameter(unit="cm/s", least=0.0)
    ion: str = static(default="ca")  # pyright: ignore[reportIncompatibleVariableOverride]

    def current(self, v: jax.Array, gates: dict[str, jax.Array], env: Environment) -> jax.Array:
        open_fraction = self.channel.replace(g_max=1.0, e=v - 1.0).current(v, gates, env)
        return open_fraction * env.flux(self.ion, self.permeability, v)
