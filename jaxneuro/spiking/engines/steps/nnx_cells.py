"""Populations as cells of flax, `(carry, x) -> (carry, y)`: `flax.nnx.RNN` drives them and `nnx.Sequential` composes them.

Everything else that a deep network needs takes arrays (time, batch, ..., channel) as it is: `nnx.Linear`, `nnx.Conv`,
`nnx.avg_pool` fold time into the batch; `nnx.BatchNorm` takes its statistics over time and batch, as Zheng et al. (2021), AAAI
35:11062, do; and `nnx.Dropout(rate, broadcast_dims=(0,))` drops the same units at all times.

On CPUs the gradient of a convolution takes 18 times as long within `jax.lax.scan` as outside (XLA of jax 0.10.1): scan over time,
in the cells, but call a jitted step for each batch.
"""

from typing import Any, Self

import jax
import jax.numpy as jnp
from flax import nnx

from ....pytree import Editable, children, computed, group, paths, static
from ...grid import advance
from ...neurons.base import Neuron
from .fixed_step import after
from .surrogates import Arctan, Surrogate, spike


class Constant(nnx.Variable):
    """A number of a neuron that is not trained."""


class SpikingCell(nnx.RNNCellBase):
    """One step of a population: currents in, spikes out (of one that never spikes, its potential).

    Args:
        neuron: What the neurons are; parameters one for each channel, or one number.
        dt: Step [ms].
        surrogate: What the derivative of a spike is taken from.
        train: Paths, or patterns of paths, of the neuron's parameters that become `nnx.Param`.
        recurrent: Whether each spike also reaches the population, with trained weights.
        spatial_axes: Axes between batch and channel, 2 after a convolution of images; the neurons at all places are the same.
        rngs: Random keys, for recurrent weights.

    Raises:
        KeyError: for a parameter that the neuron does not have; the message lists those that it has.
    """

    def __init__(
        self,
        neuron: Neuron,
        *,
        dt: float = 1.0,
        surrogate: Surrogate = Arctan(),  # noqa: B008
        train: tuple[str, ...] = (),
        recurrent: bool = False,
        spatial_axes: int = 0,
        rngs: nnx.Rngs | None = None,
    ):
        numbers = {name: value for name, value in children(neuron).items() if value is not None}
        trained = paths(neuron, *train) if train else []
        if recurrent and rngs is None:
            raise ValueError("recurrent weights are drawn at random: give rngs.")
        self.kind = neuron.replace(**dict.fromkeys(numbers, 0.0))
        self.names, self.dt, self.surrogate, self.spatial_axes = tuple(numbers), dt, surrogate, spatial_axes
        for name, value in numbers.items():
            setattr(self, name, (nnx.Param if name in trained else Constant)(jnp.asarray(value, float)))
        normal = nnx.initializers.lecun_normal()
        self.weight = nnx.Param(normal(rngs.params(), (neuron.size,) * 2)) if recurrent and rngs else None

    @property
    def neuron(self) -> Neuron:
        """The population with the present parameters."""
        return self.kind.replace(**{name: getattr(self, name)[...] for name in self.names})

    def initialize_carry(self, input_shape: tuple[int, ...], rngs: Any = None, carry_init: Any = None) -> Any:
        """The state at rest, for inputs (batch, ..., channel)."""
        if input_shape[-1] != self.kind.size:
            raise ValueError(
                f"the input has {input_shape[-1]} channels, the cell {self.kind.size} neurons: give as many."
            )
        return jax.tree.map(lambda x: jnp.broadcast_to(x, input_shape), self.neuron.initial())

    def __call__(self, carry: Any, inputs: jax.Array) -> tuple[Any, jax.Array]:
        neuron = self.neuron
        state = neuron.receive(advance(neuron, carry, self.dt), inputs)
        if not neuron.spikes:
            return state, state.v
        fired = spike(neuron.excess(state), self.surrogate)
        state = after(neuron, state, fired)
        return (state if self.weight is None else neuron.receive(state, fired @ self.weight[...])), fired

    @property
    def num_feature_axes(self) -> int:
        return 1 + self.spatial_axes


class BatchNormThroughTime(nnx.Module):
    """Batch normalisation with statistics and scales of its own at each step, for arrays (time, batch, ..., channel).

    Args:
        channels: Number of channels.
        steps: Number of steps.
        rngs: Random keys.
        options: Of `nnx.BatchNorm`.

    Source: Kim & Panda (2021), Front. Neurosci. 15:773954.
    """

    def __init__(self, channels: int, steps: int, *, rngs: nnx.Rngs, **options: Any):
        self.norm = nnx.BatchNorm(channels * steps, rngs=rngs, **options)

    def __call__(self, x: jax.Array, **options: Any) -> jax.Array:
        last = jnp.moveaxis(x, 0, -2)
        normal = self.norm(last.reshape(*last.shape[:-2], -1), **options)
        return jnp.moveaxis(normal.reshape(last.shape), -2, 0)


class Weights(Editable):
    """A module of flax as a model, whose parameters have names as those of any other, such as `layers.0.kernel`.

    Attributes:
        parameters: What is trained, by name of the layer.
        rest: No parameters: all else that the module holds.
        graph: What the module is.
    """

    parameters: dict[str, Any] = group()
    rest: Any = computed()
    graph: Any = static()

    @classmethod
    def of(cls, module: nnx.Module, kind: Any = nnx.Param) -> Self:
        """The variables of a kind in a module as parameters."""
        graph, parameters, rest = nnx.split(module, kind, ...)
        return cls(nnx.to_pure_dict(parameters), nnx.to_pure_dict(rest), graph)

    @property
    def module(self) -> Any:
        """The module with these parameters."""
        return nnx.merge(self.graph, self.parameters, self.rest)
