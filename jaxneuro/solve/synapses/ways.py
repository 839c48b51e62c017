"""What the synapses of each kind do in a step: those driven by spikes, graded ones, and junctions, which do nothing alone."""

import jax
import jax.numpy as jnp

from ...arithmetic import Scalar
from ...circuit import GRADED, JUNCTION, SPIKING, Circuit, CircuitState, Projection
from . import delivery


class Way:
    """How synapses take part in a step; by default not at all."""

    def new(self, network: Circuit, projection: Projection, state: CircuitState, slots: int | None) -> dict:
        """The synapses of a projection at rest, with room for so many steps of delay."""
        del network, projection, state, slots
        return {}

    def conduct(self, projection: Projection, synapses: dict, step: jax.Array, dt: Scalar) -> tuple | None:
        """Conductances in the mean over a step (site,) [µS], and what is new of the synapses at its end; None without any."""
        del projection, synapses, step, dt

    def forward(
        self, network: Circuit, projection: Projection, state: CircuitState, synapses: dict, dt: Scalar
    ) -> dict:
        """The synapses after dt [ms] at fixed voltages."""
        del network, projection, state, dt
        return synapses

    def back(self, network: Circuit, projection: Projection, state: CircuitState, synapses: dict, dt: Scalar) -> dict:
        """The synapses that `forward` takes to these."""
        del network, projection, state, dt
        return synapses


class Spiking(Way):
    """Sums of exponentials, and a ring of slots for what arrives in each of the coming steps, see `delivery.py`."""

    def new(self, network: Circuit, projection: Projection, state: CircuitState, slots: int | None) -> dict:
        edges, dtype, exponentials = projection.edges, state.v.dtype, len(projection.synapse.kernel())
        new: dict = {"levels": jnp.zeros((exponentials, edges.site_count), dtype)}
        new["ring"] = jnp.zeros((slots, edges.site_count, 1 + exponentials), dtype)
        if projection.plasticity is not None and projection.pre in network.cells:
            new["resources"] = projection.plasticity.rested(edges.pre_size, dtype)
        return new

    def conduct(self, projection: Projection, synapses: dict, step: jax.Array, dt: Scalar) -> tuple:
        arrived, ring = delivery.take(synapses["ring"], step)
        g, levels = delivery.conduct(synapses["levels"], arrived, projection.synapse.kernel(), dt)
        return g, {"levels": levels, "ring": ring}


class Graded(Way):
    """An open fraction for each presynaptic cell, half a step ahead of voltages, and its past if there is a delay."""

    def new(self, network: Circuit, projection: Projection, state: CircuitState, slots: int | None) -> dict:
        steady = projection.synapse.kinetics(_presynaptic(network, projection, state)).steady
        return {"open": steady} | ({} if slots is None else {"history": jnp.tile(steady, (slots, 1))})

    def conduct(self, projection: Projection, synapses: dict, step: jax.Array, dt: Scalar) -> tuple:
        """Conductance at the middle of the step, where the gates are, or a delay before it on straight lines."""
        edges, opened, new = projection.edges, synapses["open"][projection.edges.pre], {}
        if "history" in synapses:
            slots = synapses["history"].shape[0]
            history = synapses["history"].at[step % slots].set(synapses["open"])
            back = projection.delay / dt
            whole = jnp.floor(back).astype(step.dtype)
            recent, older = (history[(step - whole - k) % slots, edges.pre] for k in (0, 1))
            opened, new = recent + (back - jnp.floor(back)) * (older - recent), {"history": history}
        zeros = jnp.zeros(edges.site_count, opened.dtype)
        return zeros.at[edges.site_of].add(projection.weight * opened), new

    def forward(
        self, network: Circuit, projection: Projection, state: CircuitState, synapses: dict, dt: Scalar
    ) -> dict:
        kinetics = projection.synapse.kinetics(_presynaptic(network, projection, state))
        return {**synapses, "open": kinetics.trapezoidal(synapses["open"], dt)}

    def back(self, network: Circuit, projection: Projection, state: CircuitState, synapses: dict, dt: Scalar) -> dict:
        kinetics = projection.synapse.kinetics(_presynaptic(network, projection, state))
        return {**synapses, "open": kinetics.rewind(synapses["open"], dt)}


WAYS = {SPIKING: Spiking(), GRADED: Graded(), JUNCTION: Way()}


def _presynaptic(network: Circuit, projection: Projection, state: CircuitState) -> jax.Array:
    """Voltage of the presynaptic cells where they spike (cell,) [mV]."""
    return state.cells[projection.pre].v[:, network.cells[projection.pre].compartment]
