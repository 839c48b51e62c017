"""Loops that go on for a whole batch."""

import jax


@jax.custom_batching.custom_vmap
def anyone(flag: jax.Array) -> jax.Array:
    """A flag; under `jax.vmap`, whether it is set for anyone in the batch.

    As the condition of a loop whose step changes nothing once it is done, it spares a batch the selection, in every step and
    of everything, between those who go on and those who are done.
    """
    return flag


@anyone.def_vmap
def _(axis_size: int, batched: list, flag: jax.Array) -> tuple[jax.Array, bool]:
    del axis_size
    return anyone(flag.any()) if batched[0] else anyone(flag), False
