"""The regression example of Eventax: 20 recurrent quadratic neurons learn when a further one first spikes.

Task, network and hyperparameters are those of `examples/regression.ipynb` of Eventax 0.1.0
(github.com/Efficient-Scalable-Machine-Learning/eventax); `eventax` runs that library, `jaxneuro` ours from the same
weights. Both stop at the first spike of the output.
"""

import time
from collections.abc import Callable

import numpy as np

HIDDEN, BATCH, DURATION, TAU, TAU_SYN = 20, 64, 80.0, 20.0, 5.0
RATE = 0.1  # of Adam
INPUTS = np.linspace(0.0, 30.0, 64)  # at which spike times are compared


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    """Uniform on [0, 40], no neuron driving itself; biases uniform on [-0.25, 0.25], as in the example."""
    random = np.random.default_rng(seed)
    recurrent = random.uniform(0, 40, (HIDDEN, HIDDEN)) * (1 - np.eye(HIDDEN))
    return {
        "input": random.uniform(0, 40, (1, HIDDEN)),
        "recurrent": recurrent,
        "output": random.uniform(0, 40, (HIDDEN, 1)),
        "bias": random.uniform(-0.25, 0.25, HIDDEN),
        "output_bias": random.uniform(-0.25, 0.25, 1),
    }


def batches(seed: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Times of the second input (step, sample), and of the spike that is wanted: 5 sin(2 pi x / 10) + x + 30 [ms]."""
    x = np.random.default_rng(seed).uniform(0, 30, (steps, BATCH))
    return x, 5 * np.sin(2 * np.pi * x / 10) + x + 30


def eventax(steps: int = 20, dt: float = 0.1) -> dict:
    """Train by Eventax."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import optax
    from eventax.evnn import EvNN
    from eventax.neuron_models import QIF

    w = weights()
    size = HIDDEN + 1
    matrix = np.zeros((size + 1, size))
    matrix[:HIDDEN, :HIDDEN], matrix[:HIDDEN, HIDDEN:], matrix[size:, :HIDDEN] = w["recurrent"], w["output"], w["input"]
    mask = np.zeros((size + 1, size))
    mask[:HIDDEN, :HIDDEN], mask[:HIDDEN, HIDDEN:], mask[size:, :HIDDEN] = 1 - np.eye(HIDDEN), 1, 1
    last = np.arange(size) == HIDDEN
    model = EvNN(neuron_model=QIF, n_neurons=size, max_solver_time=DURATION, in_size=1, key=jax.random.key(0),
                 wmask=jnp.asarray(mask, jnp.float32), output_neurons=jnp.asarray(last), input_neurons=jnp.asarray(~last),
                 solver_stepsize=dt, dtype=jnp.float32, tsyn=TAU_SYN, tmem=TAU, max_event_steps=500,
                 init_weights=jnp.asarray(matrix, jnp.float32),
                 init_bias=jnp.asarray(np.concatenate([w["bias"], w["output_bias"]]), jnp.float32))  # fmt: skip

    def first(model: EvNN, x: jax.Array) -> jax.Array:
        return jax.vmap(model.ttfs)(jnp.stack([jnp.zeros_like(x), x], -1)[:, None, :])[:, 0]

    def loss(model: EvNN, x: jax.Array, y: jax.Array) -> jax.Array:
        return jnp.mean((jnp.minimum(first(model, x), DURATION) / DURATION - y / DURATION) ** 2)

    optimiser = optax.adam(RATE)

    @eqx.filter_jit
    def step(model: EvNN, moments, x: jax.Array, y: jax.Array) -> tuple:
        value, gradient = eqx.filter_value_and_grad(loss)(model, x, y)
        updates, moments = optimiser.update(gradient, moments)
        return eqx.apply_updates(model, updates), moments, value

    moments = optimiser.init(eqx.filter(model, eqx.is_inexact_array))
    times = eqx.filter_jit(first)(model, jnp.asarray(INPUTS, jnp.float32))
    return _trained(step, model, moments, steps) | {"first_spikes": np.asarray(times, float).tolist()}


def jaxneuro(steps: int = 20, max_events: int = 128, longest: float = 2.5, x64: bool = False) -> dict:
    """Train by jaxneuro. Where events find no room, the step is done again with twice the room."""
    import jax

    jax.config.update("jax_enable_x64", x64)
    import jax.numpy as jnp
    import optax

    import jaxneuro as jn
    from jaxneuro import spiking

    theta = {name: jnp.asarray(value, jnp.result_type(float)) for name, value in weights().items()}
    mask = 1 - jnp.eye(HIDDEN)
    optimiser = optax.adam(RATE)

    def first(theta: dict, x: jax.Array, room: int) -> tuple:
        hidden = spiking.QIF(HIDDEN, tau=TAU, tau_syn=TAU_SYN, bias=theta["bias"], step=longest)
        out = spiking.QIF(1, tau=TAU, tau_syn=TAU_SYN, bias=theta["output_bias"], step=longest)
        connections = {
            "input": spiking.Connection("input", "hidden", theta["input"]),
            "recurrent": spiking.Connection("hidden", "hidden", theta["recurrent"] * mask),
            "output": spiking.Connection("hidden", "out", theta["output"]),
        }
        network = spiking.SpikingNetwork(1, {"hidden": hidden, "out": out}, connections, "out")
        engine = spiking.OneByOne(room, max_spikes=room // 2, until="out", adjoint="replay")

        def one(x: jax.Array) -> tuple:
            trains = jn.SpikeTrains(jnp.stack([jnp.zeros_like(x), x])[None])
            response = spiking.run(network, trains, duration=DURATION, engine=engine)
            return response.spikes["out"][0, 0], jnp.isfinite(response.spikes["hidden"]).sum(), response.overflow

        return jax.vmap(one)(x)

    def loss(theta: dict, x: jax.Array, y: jax.Array, room: int) -> tuple:
        times, count, overflow = first(theta, x, room)
        error = jnp.mean((jnp.minimum(times, DURATION) / DURATION - y / DURATION) ** 2)
        return error, (jnp.sum(count), overflow.any())

    def update(theta: dict, moments, x: jax.Array, y: jax.Array, room: int) -> tuple:
        (value, (count, overflow)), gradient = jax.value_and_grad(loss, has_aux=True)(theta, x, y, room)
        updates, moments = optimiser.update(gradient, moments)
        return optax.apply_updates(theta, updates), moments, value, count, overflow

    update = jax.jit(update, static_argnums=4)
    room, spikes = max_events, []

    def step(theta: dict, moments, x: jax.Array, y: jax.Array) -> tuple:
        nonlocal room
        while True:
            new, after, value, count, overflow = update(theta, moments, x, y, room)
            if not bool(overflow):
                spikes.append(int(count))
                return new, after, value
            room *= 2

    times = jax.jit(first, static_argnums=2)(theta, jnp.asarray(INPUTS), max_events)[0]
    report = _trained(step, theta, optimiser.init(theta), steps)
    return report | {
        "first_spikes": np.asarray(times, float).tolist(),
        "spikes_per_s": float(np.mean(spikes[1:])) * report["iterations_per_s"],
        "room": room,
    }


def _trained(step: Callable, model: object, moments: object, steps: int) -> dict:
    x, y = (values.astype(np.float32) for values in batches(1, steps))
    losses, walls = [], []
    for now in range(steps):
        began = time.perf_counter()
        model, moments, value = step(model, moments, x[now], y[now])
        losses.append(float(value))
        walls.append(time.perf_counter() - began)
    return {
        "losses": losses,
        "first_step_s": walls[0],
        "iterations_per_s": 1 / float(np.median(walls[1:])),
        "walls_s": walls,
    }


def converged(every: int = 8) -> list[float]:
    """First spikes of the output for some of `INPUTS`, by SciPy's method of order 8 at tolerances of 1e-12, in half-phases."""
    from scipy.integrate import solve_ivp

    w, size = weights(), HIDDEN + 1
    bias = np.concatenate([w["bias"], w["output_bias"]])
    matrix = np.zeros((size, size))
    matrix[:HIDDEN, :HIDDEN], matrix[:HIDDEN, HIDDEN:] = w["recurrent"], w["output"]
    into = np.append(w["input"], 0.0)

    def slope(_: float, y: np.ndarray) -> np.ndarray:  # v - 1/2 = tan of the angle
        angle, current = y[:size], y[size:]
        push = (bias - 0.25 + current) * np.cos(angle) ** 2
        return np.concatenate([(np.sin(angle) ** 2 + push) / TAU, -current / TAU_SYN])

    def nearest(_: float, y: np.ndarray) -> float:
        return np.max(y[:size]) - np.pi / 2

    nearest.terminal, nearest.direction = True, 1

    def first(x: float) -> float:
        t, y = 0.0, np.concatenate([np.full(size, np.arctan(-0.5)), into])
        for end in (x, DURATION):
            while t < end:
                run = solve_ivp(slope, (t, end), y, method="DOP853", rtol=1e-12, atol=1e-13, events=nearest)
                t, y = run.t[-1], run.y[:, -1]
                if run.t_events[0].size:
                    spiking = int(np.argmax(y[:size]))
                    if spiking == HIDDEN:
                        return t
                    y[spiking] = -np.pi / 2
                    y[size:] += matrix[spiking]
            y[size:] += into
        return np.inf

    return [first(x) for x in INPUTS[::every]]
