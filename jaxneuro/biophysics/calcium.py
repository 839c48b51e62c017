"""Concentrations: the pool that currents fill, the Nernst potential, and the flux of Goldman, Hodgkin and Katz."""

from typing import Any

import jax
import jax.numpy as jnp

from ..pytree import Pytree
from ..units import FARADAY, GAS, ZERO_CELSIUS
from .gates import Kinetics, linoid


class CalciumPool(Pytree):
    """Calcium in a shell under the membrane: fed by calcium currents, cleared exponentially.

    d[Ca]/dt = -i / (2 F depth) - ([Ca] - rest) / tau

    Attributes:
        rest: Concentration without current [mM].
        tau: Time constant of removal [ms].
        depth: Depth of the shell [µm].

    Source: Destexhe, Babloyantz & Sejnowski (1993), Biophys. J. 65:1538; constants of ModelDB 123623.
    """

    rest: Any = 2.4e-4
    tau: Any = 5.0
    depth: Any = 1.0

    def kinetics(self, current: jax.Array) -> Kinetics:
        """Relaxation under a calcium current density, outward positive [µA/cm²]."""
        influx = -current * 10.0 / (2 * FARADAY * self.depth)  # µA/cm² / (C/mol µm) = 10 mM/ms
        return Kinetics(self.rest / self.tau + influx, jnp.broadcast_to(1.0 / self.tau, jnp.shape(influx)))


def nernst(inside: Any, outside: Any, valence: int, celsius: Any) -> jax.Array:
    """Equilibrium potential of an ion [mV].

    Args:
        inside: Internal concentration [mM].
        outside: External concentration [mM].
        valence: Charge number.
        celsius: Temperature [°C].

    Source: Nernst (1888); Hille (2001), Ion Channels, eq. 1.11.
    """
    return 1e3 * GAS * (celsius + ZERO_CELSIUS) / (valence * FARADAY) * jnp.log(outside / inside)


def ghk_current(permeability: Any, v: Any, inside: Any, outside: Any, valence: int, celsius: Any) -> jax.Array:
    """Current density of an ion that diffuses through a constant field, outward positive [µA/cm²]; smooth at v = 0.

    i = P z F (inside ξ / (1 - exp(-ξ)) - outside ξ / (exp(ξ) - 1)),  ξ = z F v / (R T)

    Args:
        permeability: P [cm/s].
        v: Membrane potential [mV].
        inside: Internal concentration [mM].
        outside: External concentration [mM].
        valence: Charge number.
        celsius: Temperature [°C].

    Source: Goldman (1943), J. Gen. Physiol. 27:37; Hodgkin & Katz (1949), J. Physiol. 108:37; Hille (2001), eq. 14.5.
    """
    xi = 1e-3 * valence * FARADAY * v / (GAS * (celsius + ZERO_CELSIUS))
    return permeability * valence * FARADAY * (inside * linoid(xi) - outside * linoid(-xi))
