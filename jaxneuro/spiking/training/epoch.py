"""One pass through the training data, compiled once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax

from ...learn import Theta, bounded
from ...pytree import Pytree
from ..network import SpikingNetwork
from ..run import Engine, run
from .batches import Scores, end_of, right, spikes, summary

HEALTHY = -1  # where a fault would be


class Learner(Pytree):
    """What goes on from epoch to epoch: parameters and the optimiser's state."""

    theta: Theta
    moments: Any


class Fault(Pytree):
    """The first step whose loss or derivatives were not finite; nothing was changed in it or after it.

    Attributes:
        step: Its number in the epoch, -1 for none.
        loss: Whether the loss was not finite.
        derivatives: Whether the derivatives by each parameter were not finite.
    """

    step: jax.Array
    loss: jax.Array
    derivatives: dict[str, jax.Array]


@dataclass(frozen=True)
class Plan:
    """What an epoch is compiled for."""

    optimiser: optax.GradientTransformation
    duration: float
    record: tuple[str, ...]
    batch: int
    augment: Callable | None


@partial(jax.jit, static_argnums=0)
def epoch(
    plan: Plan,
    learner: Learner,
    network: SpikingNetwork,
    loss: Any,
    regularisers: tuple,
    engine: Engine,
    data: tuple,
    key: Any,
) -> tuple[Learner, Scores, Fault]:
    """Steps through all the data in the order that the key draws."""
    samples = len(data[1])
    order_key, augment_key = jax.random.split(key)
    rows = jax.random.permutation(order_key, samples)[: samples // plan.batch * plan.batch].reshape(-1, plan.batch)

    def cost(theta: Theta, samples: tuple) -> tuple[jax.Array, Scores]:
        model = bounded(network, theta)

        def one(sample: tuple) -> tuple:
            response = run(
                model, sample[0], duration=plan.duration, engine=engine, record=plan.record, end=end_of(sample)
            )
            return loss(response, sample[1]), right(response, sample[1], loss), spikes(response), response

        losses, answers, counts, responses = jax.vmap(one)(samples)
        scores = summary(losses, answers, counts, responses.overflow)
        known = jnp.where(jnp.all(responses.overflow), 0.0, scores.loss)
        return known + sum(rule(responses, model) for rule in regularisers), scores

    def step(carry: tuple, now: tuple) -> tuple[tuple, Scores]:
        theta, moments, fault = carry
        number, row, step_key = now
        inputs, *told = jax.tree.map(lambda x: jnp.asarray(x)[row], data)
        inputs = inputs if plan.augment is None else plan.augment(step_key, inputs)
        (total, scores), derivatives = jax.value_and_grad(cost, has_aux=True)(theta, (inputs, *told))
        updates, new_moments = plan.optimiser.update(derivatives, moments, theta)
        found = _fault(number, total, derivatives)
        fault = jax.tree.map(lambda old, new: jnp.where(fault.step == HEALTHY, new, old), fault, found)
        new = optax.apply_updates(theta, updates), new_moments
        healthy = fault.step == HEALTHY
        theta, moments = jax.tree.map(lambda new, old: jnp.where(healthy, new, old), new, (theta, moments))
        return (theta, moments, fault), scores

    now = jnp.arange(len(rows)), rows, jax.random.split(augment_key, len(rows))
    none = _fault(jnp.asarray(HEALTHY), jnp.asarray(0.0), learner.theta)
    (theta, moments, fault), scores = jax.lax.scan(step, (learner.theta, learner.moments, none), now)
    return Learner(theta, moments), _mean(scores), fault


def _mean(scores: Scores) -> Scores:
    """Scores of all batches; the loss is of those in which any sample had room."""
    known = scores.overflow < 1
    loss = jnp.sum(jnp.where(known, scores.loss, 0.0)) / jnp.sum(known)
    return jax.tree.map(jnp.mean, scores).replace(loss=loss)


def _fault(number: jax.Array, loss: jax.Array, derivatives: Theta) -> Fault:
    wrong = {path: ~jnp.all(jnp.isfinite(x)) for path, x in derivatives.items()}
    any_wrong = ~jnp.isfinite(loss) | jnp.any(jnp.stack(list(wrong.values())))
    return Fault(jnp.where(any_wrong, number, HEALTHY), ~jnp.isfinite(loss), wrong)
