"""The fixed step: closed forms, convergence, blocks, loops, delays, memory."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.spiking import Connection, CurrentLIF, FixedStep, LeakyIntegrator, SpikingNetwork
from jaxneuro.spiking.loops import loops
from jaxneuro.spiking.neurons.kernels import response

TAU, TAU_SYN, WEIGHT = 20.0, 10.0, 5.0


def first_spike(weight: float) -> float:
    """When a resting neuron with tau = 2 tau_syn and threshold 1 fires after a spike: weight (x - x²) = 1, x = exp(-t / tau)."""
    return -TAU * np.log((1 + (1 - 4 / weight) ** 0.5) / 2)


def chain(delay: float) -> SpikingNetwork:
    """An input, a neuron, another, and what that one does to a readout."""
    neuron = CurrentLIF(1, TAU, TAU_SYN, reset=-50.0)
    weight = jnp.full((1, 1), WEIGHT)
    connections = {
        "first": Connection("input", "first", weight, delay),
        "second": Connection("first", "second", weight, delay),
        "out": Connection("second", "out", weight, delay),
    }
    layers = {"first": neuron, "second": neuron, "out": LeakyIntegrator(1, TAU, TAU_SYN)}
    return SpikingNetwork(1, layers, connections, "out")


def test_spike_times_and_the_potential_after_them_converge_with_the_step():
    start, delay, errors = 1.3, 2.7, []
    exact = start + delay + first_spike(WEIGHT)
    exact = np.array([exact, exact + delay + first_spike(WEIGHT)])
    steps = [0.4, 0.1, 0.025]
    for dt in steps:
        got = spiking.run(chain(delay), jn.spike_trains([start]), duration=40.0, engine=FixedStep(dt), record=("out",))
        times = np.concatenate([got.spikes["first"][:, 0], got.spikes["second"][:, 0]])
        v = WEIGHT * response(40.0 - exact[1] - delay, TAU, TAU_SYN)
        errors.append([*abs(times - exact), abs(got.voltage["out"][-1, 0] - v)])
    assert np.all(np.array(errors) <= np.outer(steps, [1.0, 2.0, 0.1]) + 1e-9)  # dt of error at most in each neuron


def readout(weight: jax.Array, delay: jax.Array) -> SpikingNetwork:
    """Inputs straight to readouts."""
    connection = Connection("input", "out", weight, delay, max_delay=6.0)
    return SpikingNetwork(
        weight.shape[0], {"out": LeakyIntegrator(weight.shape[1], 20.0, 5.0)}, {"in": connection}, "out"
    )


INPUTS = jn.spike_trains([1.0, 5.0], [2.3], [3.1, 9.0])
WEIGHTS = jnp.array([[1.0, -2.0], [0.5, 3.0], [-1.0, 1.5]])


@pytest.mark.parametrize("shape", [(), (3, 1), (1, 2), (3, 2)])
def test_the_derivative_by_delays_is_that_of_the_exact_kernel(shape: tuple):
    delay = 1.0 + 0.73 * jnp.arange(np.prod(shape, dtype=int)).reshape(shape)

    def grid(delay: jax.Array) -> jax.Array:
        given = readout(WEIGHTS, delay)
        return spiking.run(given, INPUTS, duration=20.0, engine=FixedStep(0.05), record=("out",)).voltage["out"][-1]

    def exact(delay: jax.Array) -> jax.Array:
        came = jnp.isfinite(INPUTS.times)[:, None]
        since = 20.0 - jnp.where(came, INPUTS.times[:, None], 0.0) - jnp.broadcast_to(delay, (3, 2))[..., None]
        return (WEIGHTS[..., None] * jnp.where(came, response(since, 20.0, 5.0), 0.0)).sum((0, 2))

    def loss(solution, delay: jax.Array) -> jax.Array:
        return jnp.sum(solution(delay) * jnp.array([1.0, 0.7]))

    value, slope = jax.value_and_grad(loss, 1)(grid, delay)
    expected, expected_slope = jax.value_and_grad(loss, 1)(exact, delay)
    assert abs(value - expected) < 1e-5 and jnp.allclose(slope, expected_slope, atol=0.01 * abs(expected_slope).max())


@pytest.fixture(scope="module")
def looped() -> SpikingNetwork:
    """Two populations in a loop with delays, one of them connected to itself too."""
    layers = {"a": CurrentLIF(6, refractory=2.0), "b": CurrentLIF(4), "out": LeakyIntegrator(2)}
    network = spiking.feedforward(jax.random.key(0), 3, layers, mean=8.0, spread=2.0, recurrent=("a",))
    back = Connection("b", "a", jnp.full((4, 6), -0.2), jnp.full((4, 1), 1.7), max_delay=3.0)
    return network.replace(connections=network.connections | {"back": back}).set("connections.b.delay", 0.0)


ROWS = (jax.random.uniform(jax.random.key(1), (31, 2, 3)) < 0.4).astype(float)


@pytest.fixture(scope="module")
def loss():
    def energy(network: SpikingNetwork, engine: FixedStep) -> jax.Array:
        got = spiking.run(network, ROWS, duration=31.0, engine=engine, record=("out",))
        return jnp.mean(got.voltage["out"] ** 2) + jnp.mean(got.trains["b"])

    return jax.jit(jax.value_and_grad(energy))


def test_loops_are_found_and_ordered(looped: SpikingNetwork):
    assert [set(group) for group in loops(looped)] == [{"a", "b"}, {"out"}]
    layers = {name: CurrentLIF(1) for name in ("one", "two", "three")}
    assert loops(spiking.feedforward(jax.random.key(0), 1, layers)) == [("one",), ("two",), ("three",)]


def test_blocks_checkpoints_steps_and_batches_change_nothing(looped: SpikingNetwork, loss):
    value, gradient = loss(looped, FixedStep(1.0))
    assert any(jnp.any(gradient.get(p) != 0) for p in ("connections.back.delay", "populations.a.refractory"))
    again = loss(looped, FixedStep(1.0, checkpoint=4))
    chex.assert_trees_all_close((value, gradient), again, rtol=1e-9, atol=1e-14)
    engine = FixedStep(1.0)
    batch = spiking.run(looped, ROWS, duration=31.0, engine=engine)
    mapped = jax.vmap(lambda x: spiking.run(looped, x, duration=31.0, engine=engine), 1)(ROWS)
    assert jnp.array_equal(batch.trains["a"].swapaxes(0, 1), mapped.trains["a"]) and batch.trains["a"].any()
    assert jnp.array_equal(batch.spikes["a"], mapped.spikes["a"]) and batch.spikes["a"].shape == (2, 6, 31)
    stepped = jax.lax.scan(
        lambda carry, row: (engine.step(looped, carry, row)[0],) * 2, engine.start(looped), ROWS[:, 0]
    )
    assert jnp.array_equal(stepped[1][1]["a"], batch.trains["a"][:, 0])


def test_a_checkpoint_takes_a_twentieth_of_the_memory():
    network = spiking.feedforward(
        jax.random.key(0), 16, {"a": spiking.LIF(16), "b": spiking.LIF(16), "out": LeakyIntegrator(2)}
    )
    rows = jax.ShapeDtypeStruct((2000, 64, 16), jnp.float32)

    def memory(checkpoint) -> int:
        def loss(network: SpikingNetwork, rows: jax.Array) -> jax.Array:
            engine = FixedStep(1.0, checkpoint=checkpoint)
            return jnp.mean(spiking.run(network, rows, duration=2000.0, engine=engine, record=("out",)).voltage["out"])

        with jax.enable_x64(False):
            given = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32), network)
            analysis = jax.jit(jax.grad(loss)).lower(given, rows).compile().memory_analysis()
        return analysis.temp_size_in_bytes  # pyright: ignore[reportOptionalMemberAccess]

    assert memory("sqrt") < memory(2000) / 20


def test_what_is_not_asked_for_is_not_computed():
    network = spiking.feedforward(jax.random.key(0), 3, {"a": CurrentLIF(4), "out": LeakyIntegrator(2)})

    def voltage(rows: jax.Array) -> jax.Array:
        return spiking.run(network, rows, duration=31.0, engine=FixedStep(1.0), record=("out",)).voltage["out"][-1]

    text = jax.jit(voltage).lower(ROWS[:, 0]).compile().as_text()
    assert "sort" not in text


@pytest.mark.parametrize(
    ("engine", "change", "inputs", "duration", "message"),
    [
        (FixedStep(0.0), {}, INPUTS, 20.0, "dt = 0.0 ms: give a positive"),
        (FixedStep(0.3), {}, INPUTS, 20.0, "duration = 20.0 ms is not a multiple of dt = 0.3 ms"),
        (FixedStep(1.0), {}, INPUTS, 0.0, "duration = 0.0 ms is not a multiple"),
        (FixedStep(1.0, checkpoint=0), {}, INPUTS, 20.0, "checkpoint = 0"),
        (FixedStep(1.0), {}, jnp.zeros((19, 3)), 20.0, r"shape \(19, 3\), the run 20 steps"),
        (FixedStep(1.0), {"delay": 7.0}, INPUTS, 20.0, "delay = 7.0 ms is longer than max_delay = 6.0 ms"),
        (FixedStep(1.0), {"delay": jnp.zeros(2)}, INPUTS, 20.0, r"delay has shape \(2,\)"),
    ],
)
def test_bad_input_is_refused(engine: FixedStep, change: dict, inputs, duration: float, message: str):
    network = readout(WEIGHTS, jnp.zeros(()))
    connection = network.connections["in"].replace(**change) if change else network.connections["in"]
    with pytest.raises(ValueError, match=message):
        spiking.run(network.replace(connections={"in": connection}), inputs, duration=duration, engine=engine)


@pytest.mark.parametrize("neuron", [CurrentLIF(5, reset=None, bias=0.3), spiking.LIF(5, reset=None)])
def test_neurons_without_reset_run_in_parallel_over_time(neuron: spiking.Neuron):
    network = spiking.feedforward(jax.random.key(0), 3, {"a": neuron, "out": LeakyIntegrator(2)})

    def loss(network: SpikingNetwork, engine: FixedStep) -> tuple[jax.Array, spiking.Response]:
        response = spiking.run(network, ROWS, duration=31.0, engine=engine, record=("a", "out"))
        return jnp.mean(response.voltage["out"] ** 2), response

    both = [jax.jit(jax.value_and_grad(loss, has_aux=True))(network, FixedStep(1.0, parallel=p)) for p in (False, True)]
    chex.assert_trees_all_close(*both, rtol=1e-9, atol=1e-12)
    assert both[0][0][1].trains["a"].any()


def test_exact_events_need_a_reset():
    network = spiking.feedforward(jax.random.key(0), 3, {"a": CurrentLIF(1, reset=None), "out": LeakyIntegrator(1)})
    with pytest.raises(ValueError, match="'a': without a reset it would spike without end"):
        spiking.run(network, INPUTS, duration=20.0, engine=spiking.Events())
