"""Random motion in a box of 1 m, steps of 50 ms: steps a second of this package, and of RatInABox."""

import time

from benchmarks.case import timed

STEP = 0.05  # s; RatInABox's default


def jaxneuro(motion: str, batch: int, steps: int) -> dict:
    """Animals side by side in one `vmap`, their paths kept."""
    import jax

    from jaxneuro import navigation as nav

    arena, keys = nav.square(1.0), jax.random.split(jax.random.key(0), batch)
    walk = jax.jit(jax.vmap(lambda key: getattr(nav, motion)(key, arena, steps, STEP).position))
    began = time.perf_counter()
    compiled = walk.lower(keys).compile()
    compile_s = time.perf_counter() - began
    found = timed(lambda: jax.block_until_ready(compiled(keys)))
    return {**found, "compile_s": compile_s, "steps_per_s": batch * steps / found["run_s"]}


def ratinabox(batch: int, steps: int, history: bool) -> dict:
    """Agents that are updated one after the other."""
    from ratinabox.Agent import Agent
    from ratinabox.Environment import Environment

    box = Environment()
    agents = [Agent(box, {"dt": STEP, "save_history": history}) for _ in range(batch)]

    def walk() -> None:
        for _ in range(steps):
            for agent in agents:
                agent.update()

    found = timed(walk, least=3, most=3)
    return {**found, "steps_per_s": batch * steps / found["run_s"]}
