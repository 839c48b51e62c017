"""Returns and advantages from a stretch of experience."""

import jax
import jax.numpy as jnp


def advantages(
    reward: jax.Array, value: jax.Array, ended: jax.Array, last: jax.Array, discount: float, trace: float,
    cut: jax.Array | float = 0.0,
) -> jax.Array:  # fmt: skip
    """Generalised advantage estimates; `trace` 1 gives returns minus values, 0 the temporal-difference errors.

    A_t = d_t + discount trace (1 - ended_t) A_{t+1},   d_t = r_t + discount V'_{t+1} - V_t

    V' is the value of the state to which the action led: `cut` where the episode ended. An episode that was cut off by a limit of
    time could have gone on, and its last state is worth what it was worth before.

    Args:
        reward: After each action (time, ...).
        value: Of the states in which the actions were taken (time, ...).
        ended: Whether the episode ended with the action (time, ...).
        last: Value of the state after the last action (...).
        discount: Of reward, a step.
        trace: Lambda.
        cut: Value of the state in which an episode was cut off (time, ...); 0 where nothing more was to be had.

    Returns:
        Advantages (time, ...). Plus `value` they are lambda-returns.

    Source: Schulman et al. (2016), High-dimensional continuous control using generalized advantage estimation, eq. 16;
    Pardo et al. (2018), Time limits in reinforcement learning, ICML, "partial-episode bootstrapping".
    """
    goes_on = 1.0 - ended
    following = jnp.concatenate([value[1:], last[None]])
    error = reward + discount * jnp.where(ended, cut, following) - value

    def back(later: jax.Array, now: tuple) -> tuple:
        advantage = now[0] + discount * trace * now[1] * later
        return advantage, advantage

    return jax.lax.scan(back, jnp.zeros_like(last), (error, goes_on), reverse=True)[1]
