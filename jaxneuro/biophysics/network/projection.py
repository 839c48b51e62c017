"""Synapses from one population to another."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import PyTree

from ...arithmetic import Values
from ...checks import INFINITY, Rule, highest, lowest
from ...circuit import Junction, Routes, Spiking, Synapse
from ...pytree import Pytree, computed, group, parameter, static
from .edges import Edges, inside
from .graded import Graded
from .short_term import TsodyksMarkram
from .spike_trains import SpikeTrains


class Projection(Pytree):
    """Synapses of one kind between two populations.

    Attributes:
        pre: Name of the presynaptic population or spike trains.
        post: Name of the postsynaptic population.
        synapse: What a spike does; see `jaxneuro.synapses`.
        edges: Who is connected to whom; see `jaxneuro.connect`.
        weight: Conductance of each synapse: one number, or (edge,) [µS].
        delay: From the presynaptic spike or voltage to its effect: one number, or (edge,) [ms]. Of a spike of a cell not less
            than a step; graded synapses need none, gap junctions have none.
        plasticity: How the effect of a spike depends on those before; None for not at all.
        max_delay: The longest delay that there is room for [ms]; by default the longest of `delay`.
        routes: No parameter: sites, weights and delays by presynaptic cell, in a projection that is `prepared`.
        used: No parameter: by what each spike of given trains counts, if there is plasticity.
    """

    pre: str = static()
    post: str = static()
    synapse: Synapse = group()
    edges: Edges
    weight: Values = parameter(unit="µS")
    delay: Values | None = parameter(default=None, unit="ms", least=0.0)
    plasticity: TsodyksMarkram | None = None
    max_delay: float | None = static(default=None)
    routes: Routes | None = computed(default=None)
    used: jax.Array | None = computed(default=None)

    def __post_init__(self) -> None:
        if self.max_delay is not None or self.delay is None:
            return
        if isinstance(self.delay, Tracer):
            raise ValueError(f"the delay from {self.pre!r} to {self.post!r} is traced: give max_delay, a number of ms.")
        object.__setattr__(self, "max_delay", float(np.max(self.delay, initial=0.0)))

    def rules(self) -> list[Rule]:
        """What must hold of weights and delays."""
        least, found = self.synapse.least_weight, []
        if least > -INFINITY:
            text = (
                f"a weight from {self.pre!r} to {self.post!r} is below {least:g} µS: a conductance is not negative; for"
            )
            found.append(
                Rule(
                    lowest(self.weight) >= least,
                    f"{text} inhibition give the synapse a reversal potential e below rest.",
                )
            )
        if self.delay is not None and self.max_delay is not None:
            room = self.max_delay * (1 + 1e-6)
            found.append(
                Rule(
                    highest(self.delay) <= room, f"a delay is longer than max_delay = {self.max_delay:g} ms: give more."
                )
            )
        return found

    def check(self, name: str, populations: dict[str, PyTree], dt: float) -> None:
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
        self._check_kind(name, pre, post, dt)
        for what, value in (("weight", self.weight), ("delay", self.delay)):
            if value is not None and jnp.shape(value) not in ((), (edges.count,)):
                raise ValueError(
                    f"projection {name!r}: {what} has shape {jnp.shape(value)}; give one number, or one for each of the "
                    f"{edges.count} edges."
                )
        if edges.sites is not None and not isinstance(edges.sites, Tracer):
            inside("compartment", np.asarray(edges.sites)[:, 1], post.compartments)
        if self.delay is not None and not isinstance(self.delay, Tracer):
            self._check_delay(name, self.delay, isinstance(pre, SpikeTrains) or isinstance(self.synapse, Graded), dt)

    def _check_kind(self, name: str, pre: PyTree, post: PyTree, dt: float) -> None:
        if not isinstance(self.synapse, Synapse):
            raise ValueError(f"projection {name!r}: {self.synapse!r} is no synapse; see jaxneuro.synapses.")
        if isinstance(self.synapse, Spiking):
            if self.delay is None:
                raise ValueError(
                    f"projection {name!r} has no delay: give one of at least a step, {dt:g} ms, such as 1.0."
                )
            return
        if isinstance(pre, SpikeTrains) or self.plasticity is not None:
            raise ValueError(
                f"projection {name!r}: {type(self.synapse).__name__} follows voltages and knows no spikes."
            )
        if isinstance(self.synapse, Junction):
            if self.delay is not None:
                raise ValueError(f"projection {name!r}: a gap junction has no delay; leave it out.")
            if pre.cell.resets or post.cell.resets:
                raise ValueError(
                    f"projection {name!r}: gap junctions join cells with conductances, not ones with a reset."
                )

    def _check_delay(self, name: str, delay: Values, given: bool, dt: float) -> None:
        least, longest = float(np.min(delay, initial=np.inf)), float(np.max(delay, initial=0.0))
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

    def prepared(self, pre: PyTree) -> "Projection":
        """The projection with what each presynaptic cell needs to send a spike side by side."""
        if not isinstance(self.synapse, Spiking):
            return self
        site = self.edges.in_rows(self.edges.site_of, self.edges.site_count)
        used = None
        if isinstance(pre, SpikeTrains) and self.plasticity is not None:
            used = jnp.ravel(self.plasticity.along(pre.times))[pre.prepared().order]
        return self.replace(routes=Routes(site, self._in_rows(self.weight), self._in_rows(self.delay)), used=used)

    def conductance(self, state: dict | None) -> Values:
        """Conductance at each site (site,) [µS], from the state of synapses driven by spikes; None for silent ones."""
        if state is None or not isinstance(self.synapse, Spiking):
            return jnp.zeros(self.edges.site_count)
        return sum(amplitude * x for (amplitude, _), x in zip(self.synapse.kernel(), state["levels"], strict=True))

    def _in_rows(self, of_edges: PyTree) -> PyTree:
        return of_edges if jnp.ndim(of_edges) == 0 else self.edges.in_rows(of_edges)
