"""Losses of one sample: a `Response` and its target to one number. A loss is a frozen pytree: other numbers compile nothing.

`CrossEntropy` also has `scores`, from which `train` and `evaluate` count right answers.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from ... import compare
from ...arithmetic import Values
from ...pytree import Pytree
from ..run import Response

__all__ = ["CrossEntropy", "VanRossum", "VictorPurpura"]


def __dir__() -> list[str]:
    return __all__


@runtime_checkable
class Scoring(Protocol):
    """A loss that tells classes apart."""

    def scores(self, response: Response) -> jax.Array:
        """One for each class (class,); the largest is the answer."""
        ...


class CrossEntropy(Pytree):
    """Cross-entropy of the softmax of a decoder's scores; targets are classes, integers from 0.

    On first spikes with exact times: Göltz et al. (2021), Nat. Mach. Intell. 3:823, eq. 5. On potentials: Zenke & Ganguli (2018),
    Neural Comput. 30:1514. On counts: Cramer et al. (2022), IEEE Trans. Neural Netw. Learn. Syst. 33:2744.

    Attributes:
        scores: Decoder: response to scores (class,).
        early: Weight of exp(score of the right class × -early_slope), which draws the right first spike forward; 0 for none.
        early_slope: See `early`; with `FirstSpike(tau)` it is tau over the time scale on which late spikes cost.
    """

    scores: Callable[[Response], jax.Array]
    early: Values = 0.0
    early_slope: Values = 0.2

    def __call__(self, response: Response, target: jax.Array) -> jax.Array:
        scores = self.scores(response)
        right = scores[target]
        return jax.nn.logsumexp(scores) - right + self.early * jnp.exp(-self.early_slope * right)


class VanRossum(Pytree):
    """Mean van Rossum distance of the readout's spike trains to target trains (neuron, spike), padded with infinity.

    Attributes:
        tau: Time constant of the filter [ms].
    """

    tau: Values = 10.0

    def __call__(self, response: Response, target: jax.Array) -> jax.Array:
        times = response.spikes[response.readout]
        return jnp.mean(jax.vmap(compare.van_rossum, (0, 0, None))(times, target, self.tau))


class VictorPurpura(Pytree):
    """Mean smooth Victor–Purpura distance of the readout's spike trains to target trains (neuron, spike), padded with infinity.

    Attributes:
        cost: Of a shift [1/ms].
        gamma: Smoothness of the minimum; 0 is the exact distance.
    """

    cost: Values = 0.1
    gamma: Values = 0.1

    def __call__(self, response: Response, target: jax.Array) -> jax.Array:
        times = response.spikes[response.readout]
        distance = jax.vmap(compare.victor_purpura, (0, 0, None, None))
        return jnp.mean(distance(times, target, self.cost, self.gamma))
