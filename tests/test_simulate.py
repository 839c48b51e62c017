"""The front door: what it records, what it refuses, and that a run can go on where another ended."""

import functools

import chex
import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn

STEP = jn.stimuli.step(10.0, start=1.0)


@pytest.fixture(scope="module")
def cell() -> jn.Cell:
    return jn.cells.hodgkin_huxley()


@pytest.fixture(scope="module")
def whole(cell: jn.Cell) -> jn.Recording:
    return jn.simulate(cell, STEP, duration=10.0, record=("v", "na.m", "k.current", "stimulus"))


def test_records_what_it_is_asked_for(cell: jn.Cell, whole: jn.Recording):
    assert whole.t.shape == (401,) and whole.v.shape == (401, 1) and bool(whole.ok)
    i = 300
    potassium = 36.0 * jn.simulate(cell, STEP, duration=10.0, record="k.n")["k.n"][i] ** 4 * (whole.v[i] + 77.0)
    np.testing.assert_allclose(whole["k.current"][i], potassium, rtol=1e-12)
    np.testing.assert_allclose(whole["stimulus"][jnp.array([0, 100])], [[0.0], [10.0]])
    power = jn.simulate(cell, STEP, duration=10.0, record=lambda cell, state, drive: state.v * drive.current)
    np.testing.assert_allclose(power["<lambda>"], whole.v * whole["stimulus"], atol=1e-9)


def doubled(factor, cell, state, drive):
    return factor * state.v


def test_functions_are_recorded_under_names(cell: jn.Cell, whole: jn.Recording):
    twice, thrice = functools.partial(doubled, 2.0), functools.partial(doubled, 3.0)
    named = jn.simulate(cell, STEP, duration=10.0, record={"a": twice, "b": thrice, "gate": "na.m", "v": "v"})
    assert list(named.values) == ["a", "b", "gate", "v"]
    np.testing.assert_allclose(named["b"] - named["a"], whole.v, atol=1e-9)
    np.testing.assert_allclose(named["gate"], whole["na.m"], atol=1e-9)
    assert list(jn.simulate(cell, STEP, duration=1.0, record=("v", twice, "v", twice)).values) == ["v", "value"]


def v(cell, state, drive):
    return 2 * state.v


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ((lambda c, s, d: s.v, lambda c, s, d: 2 * s.v), r"several functions of the name '<lambda>'.*record=\{"),
        ((functools.partial(doubled, 2.0), functools.partial(doubled, 3.0)), "several functions of the name 'value'"),
        (("v", v), "several functions of the name 'v'"),
        ((v,), "recorded as 'v', which the model itself records: name it"),
        ({"spikes": v}, "recorded as 'spikes'"),
        ({"na.m": v}, "recorded as 'na.m'"),
        ((3.0,), "give names of quantities or functions"),
        ({"a": None}, "give names of quantities or functions"),
        (5, "give names of quantities or functions"),
        ({"v": "spikes"}, "something else is recorded as 'v'"),
        ({"na.m": "na.h"}, "something else is recorded as 'na.m'"),
        ({"none": lambda c, s, d: None}, "'none' is recorded by a function that gives 'None'"),
    ],
)
def test_two_things_under_one_name_are_refused(cell: jn.Cell, record, message: str):
    with pytest.raises(ValueError, match=message):
        jn.simulate(cell, duration=1.0, record=record)


def test_spikes_of_a_channel_are_none_of_its_quantities(cell: jn.Cell):
    with pytest.raises(KeyError, match=r"cannot record 'na.spikes'\. There are: v, stimulus.*spikes"):
        jn.simulate(cell, duration=1.0, record="na.spikes")


def test_a_parameter_for_other_compartments_is_named(cell: jn.Cell):
    with pytest.raises(ValueError, match=r"na.g_max has the shape \(3,\), and the model 1 compartment.*jax.vmap"):
        jn.simulate(cell.set("na.g_max", [1.0, 2.0, 3.0]), duration=1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(model="squid"), "model = 'squid': give a Cell"),
        (dict(stimulus=5.0), "stimulus = 5.0: give one of jn.stimuli"),
        (dict(stimulus={"soma": STEP}), "for a network a mapping"),
        (dict(duration="10"), "duration = '10': give one number"),
        (dict(dt=None), "dt = None: give one number"),
        (dict(every=np.inf), "every = inf: record after a whole number"),
        (dict(solver="euler"), "solver = 'euler': give a method"),
        (dict(solver=diffrax.Heun), "give a method, such as"),
        (dict(key=3), "key = 3: give a random key"),
        (dict(initial=5.0), "initial is no State, the state of this model"),
    ],
)
def test_an_argument_of_another_kind_is_named(cell: jn.Cell, change: dict, message: str):
    with pytest.raises(ValueError, match=message):
        jn.simulate(**{"model": cell, "duration": 1.0, **change})


def test_the_state_of_another_model_is_refused(cell: jn.Cell):
    state = cell.initial()
    for other, message in [
        (state.replace(v=np.zeros(3)), r"v of shape \(3,\), and this model \(1,\)"),
        (state.replace(gates={}), "initial has no gates.k.n"),
        (cell.insert("m", jn.channels.K()).initial(), "gates.m.n, which this model has not"),
        (jn.cells.LIF().initial(), "initial is no State"),
    ]:
        with pytest.raises(ValueError, match=message):
            jn.simulate(cell, duration=1.0, initial=other)


def test_a_run_goes_on_exactly_where_another_ended(cell: jn.Cell, whole: jn.Recording):
    first = jn.simulate(cell, STEP, duration=5.0)
    second = jn.simulate(cell, jn.stimuli.step(10.0), duration=5.0, initial=first.final)
    np.testing.assert_allclose(second.v, whole.v[200:], atol=1e-9)


def test_chosen_times_agree_between_the_drivers(cell: jn.Cell):
    times = jnp.array([0.3, 2.718, 3.1416, 9.99])
    fixed = jn.simulate(cell, STEP, duration=10.0, dt=0.005, times=times, solver=diffrax.Tsit5())
    steps = diffrax.PIDController(rtol=1e-9, atol=1e-9)
    adaptive = jn.simulate(cell, STEP, duration=10.0, times=times, solver=diffrax.Tsit5(), stepsize=steps)
    np.testing.assert_allclose(fixed.v, adaptive.v, atol=2e-6)


def test_numbers_of_any_kind_compile_once(cell: jn.Cell):
    @chex.assert_max_traces(n=2)  # the shape of what is recorded, and the run
    def voltage(model, state, drive):
        return state.v

    for g_max in (120.0, 100.0, np.float64(110.0), jnp.asarray(120.0), 130):
        jn.simulate(cell.set("na.g_max", g_max), jn.stimuli.step(g_max, start=1.0), duration=2.0, record=voltage)


def test_spikes_without_the_voltage(cell: jn.Cell):
    stimulus = jn.stimuli.step(10.0)
    sparse = jn.simulate(cell, stimulus, duration=40.0, record="spikes", every=40).spike_times(max_spikes=4)
    exact = jn.simulate(cell, stimulus, duration=40.0).spike_times(max_spikes=4)
    assert sparse.count == exact.count == 3
    np.testing.assert_allclose(sparse.times[:3], exact.times[:3], atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(duration=10.0, dt=0.0), "dt = 0.0 ms: a step must be positive"),
        (dict(duration=10.01), "use duration = 10"),
        (dict(duration=-1.0), "longer than 0 ms"),
        (dict(duration=10.0, every=7), "is not a multiple of dt × every"),
        (dict(duration=10.0, times=[3.0, 11.0]), "increasing times from 0 to the duration of 10 ms"),
    ],
)
def test_bad_arguments_say_what_to_do(cell: jn.Cell, arguments: dict, message: str):
    with pytest.raises(ValueError, match=message):
        jn.simulate(cell, **arguments)


def test_a_stimulus_that_is_too_short_is_refused(cell: jn.Cell):
    short = jn.stimuli.sampled(np.arange(5.0), np.zeros(5))
    with pytest.raises(ValueError, match="ends at 4 ms but the run lasts 10 ms"):
        jn.simulate(cell, short, duration=10.0)


def test_unknown_names_are_listed(cell: jn.Cell):
    with pytest.raises(KeyError, match=r"na\.g_max"):
        cell.set("na.gmax", 1.0)
    with pytest.raises(KeyError, match=r"na\.m"):
        jn.simulate(cell, STEP, duration=10.0, record="na.q")


def test_a_run_that_diverges_says_so(cell: jn.Cell):
    assert not jax.jit(lambda c: jn.simulate(cell.set("capacitance", c), STEP, duration=1.0).ok)(jnp.nan)
    euler = jn.simulate(cell.set("capacitance", 1e-3), STEP, duration=10.0, solver=diffrax.Euler())
    assert not bool(euler.ok)


def test_a_pytree_all_the_way(cell: jn.Cell):
    gradient = jax.grad(lambda c: jnp.mean(jn.simulate(c, STEP, duration=2.0).v ** 2))(jax.tree.map(jnp.asarray, cell))
    assert isinstance(gradient, jn.Cell)
    chex.assert_tree_all_finite(gradient)
    assert "na.g_max" in cell.paths() and gradient.get("na.g_max") != 0


class Compiled(chex.TestCase):
    @chex.variants(with_jit=True, without_jit=True, with_device=True)
    def test_a_run_is_the_same_within_jit_and_without(self):
        squid = jn.cells.hodgkin_huxley()
        run = self.variant(lambda g: jn.simulate(squid.set("na.g_max", g), STEP, duration=20.0).spike_times().times)
        expected = jn.simulate(squid.set("na.g_max", 110.0), STEP, duration=20.0).spike_times().times
        chex.assert_trees_all_close(run(110.0), expected, rtol=1e-12)
