"""Synapses from one population to another."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ..pytree import Pytree, static
from .edges import Edges, inside
from .spike_trains import SpikeTrains


class Projection(Pytree):
    """Synapses of one kind between two populations.

    Attributes:
        pre: Name of the presynaptic population or spike trains.
        post: Name of the postsynaptic population.
        synapse: What a spike does; see `jaxneuro.synapses`.
        edges: Who is connected to whom; see `jaxneuro.connect`.
        weight: Conductance of each synapse: one number, or (edge,) [µS].
        delay: From the presynaptic spike to its effect: one number, or (edge,) [ms]; not less than a step.
        max_delay: The longest delay that there is room for [ms]; by default the longest of `delay`.
        routes: No parameter: sites, weights and delays by presynaptic cell, in a projection that is `prepared`.
    """

    pre: str = static()
    post: str = static()
    synapse: Any
    edges: Edges
    weight: Any
    delay: Any = None
    max_delay: float | None = static(default=None)
    routes: tuple | None = None

    def __post_init__(self) -> None:
        if self.max_delay is not None or self.delay is None:
            return
        if isinstance(self.delay, Tracer):
            raise ValueError(f"the delay from {self.pre!r} to {self.post!r} is traced: give max_delay, a number of ms.")
        object.__setattr__(self, "max_delay", float(np.max(self.delay, initial=0.0)))

    def check(self, name: str, populations: dict[str, Any], dt: float) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: with the value, the rule and the fix.
            KeyError: for a population that does not exist.
        """
        for end in (self.pre, self.post):
            if end not in populations:
                raise KeyError(f"projection {name!r}: no population {end!r}; there are {', '.join(populations)}.")
        pre, post, edges = populations[self.pre], populations[self.post], self.edges
        if isinstance(post, SpikeTrains):
            raise ValueError(f"projection {name!r} ends on the spike trains {self.post!r}: only cells have synapses.")
        if (edges.pre_size, edges.post_size) != (pre.size, post.size):
            raise ValueError(
                f"projection {name!r}: its edges are for {edges.pre_size} and {edges.post_size} cells, but {self.pre!r} has "
                f"{pre.size} and {self.post!r} has {post.size}: draw the edges with these sizes."
            )
        if self.delay is None:
            raise ValueError(
                f"projection {name!r} has no delay: give one of at least a step, {dt:g} ms, such as delay=1.0."
            )
        for what, value in (("weight", self.weight), ("delay", self.delay)):
            if jnp.shape(value) not in ((), (edges.count,)):
                raise ValueError(
                    f"projection {name!r}: {what} has shape {jnp.shape(value)}; give one number, or one for each of the "
                    f"{edges.count} edges."
                )
        if not isinstance(edges.post, Tracer) and edges.sites is not None:
            inside("compartment", np.asarray(edges.sites[:, 1]), post.compartments)
        self._check_delay(name, isinstance(pre, SpikeTrains), dt)

    def _check_delay(self, name: str, given: bool, dt: float) -> None:
        if isinstance(self.delay, Tracer):
            return
        least, longest = float(np.min(self.delay, initial=np.inf)), float(np.max(self.delay, initial=0.0))
        if least < 0 or not np.isfinite(longest):
            raise ValueError(f"projection {name!r}: delay = {least:g} ms; give a finite time, not a negative one.")
        if not given and least < dt * (1 - 1e-6):
            raise ValueError(
                f"projection {name!r}: delay = {least:g} ms is shorter than a step, dt = {dt:g} ms, in which the spike is "
                f"only being found: give a delay of at least dt, or dt = {least:g} or less."
            )
        if self.max_delay is not None and longest > self.max_delay * (1 + 1e-6):
            raise ValueError(
                f"projection {name!r}: delay = {longest:g} ms, but there is room for {self.max_delay:g} only: give "
                f"Projection(..., max_delay={longest:g})."
            )

    def prepared(self) -> "Projection":
        """The projection with what each presynaptic cell needs to send a spike side by side."""
        site = self.edges.in_rows(self.edges.site_of, self.edges.site_count)
        return self.replace(routes=(site, self._in_rows(self.weight), self._in_rows(self.delay)))

    def _in_rows(self, of_edges: Any) -> Any:
        return of_edges if jnp.ndim(of_edges) == 0 else self.edges.in_rows(of_edges)
