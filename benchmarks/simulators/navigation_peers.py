"""Steps of gymnax's environments and of RatInABox's motion."""

import time

from benchmarks.simulators.navigation_jaxneuro import rolled


def environment(task: str, batch: int) -> dict:
    """Steps a second of a batch with random actions, auto reset included."""
    import gymnax

    made, params = gymnax.make(task)
    return rolled(made.reset, made.step, params, made.num_actions, batch)


def motion(batch: int) -> dict:
    """Steps a second of RatInABox's agents, one after the other, as it runs them; at most eight are timed."""
    import ratinabox

    world = ratinabox.Environment(params={"scale": 1.0})
    agents = [ratinabox.Agent(world, params={"dt": 0.05}) for _ in range(min(batch, 8))]
    began = time.perf_counter()
    for _ in range(200):
        for agent in agents:
            agent.update()
    seconds = time.perf_counter() - began
    return {"run_s": seconds, "steps_a_second": 200 * len(agents) / seconds}
