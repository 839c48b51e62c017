"""The state that a run begins with: the model's own, or one that was given, if it is a state of this model."""

import jax
import jax.numpy as jnp

from ..model import Model, State

OF_PROJECTIONS = (".lost", ".synapses")  # what a network may have of projections that are gone since


def beginning(model: Model, initial: State | None) -> State:
    """The state at the start, of the widest float type of model and state.

    Args:
        model: A cell, a point neuron or a network.
        initial: A state of it, or None for its own initial one.

    Raises:
        ValueError: for what is no state of this model, with what it lacks.
    """
    if initial is not None:
        _refuse_other(jax.eval_shape(model.initial), initial)
    state = model.initial() if initial is None else initial
    dtypes = {leaf.dtype for leaf in jax.tree.leaves((model, state)) if jnp.issubdtype(leaf.dtype, jnp.inexact)}
    dtype = jnp.result_type(*dtypes)
    return jax.tree.map(lambda x: jnp.asarray(x, dtype if jnp.issubdtype(x.dtype, jnp.inexact) else x.dtype), state)


def _refuse_other(own: State, given: State) -> None:
    """Refuse a state that has not the numbers of the model's own, each of its shape."""
    if type(given) is not type(own):
        raise ValueError(f"initial is no {type(own).__name__}, the state of this model: {_REMEDY}")
    wanted, found = _shapes(own), _shapes(given)
    for name in (*wanted, *found):
        if name not in found:
            raise ValueError(f"initial has no {name[1:]}, which this model has: {_REMEDY}")
        if name not in wanted and not name.startswith(OF_PROJECTIONS):
            raise ValueError(f"initial has {name[1:]}, which this model has not: {_REMEDY}")
        if found[name] != wanted.get(name, found[name]):
            raise ValueError(f"initial has {name[1:]} of shape {found[name]}, and this model {wanted[name]}: {_REMEDY}")


_REMEDY = "give rest(model), model.initial(), or the final state of a run of the same model."


def _shapes(state: State) -> dict[str, tuple]:
    leaves, _ = jax.tree.flatten_with_path(state)
    return {jax.tree_util.keystr(path).replace("['", ".").replace("']", ""): jnp.shape(x) for path, x in leaves}
