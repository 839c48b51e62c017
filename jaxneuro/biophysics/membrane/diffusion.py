"""Ions that diffuse: between shells under the membrane, along the cable in every shell, and into and out of buffers.

Concentrations are of the shells of compartments (compartment, shell), the outermost first. A substance is the free ion or a
buffer; what is said here of one holds for each.
"""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...arithmetic import Values
from ...pytree import Pytree, parameter
from ..shape import Cable

FREE = "free"  # the substance that is the ion itself


class Body(NamedTuple):
    """The inside of a cell, as far as diffusion sees it.

    Attributes:
        area: Membrane (compartment,) [µm²].
        radius: Of cylinders of the same membrane and axial resistance, or of a sphere (compartment,) [µm].
        dimension: 2 for cylinders, 3 for a sphere.
        cable: How the compartments are connected, or None.
        place: 1 in the compartments that the pool is in (compartment,), or None for all.
    """

    area: jax.Array
    radius: jax.Array
    dimension: int
    cable: Cable | None
    place: jax.Array | None


class Space(Pytree):
    """Where substances diffuse.

    Attributes:
        area: Membrane (compartment,) [µm²].
        volume: Of the shells (compartment, shell) [µm³].
        radial: By substance, from each shell to the one around it, 0 for the outermost (compartment, shell) [µm³/ms].
        axial: By substance, from each node of the cable to its parent, shell by shell (shell, node) [µm³/ms]; None
            without a cable. A substance that stays where it is is in neither.
        cable: How the compartments are connected.
    """

    area: jax.Array
    volume: jax.Array
    radial: dict[str, jax.Array]
    axial: dict[str, jax.Array | None]
    cable: Cable | None

    def flow(self, substance: str, x: jax.Array) -> jax.Array:
        """What diffuses into each shell from its neighbours at concentrations x (compartment, shell) [mM µm³/ms]."""
        if substance not in self.radial:
            return jnp.zeros_like(x)
        outward = self.radial[substance] * (x - jnp.roll(x, 1, axis=1))
        gain = jnp.roll(outward, -1, axis=1) - outward
        links = self.axial[substance]
        if links is None or self.cable is None:
            return gain
        return gain + jax.vmap(self.cable.flow, in_axes=(0, 1), out_axes=1)(links, x)


class Buffer(Pytree):
    """A substance that binds the ion, one to one: free + ion ⇌ bound.

    Attributes:
        total: Concentration, free and bound together [mM].
        on: Rate of binding [1/(mM ms)].
        off: Rate of unbinding [1/ms].
        diffusion: Diffusion coefficient, of free and bound alike [µm²/ms]; None for a buffer that does not move.
    """

    total: Values = parameter(unit="mM", least=0.0)
    on: Values = parameter(unit="1/(mM ms)", least=0.0)
    off: Values = parameter(unit="1/ms", above=0.0)
    diffusion: Values | None = parameter(default=None, unit="µm²/ms", least=0.0)

    @property
    def columns(self) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Rates on and off and total, to be combined with shells (compartment or 1, 1)."""
        on, off, total = (jnp.asarray(x)[..., None] for x in (self.on, self.off, self.total))
        return on, off, total

    def tangent(self, free: jax.Array, bound: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Rate of binding [mM/ms], how it grows with the free ion, and falls with the bound [1/ms], (compartment, shell) each."""
        on, off, total = self.columns
        empty = on * (total - bound)
        return empty * free - off * bound, empty, on * free + off


class Diffusing(Pytree):
    """Kinetics of an ion that diffuses, at fixed voltage: what a solver needs.

    Attributes:
        source: What enters the outermost shell (compartment,) [mM µm³/ms].
        loss: What leaves it, by concentration there (compartment,) [µm³/ms].
        space: Where it and its buffers diffuse.
        buffers: What binds it.
    """

    source: jax.Array
    loss: jax.Array
    space: Space
    buffers: dict[str, Buffer] = dataclasses.field(default_factory=dict)
    diffuses = True

    def settled(self, inside: jax.Array) -> jax.Array:
        """The concentration at which the membrane is in balance, from one nearby (compartment,) [mM]; that one if none is."""
        balance = self.source / jnp.where(self.loss > 0, self.loss, 1.0)
        return jnp.where((self.loss > 0) & (balance > 0), balance, inside)

    def derivative(self, x: dict[str, jax.Array]) -> dict[str, jax.Array]:
        """Rates of change of the substances (compartment, shell) [mM/ms]."""
        flows = {name: self.space.flow(name, of) for name, of in x.items()}
        flows[FREE] = flows[FREE].at[:, 0].add(self.source - self.loss * x[FREE][:, 0])
        change = {name: flow / self.space.volume for name, flow in flows.items()}
        for name, buffer in self.buffers.items():
            bound, _, _ = buffer.tangent(x[FREE], x[name])
            change = {**change, name: change[name] + bound, FREE: change[FREE] - bound}
        return change


def shells(body: Body, thickness: Values, count: int) -> tuple[jax.Array, jax.Array]:
    """Shells under a membrane, the innermost of which is all that is left inside.

    Args:
        body: The cell.
        thickness: Of the other shells (compartment,) [µm]; thinner where all would be thinner than that if equal.
        count: How many.

    Returns:
        Volumes [µm³], and area over distance between each shell and the one around it, 0 for the outermost [µm],
        (compartment, shell) each.
    """
    radius, power = body.radius[:, None], body.dimension
    thick = jnp.minimum(jnp.asarray(thickness)[..., None], radius / count)
    edge = jnp.concatenate([radius - thick * jnp.arange(count, dtype=radius.dtype), jnp.zeros_like(radius)], axis=1)
    fill = (edge / radius) ** power
    volume = body.area[:, None] * radius / power * (fill[:, :-1] - fill[:, 1:])
    middle = 0.5 * (edge[:, :-1] + edge[:, 1:])
    face = body.area[:, None] * (edge[:, 1:-1] / radius) ** (power - 1)
    bridge = face / (middle[:, :-1] - middle[:, 1:])
    return volume, jnp.concatenate([jnp.zeros_like(radius), bridge], axis=1)


def along(body: Body, share: jax.Array, coefficient: Values) -> jax.Array | None:
    """What diffuses between nodes and their parents by the difference of concentrations (shell, node) [µm³/ms].

    Nothing crosses the border of the compartments that the pool is in.

    Args:
        body: The cell.
        share: Of the cross-section that is in each shell (compartment, shell).
        coefficient: Of diffusion (compartment,) [µm²/ms].
    """
    if body.cable is None:
        return None
    links = jax.vmap(body.cable.between)(1.0 / (share * jnp.asarray(coefficient)[..., None]).T)
    if body.place is None:
        return links
    inside = 1.0 + body.cable.at_nodes(body.place - 1.0)  # junctions are
    return links * inside * inside[np.maximum(body.cable.parent, 0)]
