"""One interface for all that estimates a gradient: by events, back through time, forward in time, or by local rules."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp

from ...biophysics.network import SpikeTrains
from ...pytree import Pytree
from ..engines.steps import FixedStep
from ..inputs import Inputs
from ..network import SpikingNetwork
from ..run import Engine, check, run

Loss = Callable[[jax.Array, Any], jax.Array]  # potential of the readout (unit,), target at that time -> number


class Rule(Protocol):
    """A way to estimate the gradient: a frozen pytree."""

    engine: Any

    def value_and_gradient(
        self, network: SpikingNetwork, inputs: Inputs, targets: Any, loss: Loss, duration: float
    ) -> tuple[jax.Array, SpikingNetwork]:
        """The loss and its gradient, of a checked network whose parameters are all arrays of real numbers."""
        ...


def gradient(
    network: SpikingNetwork, inputs: Inputs, targets: Any, *, loss: Loss, duration: float, rule: Rule
) -> tuple[jax.Array, SpikingNetwork]:
    """The loss of a network and what a rule takes for its gradient.

    The loss is the mean over times of loss(potential of the readout, target), the times equally spaced, the last at the end of
    the run: exact events and a fixed step can both evaluate it, and a rule that learns online can as it goes.

    Args:
        network: The specification; its readout does not spike.
        inputs: As `run` takes them.
        targets: A pytree of arrays, one row for each time at which the loss is evaluated (time, ...).
        loss: Loss at one time, from the readout's potential (unit,) and a row of `targets`; a function defined once, not a new
            lambda for each call, so that it is compiled once.
        duration: Length of the run [ms].
        rule: `Backprop`, `RTRL` or `EProp`.

    Returns:
        The loss, and the gradient as a tree like the network.

    Raises:
        ValueError: with the value, the rule and the fix.
    """
    _check(network, inputs, targets, duration, rule)
    return _gradient(network, inputs, targets, rule, loss, duration)


def lowered(
    network: SpikingNetwork, inputs: Inputs, targets: Any, *, loss: Loss, duration: float, rule: Rule
) -> jax.stages.Lowered:
    """What `gradient` computes, for `.compile().memory_analysis()`."""
    _check(network, inputs, targets, duration, rule)
    return _gradient.lower(network, inputs, targets, rule, loss, duration)


def _check(network: SpikingNetwork, inputs: Inputs, targets: Any, duration: float, rule: Rule) -> None:
    check(network, inputs, duration, rule.engine)
    if network.populations[network.readout].spikes:
        raise ValueError(f"the readout {network.readout!r} spikes: the loss is of potentials, give a LeakyIntegrator.")
    one_sample(inputs)
    if isinstance(rule.engine, FixedStep):
        steps_per_sample(rule.engine, duration, targets)


@partial(jax.jit, static_argnames=("loss", "duration"))
def _gradient(network: SpikingNetwork, inputs: Inputs, targets: Any, rule: Rule, loss: Loss, duration: float) -> tuple:
    network = jax.tree.map(lambda x: jnp.asarray(x, jnp.result_type(float, x)), network)
    return rule.value_and_gradient(network, inputs, targets, loss, duration)


def one_sample(inputs: Inputs) -> None:
    """Refuse inputs with batch axes, which rules that learn within the loop do not take.

    Raises:
        ValueError: if there are any.
    """
    if not isinstance(inputs, SpikeTrains) and jnp.ndim(inputs) != 2:
        raise ValueError(
            f"the input has shape {jnp.shape(inputs)}: give one sample (time, channel), jax.vmap for many."
        )


def samples(targets: Any) -> int:
    """Number of times at which the loss is evaluated."""
    return jnp.shape(jax.tree.leaves(targets)[0])[0]


def steps_per_sample(engine: FixedStep, duration: float, targets: Any) -> int:
    """Steps between two evaluations of the loss.

    Raises:
        ValueError: if that is no whole number.
    """
    steps, count = round(duration / engine.dt), samples(targets)
    if count == 0 or steps % count:
        raise ValueError(f"targets have {count} rows for {steps} steps: give a number of rows that divides the steps.")
    return steps // count


class Backprop(Pytree):
    """Reverse-mode differentiation of an engine: with `Events` the exact gradient, with `FixedStep` backpropagation through time.

    Attributes:
        engine: `Events` or `FixedStep`, whose surrogate is then the spikes' derivative.

    Source: Wunderlich & Pehle (2021), Sci. Rep. 11:12829, for events; Neftci, Mostafa & Zenke (2019), IEEE Signal Process. Mag.
    36:51, for surrogates.
    """

    engine: Engine

    def value_and_gradient(
        self, network: SpikingNetwork, inputs: Inputs, targets: Any, loss: Loss, duration: float
    ) -> tuple[jax.Array, SpikingNetwork]:
        engine: Any = self.engine
        every = 1
        if isinstance(engine, FixedStep):
            every = steps_per_sample(engine, duration, targets)
        else:
            engine = engine.replace(sample=duration / samples(targets))

        def total(network: SpikingNetwork) -> jax.Array:
            response = run(network, inputs, duration=duration, engine=engine, record=(network.readout,))
            return jnp.mean(jax.vmap(loss)(response.voltage[network.readout][every - 1 :: every], targets))

        return jax.value_and_grad(total)(network)
