"""Two ways to learn from a stretch of experience. A method is a value: `train` asks it for the loss of a batch."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import optax


@dataclass(frozen=True)
class PPO:
    """Proximal policy optimisation: several passes, each step of them kept small. Schulman et al. (2017), arXiv:1707.06347.

    Attributes:
        horizon: Actions between two updates, also the length of backpropagation through time.
        epochs: Passes through the experience.
        minibatches: Parts of it, by animal.
        clip: Ratio of probabilities from which on a change brings nothing more.
        rate: Learning rate of Adam.
        discount, trace: See `advantages`.
        critic, entropy: Weights in the loss.
        norm: Gradients are scaled down to this norm.
        reward_clip: Larger rewards count as this: of a reward of 10 the value's gradient would drown the policy's.
    """

    horizon: int = 40
    epochs: int = 4
    minibatches: int = 4
    clip: float = 0.2
    rate: float = 1e-3
    discount: float = 0.97
    trace: float = 0.95
    critic: float = 0.5
    entropy: float = 0.01
    norm: float = 0.5
    reward_clip: float = 1.0

    def optimiser(self) -> optax.GradientTransformation:
        """Adam."""
        return optax.chain(optax.clip_by_global_norm(self.norm), optax.adam(self.rate, eps=1e-5))

    def loss(self, logits: jax.Array, value: jax.Array, batch: dict[str, jax.Array]) -> jax.Array:
        """Mean over the batch.

        Args:
            logits, value: Of the present network (time, animal, action), (time, animal).
            batch: `action`, `log_probability` when it was taken, `advantage`, `target` of the value: (time, animal).
        """
        chosen, uncertain = chances(logits, batch["action"])
        ratio = jnp.exp(chosen - batch["log_probability"])
        a = batch["advantage"]
        a = (a - a.mean()) / (a.std() + 1e-8)
        gain = jnp.minimum(ratio * a, jnp.clip(ratio, 1 - self.clip, 1 + self.clip) * a)
        wrong = 0.5 * (value - batch["target"]) ** 2
        return jnp.mean(-gain + self.critic * wrong - self.entropy * uncertain)


@dataclass(frozen=True)
class A2C:
    """The paper's advantage actor-critic with its workers in step: one pass, a sum over time.

    The asynchronous original adds up the gradients of the steps of a stretch. A mean over them instead makes the steps of the
    optimiser smaller by its length: with the paper's learning rates nothing is learned then.

    Source: Mnih et al. (2016), Asynchronous methods for deep reinforcement learning, arXiv:1602.01783.

    Attributes:
        horizon, discount, critic, entropy, norm, reward_clip: As in `PPO`.
        rate, decay, epsilon: Of RMSProp.
    """

    horizon: int = 40
    rate: float = 7e-4
    decay: float = 0.99
    epsilon: float = 1e-5
    discount: float = 0.97
    critic: float = 0.5
    entropy: float = 0.01
    norm: float = 40.0
    reward_clip: float = 1.0

    epochs = 1
    minibatches = 1
    trace = 1.0  # returns as long as the stretch lasts

    def optimiser(self) -> optax.GradientTransformation:
        """RMSProp."""
        return optax.chain(
            optax.clip_by_global_norm(self.norm), optax.rmsprop(self.rate, decay=self.decay, eps=self.epsilon)
        )

    def loss(self, logits: jax.Array, value: jax.Array, batch: dict[str, jax.Array]) -> jax.Array:
        """Sum over time, mean over animals. Arguments as in `PPO.loss`."""
        chosen, uncertain = chances(logits, batch["action"])
        wrong = 0.5 * (value - batch["target"]) ** 2
        each = -chosen * batch["advantage"] + self.critic * wrong - self.entropy * uncertain
        return jnp.sum(each, axis=0).mean()


def chances(logits: jax.Array, action: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Log-probability of the actions that were taken, and the entropy of the choice [nats]; logits (..., action)."""
    log_probabilities = jax.nn.log_softmax(logits)
    chosen = jnp.take_along_axis(log_probabilities, action[..., None], -1)[..., 0]
    return chosen, entropy(log_probabilities)


def entropy(log_probabilities: jax.Array) -> jax.Array:
    """Entropy of a choice, in nats."""
    return -jnp.sum(jnp.exp(log_probabilities) * log_probabilities, axis=-1)
