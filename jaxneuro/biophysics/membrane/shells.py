"""An ion in shells under the membrane, with buffers and a pump."""

import dataclasses

import jax
import jax.numpy as jnp

from ...arithmetic import Values
from ...checks import Rule
from ...pytree import Pytree, parameter, static
from ...units import FARADAY
from .diffusion import FREE, Body, Buffer, Diffusing, Space, along, shells


class Shells(Pytree):
    """An ion in shells under the membrane: fed by the currents of its channels, pumped out, buffered, diffusing.

    At the membrane   d[ion]/dt = ... - area/volume (i / (z F) + pump ([ion] / ([ion] + affinity) - rest / (rest + affinity))),
    in every shell    d[ion]/dt = ... - on [ion] (total - [bound]) + off [bound]   for each buffer,
    and between them  diffusion, radially and along the cable. The leak that the pump works against balances it at rest.

    Attributes:
        rest: Concentration without current [mM].
        outside: External concentration, for Nernst potentials [mM].
        pump: Its maximal flux through the membrane [mM µm/ms], of which 1e-5 are 1 pmol/(cm² s); the default is illustrative.
        affinity: Concentration at which it works at half of that [mM].
        thickness: Of the shells but the innermost, which is all that is left inside; infinite for equal shells [µm].
        diffusion: Diffusion coefficient of the free ion [µm²/ms].
        buffers: What binds it, by name.
        count: How many shells there are.
        lengthwise: Whether there is diffusion along the cable too; without it a step is much cheaper.
        valence: Charge number z.

    Source: De Schutter & Smolen (1998), in Methods in Neuronal Modeling, 2nd ed., ch. 6, for the equations; Allbritton, Meyer &
    Stryer (1992), Science 258:1812, for the diffusion coefficient of calcium.
    """

    rest: Values = parameter(default=1e-4, unit="mM", least=0.0)
    outside: Values = parameter(default=2.0, unit="mM", above=0.0)
    pump: Values = parameter(default=5e-4, unit="mM µm/ms", least=0.0)
    affinity: Values = parameter(default=1e-3, unit="mM", above=0.0)
    thickness: Values = parameter(default=0.1, unit="µm", above=0.0, finite=False)
    diffusion: Values = parameter(default=0.223, unit="µm²/ms", above=0.0)
    buffers: dict[str, Buffer] = dataclasses.field(default_factory=dict)
    count: int = static(default=4)
    lengthwise: bool = static(default=True)
    valence: int = static(default=2)

    def rules(self) -> list[Rule]:
        """What must hold of its structure."""
        whole = int(self.count) == self.count and self.count >= 1
        taken = f"a buffer is called {FREE!r}, which is the name of the ion itself: call it otherwise."
        return [Rule(whole, f"count = {self.count}: there must be a whole number of shells, at least 1."),
                Rule(FREE not in self.buffers, taken)]  # fmt: skip

    def space(self, body: Body) -> Space:
        """The shells, and what moves between them."""
        volume, bridge = shells(body, self.thickness, self.count)
        share = volume / volume.sum(axis=1, keepdims=True)
        moving = {FREE: self.diffusion, **{name: buffer.diffusion for name, buffer in self.buffers.items()}}
        moving = {name: d for name, d in moving.items() if d is not None}
        radial = {name: bridge * jnp.asarray(d)[..., None] for name, d in moving.items()}
        axial = {name: along(body, share, d) if self.lengthwise else None for name, d in moving.items()}
        return Space(body.area, volume, radial, axial, body.cable)

    def start(self, concentration: jax.Array) -> dict[str, jax.Array]:
        """The state in balance with its buffers at a concentration (compartment,) [mM]."""
        free = jnp.broadcast_to(concentration[:, None], (concentration.size, self.count))
        bound = {}
        for name, buffer in self.buffers.items():
            on, off, total = buffer.columns
            bound[name] = total * on * free / (on * free + off)
        return {FREE: free, **bound}

    def inside(self, x: dict[str, jax.Array]) -> jax.Array:
        """The concentration at the membrane in a state (compartment,) [mM]."""
        return x[FREE][:, 0]

    def kinetics(self, current: jax.Array, slope: Values, x: dict[str, jax.Array], space: Space) -> Diffusing:
        """Diffusion under a current density, outward positive, `slope [ion] + current`; the pump as its tangent at x.

        Args:
            current: What does not depend on the concentration (compartment,) [µA/cm²].
            slope: How it grows with the concentration (compartment,) [µA/(cm² mM)]; None if it does not.
            x: The state.
            space: Where the ion diffuses, from `space`.
        """
        c, half = self.inside(x), self.affinity
        steepness = self.pump * half / (c + half) ** 2
        excess = self.pump * (c / (c + half) - self.rest / (self.rest + half)) - steepness * c
        flux = 10.0 / (self.valence * FARADAY)  # µA/cm² / (C/mol) = 10 mM µm/ms
        source, loss = excess + flux * current, steepness if slope is None else steepness + flux * slope
        return Diffusing(-space.area * source, space.area * loss, space, self.buffers)
