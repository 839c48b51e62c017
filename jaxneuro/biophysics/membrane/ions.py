"""Concentrations: the pool that currents fill, the Nernst potential, and the flux of Goldman, Hodgkin and Katz."""

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ...arithmetic import Values
from ...pytree import Pytree, parameter, static
from ...units import FARADAY, GAS, ZERO_CELSIUS
from .diffusion import FREE, Body, Diffusing, Space, along
from .gates import Kinetics, linoid


class IonPool(Pytree):
    """An ion in one shell under the membrane: fed by the currents of its channels, cleared exponentially.

    d[ion]/dt = -i / (z F depth) - ([ion] - rest) / tau, and diffusion along the cable

    Attributes:
        rest: Concentration without current [mM].
        tau: Time constant of removal [ms].
        depth: Depth of the shell [µm].
        outside: External concentration, for Nernst potentials [mM].
        diffusion: Diffusion coefficient along the cable [µm²/ms]; None for no diffusion, which is much cheaper.
        valence: Charge number z.

    Source: Destexhe, Babloyantz & Sejnowski (1993), Biophys. J. 65:1538.
    """

    rest: Values = parameter(unit="mM", least=0.0)
    tau: Values = parameter(unit="ms", above=0.0, finite=False)
    depth: Values = parameter(unit="µm", above=0.0)
    outside: Values = parameter(unit="mM", above=0.0)
    diffusion: Values | None = parameter(default=None, unit="µm²/ms", least=0.0)
    valence: int = static(default=1)

    def space(self, body: Body) -> Space | None:
        """Where the ion diffuses; None if it does not."""
        if self.diffusion is None:
            return None
        share = 2 * self.depth / body.radius  # of a cylinder's volume
        links = along(body, jnp.broadcast_to(share, body.area.shape)[:, None], self.diffusion)
        volume = (body.area * self.depth)[:, None]
        return Space(body.area, volume, {FREE: jnp.zeros_like(volume)}, {FREE: links}, body.cable)

    def start(self, concentration: jax.Array) -> PyTree:
        """The state at a concentration (compartment,) [mM]."""
        return concentration if self.diffusion is None else {FREE: concentration[:, None]}

    def inside(self, x: PyTree) -> jax.Array:
        """The concentration at the membrane in a state (compartment,) [mM]."""
        return x if self.diffusion is None else x[FREE][:, 0]

    def kinetics(
        self, current: jax.Array, slope: PyTree = None, x: PyTree = None, space: Space | None = None
    ) -> PyTree:
        """Relaxation under a current density, outward positive, `slope [ion] + current`.

        Args:
            current: What does not depend on the concentration (compartment,) [µA/cm²].
            slope: How it grows with the concentration (compartment,) [µA/(cm² mM)]; None if it does not.
            x: The state, which matters to other pools.
            space: Where the ion diffuses, from `space`.
        """
        del x
        influx = -current * 10.0 / (self.valence * FARADAY * self.depth)  # µA/cm² / (C/mol µm) = 10 mM/ms
        rate = 1.0 / self.tau
        if slope is not None:
            rate = rate + slope * 10.0 / (self.valence * FARADAY * self.depth)
        inflow, rate = self.rest / self.tau + influx, jnp.broadcast_to(rate, jnp.shape(influx))
        if space is None:
            return Kinetics(inflow, rate)
        return Diffusing(inflow * space.volume[:, 0], rate * space.volume[:, 0], space)


class CalciumPool(IonPool):
    """Calcium in a shell under the membrane, see `IonPool`; constants of ModelDB 123623."""

    rest: Values = parameter(default=2.4e-4, unit="mM", least=0.0)
    tau: Values = parameter(default=5.0, unit="ms", above=0.0, finite=False)
    depth: Values = parameter(default=1.0, unit="µm", above=0.0)
    outside: Values = parameter(default=2.0, unit="mM", above=0.0)
    diffusion: Values | None = parameter(default=None, unit="µm²/ms", least=0.0)
    valence: int = static(default=2)


def nernst(inside: Values, outside: Values, valence: int, celsius: Values) -> jax.Array:
    """Equilibrium potential of an ion [mV].

    Args:
        inside: Internal concentration [mM].
        outside: External concentration [mM].
        valence: Charge number.
        celsius: Temperature [°C].

    Source: Nernst (1888); Hille (2001), Ion Channels, eq. 1.11.
    """
    return 1e3 * GAS * (celsius + ZERO_CELSIUS) / (valence * FARADAY) * jnp.log(outside / inside)


def ghk_current(
    permeability: Values, v: jax.Array, inside: jax.Array, outside: Values, valence: int, celsius: Values
) -> jax.Array:
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
