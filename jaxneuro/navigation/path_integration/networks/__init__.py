"""Recurrent networks that are told how they move and say where they are."""

import jax
from flax import nnx

from ..recipe import Recipe
from .answer import Answer as Answer
from .lstm import LSTMNetwork as LSTMNetwork
from .relu import ReLUNetwork as ReLUNetwork
from .spiking import LIFNetwork as LIFNetwork

KINDS = {"relu": ReLUNetwork, "lstm": LSTMNetwork, "spiking": LIFNetwork}


def network(recipe: Recipe, key: jax.Array) -> nnx.Module:
    """An untrained network of a recipe.

    Raises:
        ValueError: for a recipe that cannot be.
    """
    recipe.check()
    return KINDS[recipe.network](recipe, rngs=nnx.Rngs(params=key))
