"""What tests of several files of this room use."""

from collections.abc import Callable

import jax
import numpy as np
import pytest
from flax import nnx

from jaxneuro.navigation import agent as ag


@pytest.fixture
def drawn_policy() -> Callable[..., tuple]:
    """A policy as graph and weights; numpy draws them, which compiles nothing."""

    def draw(*sizes: int) -> tuple:
        graph, shapes = nnx.split(nnx.eval_shape(lambda: ag.Policy(*sizes, rngs=nnx.Rngs(0))))
        random = np.random.default_rng(0)
        return graph, jax.tree.map(lambda x: (random.normal(size=x.shape) / x.shape[0] ** 0.5).astype(x.dtype), shapes)

    return draw
