"""Steps of gymnax's environments and of RatInABox's motion."""

import time

from benchmarks.simulators.navigation_jaxneuro import rolled


def environment(task: str, batches: list[int]) -> list[dict]:
    """Steps a second of batches with random actions, auto reset included."""
    import gymnax

    made, params = gymnax.make(task)
    return [rolled(made.reset, made.step, params, made.num_actions, batch) for batch in batches]


def motion(batches: list[int]) -> list[dict]:
    """Steps a second of one agent of RatInABox; it runs several one after the other, so as many steps a second."""
    import ratinabox

    agent = ratinabox.Agent(ratinabox.Environment(params={"scale": 1.0}), params={"dt": 0.05})
    began = time.perf_counter()
    for _ in range(400):
        agent.update()
    seconds = time.perf_counter() - began
    return [{"run_s": seconds, "steps_a_second": 400 / seconds} for _ in batches]
