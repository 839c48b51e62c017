"""What the `ok` of a recording covers beside the steps."""

import functools
import operator

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from .. import checks
from ..biophysics.stimuli import Stimulus
from ..model import Model
from .asked import exists
from .observing import valid


def meaningful(
    model: Model, stimulus: Stimulus, duration: float, record: tuple, values: dict, final: PyTree
) -> jax.Array:
    """Whether nothing that was given is impossible, and nothing that came out is."""
    aimed = [exists(target, count) for target, count in model.aims(stimulus)]
    aimed += [jnp.all(end >= duration * (1 - 1e-6)) for end in stimulus.ends()]
    came_out = [valid(what, x) for name, what in record for x in jax.tree.leaves(values[name])]
    ended = [~jnp.isnan(x).any() for x in jax.tree.leaves(final) if jnp.issubdtype(x.dtype, jnp.inexact)]
    ended.append(model.sound(final))
    return functools.reduce(operator.and_, [checks.possible((model, stimulus)), *aimed, *came_out, *ended])
