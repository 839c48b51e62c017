"""Concentrations that diffuse and bind: in parts, each of second order and stable, in which nothing is lost.

A half step of the leapfrog is diffusion along the cable, of buffers across shells, and of the ion across shells together with
binding and what crosses the membrane; the half step after the voltage has them in the opposite order. Each part gives
the change in a trapezoidal step; if something would overshoot in it, just as much more implicit that it cannot.

Source: Strang (1968), SIAM J. Numer. Anal. 5:506; Rosenbrock (1963), Comput. J. 5:329, for what is not linear.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from ...arithmetic import Scalar
from .tree import laplacian, solve_tree, to_parents

FREE = "free"  # the ion itself, among what binds it


def relax_pool(kinetics: PyTree, x: PyTree, dt: Scalar, mirrored: bool, origin: PyTree = None) -> PyTree:
    """An ion and its buffers after dt [ms] at fixed voltage; the parts in opposite order if mirrored.

    Both are counted from an origin, or from zero.
    """
    if not kinetics.diffuses:
        return kinetics.trapezoidal(x, dt, 0.0 if origin is None else origin)
    parts = (_along, _buffers_across, _across)
    for part in reversed(parts) if mirrored else parts:
        change = part(kinetics, x if origin is None else jax.tree.map(jnp.add, origin, x), dt)
        x = {**x, **{name: x[name] + change[name] for name in change}}
    return x


def change_of(
    parent: Int[np.ndarray, "node"],
    links: Float[Array, "node"],
    capacity: Float[Array, "node"],
    x: Float[Array, "node"],
    dt: Scalar,
) -> Float[Array, "node"]:
    """How x changes in dt by `capacity dx/dt = - what flows to the neighbours`, on a tree.

    (capacity + weight dt laplacian) change = - dt laplacian x, which keeps the digits of a small change.

    Args:
        parent: Index of each node's parent; -1 for a root (node,).
        links: What flows between a node and its parent by their difference; 0 for a root (node,).
        capacity: Of each node; 0 where nothing gathers (node,).
        x: At the start; where nothing gathers, whatever (node,).
        dt: Step.
    """
    out = links + to_parents(parent, links)
    weight = _implicit(dt * jnp.max(jnp.where(capacity > 0, out / jnp.where(capacity > 0, capacity, 1.0), 0.0)))
    shunt = jnp.where((capacity > 0) | (out > 0), capacity, 1.0)  # what is cut off from everything stays as it is
    return solve_tree(parent, shunt, weight * dt * links, -dt * laplacian(parent, links, x))


def _implicit(fastest: jax.Array) -> jax.Array:
    """Weight of the end of a step: a half, and more if the fastest rate times the step is above 2."""
    return jnp.maximum(0.5, 1.0 - 1.0 / jnp.maximum(fastest, 1.0))


def _chain(shells: jax.Array) -> np.ndarray:
    """Shells as a tree: each one's parent is the one around it."""
    return np.arange(shells.shape[1]) - 1


def _along(kinetics: PyTree, x: dict, dt: Scalar) -> dict:
    """Diffusion between compartments, shell by shell."""
    space, cable, moved = kinetics.space, kinetics.space.cable, {}

    def step(links: jax.Array, volume: jax.Array, x: jax.Array) -> jax.Array:
        return cable.at_compartments(change_of(cable.parent, links, cable.at_nodes(volume), cable.at_nodes(x), dt))

    for name, links in space.axial.items():
        if links is not None:
            moved[name] = jax.vmap(step, in_axes=(0, 1, 1), out_axes=1)(links, space.volume, x[name])
    return moved


def _buffers_across(kinetics: PyTree, x: dict, dt: Scalar) -> dict:
    """Diffusion between shells of what binds the ion."""
    space = kinetics.space
    step = jax.vmap(lambda links, volume, x: change_of(_chain(space.volume), links, volume, x, dt))
    return {name: step(links, space.volume, x[name]) for name, links in space.radial.items() if name != FREE}


def _across(kinetics: PyTree, x: dict, dt: Scalar) -> dict:
    """The ion between shells, through the membrane and into its buffers, which are eliminated shell by shell."""
    volume, links, chain = kinetics.space.volume, kinetics.space.radial[FREE], _chain(kinetics.space.volume)
    free, none = x[FREE], jnp.zeros_like(x[FREE])
    source, loss = none.at[:, 0].set(kinetics.source), none.at[:, 0].set(kinetics.loss)
    binding = {name: buffer.tangent(free, x[name]) for name, buffer in kinetics.buffers.items()}
    out = links + jax.vmap(lambda a: to_parents(chain, a))(links) + loss
    rates = [out / volume + sum((by_free for _, by_free, _ in binding.values()), none)]
    rates += [by_bound for _, _, by_bound in binding.values()]
    weight = _implicit(dt * jnp.max(jnp.stack(rates), axis=(0, 2)))[:, None]

    held = {name: 1.0 + weight * dt * by_bound for name, (_, _, by_bound) in binding.items()}
    taken = sum((rate / held[name] for name, (rate, _, _) in binding.items()), none)
    capacity = volume * (1.0 + sum((weight * dt * p / held[name] for name, (_, p, _) in binding.items()), none))
    right = dt * (source - loss * free - volume * taken - jax.vmap(lambda a, c: laplacian(chain, a, c))(links, free))
    solve = jax.vmap(lambda *system: solve_tree(chain, *system))
    change = solve(capacity + weight * dt * loss, weight * dt * links, right)
    bound = {name: dt * (rate + weight * p * change) / held[name] for name, (rate, p, _) in binding.items()}
    return {FREE: change, **bound}
