"""Steps of our environments and motion, and trainings of an agent."""

import time

from benchmarks.case import timed

STEPS = 200


def environment(task: str, batches: list[int]) -> list[dict]:
    """Steps a second of batches of animals with random actions, auto reset included."""
    from jaxneuro.navigation import environments

    made = {"open arena": environments.open_arena, "goal doors": environments.goal_doors}[task]()
    return [rolled(made.reset, made.step, made.default_params, 6, batch) for batch in batches]


def rolled(reset, step, params, actions: int, batch: int) -> dict:
    """Steps a second of anything with gymnax's signature."""
    import jax
    import jax.numpy as jnp

    @jax.jit
    def roll(key):
        begin = jax.vmap(reset, (0, None))(jax.random.split(key, batch), params)

        def one(carry, key):
            state, total = carry
            action_key, step_key = jax.random.split(key)
            action = jax.random.randint(action_key, (batch,), 0, actions)
            after = jax.vmap(step, (0, 0, 0, None))(jax.random.split(step_key, batch), state, action, params)
            return (after[1], total + after[2].sum() + after[0].sum()), None  # so that observations are computed

        return jax.lax.scan(one, (begin[1], jnp.zeros(())), jax.random.split(key, STEPS))[0][1]

    roll(jax.random.key(0)).block_until_ready()
    found = timed(lambda: roll(jax.random.key(1)).block_until_ready(), most=5)
    return found | {"steps_a_second": batch * STEPS / found["run_s"]}


def motion(batches: list[int]) -> list[dict]:
    """Steps a second of Ornstein-Uhlenbeck motion in a square."""
    return [walked(batch) for batch in batches]


def walked(batch: int) -> dict:
    """Of one batch."""
    import jax

    from jaxneuro import navigation

    arena = navigation.square(1.0)
    walk = jax.jit(jax.vmap(lambda key: navigation.ornstein_uhlenbeck(key, arena, STEPS, 0.05).position))
    keys = jax.random.split(jax.random.key(0), batch)
    walk(keys).block_until_ready()
    found = timed(lambda: walk(keys).block_until_ready(), most=5)
    return found | {"steps_a_second": batch * STEPS / found["run_s"]}


def configuration():
    """A small agent in the open arena."""
    import jax

    from jaxneuro.navigation import agent, environments

    environment, code = environments.open_arena(), agent.grid_code(jax.random.key(5))
    return agent.Config(agent.Agent(environment, environment.default_params, code), agent.PPO(horizon=40), 64, 2)


def training(seeds: int, repeats: int) -> dict:
    """Wall time of two updates of several seeds in one vmap, `repeats` times; and of the experience alone."""
    import jax

    from jaxneuro.navigation.agent.run import begin, chunk
    from jaxneuro.navigation.agent.train import experience

    config, keys = configuration(), jax.random.split(jax.random.key(0), seeds)
    learners = jax.block_until_ready(begin(config, keys))
    update = lambda: jax.block_until_ready(chunk(config, keys, learners, 2))
    live = jax.jit(jax.vmap(lambda key, learner: experience(config, key, learner)[1]["reward"]))
    rollout = lambda: jax.block_until_ready(live(keys, learners))
    began = time.perf_counter()
    update()
    first, steps = time.perf_counter() - began, 2 * 40 * 64 * seeds * repeats
    rollout()
    trained = timed(lambda: [update() for _ in range(repeats)], most=5)
    lived = timed(lambda: [rollout() for _ in range(2 * repeats)], most=5)
    return {"first_s": first, "training_s": trained["run_s"], "rollout_s": lived["run_s"],
            "training_steps_a_second": steps / trained["run_s"], "rollout_steps_a_second": steps / lived["run_s"]}  # fmt: skip
