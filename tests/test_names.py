"""One grammar of parameter names for every model: what each name reads, sets, frees, and what is refused in the same words."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.cli.recording_report import parameter_table
from jaxneuro.fitting import FitResult, box
from jaxneuro.fitting.starts import balance
from jaxneuro.fitting.targets import target
from jaxneuro.learn import check_inside
from jaxneuro.spiking import decoders, losses, tasks

SQUID = jn.cells.hodgkin_huxley()
PAIR = jn.Network({"exc": jn.Population(SQUID, 2), "inh": jn.Population(SQUID, 3)})
LAYERS = {"hidden": spiking.CurrentLIF(4), "out": spiking.LeakyIntegrator(2, tau=10.0)}


class Bare(jn.Channel):
    """A channel that says nothing of its numbers."""

    g: Any = 0.3
    e: Any = -60.0

    def current(self, v, gates, env):
        return self.g * (v - self.e)


class Own(Bare):
    """One that says what they are."""

    g: Any = jn.parameter(default=0.3, unit="mS/cm²", least=0.0, linear=True)


MODELS = {  # how it is made, a path, its unit, a pattern, what that matches, paths that may have one value, and some that not
    "cell": (
        lambda: SQUID, "na.g_max", "mS/cm²", "*.g_max", ["na.g_max", "k.g_max", "leak.g_max"], "na.e+k.e", "na.e+area",
    ),
    "network": (
        lambda: PAIR, "exc.na.e", "mV", "*.na.e", ["exc.na.e", "inh.na.e"], "exc.k.e+inh.k.e", "exc.k.e+exc.area",
    ),
    "point neuron": (
        jn.cells.AdEx, "v_reset", "mV", "v_*", ["v_threshold", "v_reset", "v_peak", "v_init"], "g_leak+a", "g_leak+capacitance",
    ),
    "spiking network": (
        lambda: spiking.feedforward(jax.random.key(0), 3, LAYERS), "populations.hidden.tau", "ms", "*.tau",
        ["populations.hidden.tau", "populations.out.tau"], "connections.hidden.delay+connections.out.delay", None,
    ),
    "counterpart": (
        lambda: spiking.Counterpart(SQUID), "gain", "nA", "cell.*.g_max",
        ["cell.na.g_max", "cell.k.g_max", "cell.leak.g_max"], "cell.na.e+threshold", "gain+threshold",
    ),
    "module of flax": (
        lambda: spiking.Weights.of(nnx.Sequential(*[nnx.Linear(n, 2, param_dtype=float, rngs=nnx.Rngs(n)) for n in (3, 2)])),
        "layers.0.bias", "", "*.bias", ["layers.0.bias", "layers.1.bias"], "layers.0.kernel+layers.1.kernel", None,
    ),
}  # fmt: skip


@pytest.fixture(params=MODELS)
def case(request) -> tuple:
    make, *said = MODELS[request.param]
    return make(), *said


def test_a_name_means_the_same_in_every_model(case: tuple):
    model, path, unit, pattern, matched, tied, _ = case
    first, second = tied.split("+")
    assert model.paths(pattern) == matched and set(matched) < set(model.paths())
    assert jn.unit_of(model, path) == unit and jn.label_of(model, path) == (f"{path} [{unit}]" if unit else path)
    one = model.set(path, 1.5)
    assert one.get(path) == 1.5
    several = model.set(tied, 2.5)
    assert np.all(several.get(first) == 2.5) and np.all(several.get(second) == 2.5)
    assert all(model.set(pattern, 0.5).get(found) == 0.5 for found in matched)
    assert list(model.free(pattern, tied, path)) == [*dict.fromkeys([*matched, tied, path])]


def test_what_cannot_be_meant_is_refused_in_the_same_words(case: tuple):
    model, path, _, pattern, matched, tied, mixed = case
    for edit in (model.get, model.free, lambda name: model.set(name, 1.0), lambda name: jn.unit_of(model, name)):
        for wrong in ("nothing", "*.nothing", "nothing@soma", f"{path}+nothing"):
            with pytest.raises(KeyError, match=r"no parameter '(\*\.)?nothing'.*The paths are: "):
                edit(wrong)
    with pytest.raises(KeyError, match=" or ".join(matched) + ": write the one that is meant"):
        model.get(pattern)
    with pytest.raises(ValueError, match=r"free names '.*' twice"):
        model.free(tied, tied.split("+")[1])
    with pytest.raises(ValueError, match=f"{path.rsplit('.')[-1]}'? is a parameter and str 'x' is no number"):
        model.put({path: "x"})
    if mixed:
        for edit in (model.free, lambda name: model.set(name, 1.0)):
            with pytest.raises(ValueError, match=r"gives one value to .* \[.+\] and to .* \[.+\]: name what is of one"):
                edit(mixed)


@pytest.mark.parametrize("name", ["spiking network", "point neuron", "module of flax"])
def test_a_model_without_regions_says_so(name: str):
    make, path, *_ = MODELS[name]
    model = make()
    for edit in (model.get, model.free, lambda name: model.set(name, 1.0)):
        with pytest.raises(ValueError, match=f"@soma names a region, and {type(model).__name__} has none"):
            edit(f"{path}@soma")
    with pytest.raises(ValueError, match="has none, leave out where"):
        model.set(path, 1.0, where=np.ones(1, bool))


@pytest.mark.parametrize("x64", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_what_is_free_goes_through_every_transformation(name: str, x64: bool):
    make, _, _, pattern, matched, tied, _ = MODELS[name]
    with jax.enable_x64(x64):
        model = make()
        values = model.free(pattern, tied)

        def total(values: dict):
            moved = model.put(values)
            return sum(jnp.sum(jnp.asarray(moved.get(path)) ** 2) for path in [*matched, *tied.split("+")])

        slopes = jax.jit(jax.grad(total))(values)
        for path in matched:
            assert slopes[path].dtype == values[path].dtype == (jnp.float64 if x64 else jnp.float32)
            np.testing.assert_allclose(slopes[path], 2 * values[path], rtol=1e-6)
        many = {name: jnp.stack([x, 2 * x + 1]) for name, x in values.items()}
        each = np.array([total({name: x[n] for name, x in many.items()}) for n in range(2)])
        np.testing.assert_allclose(jax.vmap(total)(many), each, rtol=1e-6)
        back = model.put(model.free(pattern))
        for before, after in zip(jax.tree.leaves(model), jax.tree.leaves(back), strict=True):
            assert np.array_equal(np.asarray(before, np.asarray(after).dtype), after)


def test_mechanisms_are_freed_and_put_back_whole():
    values = PAIR.free("*.na")
    assert list(values) == ["exc.na", "inh.na"] and isinstance(values["exc.na"], jn.channels.Na)
    slope = jax.grad(lambda values: PAIR.put(values).get("inh.na.g_max") ** 2)(values)
    assert slope["inh.na"].g_max == 240.0 and slope["exc.na"].g_max == 0.0
    with pytest.raises(ValueError, match="twice"):
        PAIR.free("exc.na", "exc.na.e")
    with pytest.raises(ValueError, match="is no Channel"):
        PAIR.set("*.na", SQUID)
    assert isinstance(PAIR.set("*.na", Own()).get("inh.na"), Own)


def test_numbers_of_a_region_go_back_where_they_were(branched: jn.Cell):
    values = branched.free("*.g_max@basal", "na.e@soma+na.e@basal")
    assert list(values) == ["na.g_max@basal", "leak.g_max@basal", "na.e@soma+na.e@basal"]
    assert values["na.g_max@basal"].shape == (2,) and values["leak.g_max@basal"].shape == ()
    back = jax.jit(branched.put)(values)
    np.testing.assert_array_equal(back.get("na.g_max"), branched.get("na.g_max"))
    np.testing.assert_array_equal(branched.set("na.g_max@basal", jnp.array([7.0, 8.0])).get("na.g_max"), [1, 7, 8])
    np.testing.assert_array_equal(branched.set("*.g_max@soma", 9.0).get("leak.g_max"), [9, 0.3, 0.3])
    network = jn.Network({"a": jn.Population(branched, 2)})
    np.testing.assert_array_equal(network.set("a.na.g_max@soma", 5.0).get("a.na.g_max"), [5, 2, 3])
    with pytest.raises(ValueError, match="names a region, and where another"):
        branched.set("na.e@soma", 1.0, where="basal")
    with pytest.raises(ValueError, match=r"free names 'na\.e' twice"):
        branched.free("na.e", "na.e@basal")
    varied = jn.Population(branched, 2, varying={"na.g_max@soma": jnp.array([1.0, 2.0])})
    network = jn.Network({"a": varied})
    assert jn.unit_of(network, "a.varying.na.g_max@soma") == "mS/cm²"
    with pytest.raises(ValueError, match=r"-1 mS/cm².*: it must be at least 0"):
        network.set("a.varying.na.g_max@soma", jnp.array([-1.0, 1.0]))
    np.testing.assert_array_equal(varied.each(lambda cell: cell.get("na.g_max"))[1], [2, 2, 3])


@pytest.fixture(scope="module")
def branched() -> jn.Cell:
    """A soma, and a dendrite of two compartments."""
    y, radius = jnp.array([0.0, -10, 10, -10, -210]), jnp.array([10.0, 10, 10, 1, 1])
    position, parent = jnp.stack([0 * y, y, 0 * y], -1), jnp.array([-1, 0, 0, 0, 3])
    kind, joint = jnp.array([1, 1, 1, 3, 3]), jnp.array([True, False, False, True, False])  # a soma, a basal dendrite
    cell = jn.cells.from_morphology(jn.Morphology(position, radius, parent, kind, joint), max_length=100.0)
    return cell.insert("na", jn.channels.Na(jnp.array([1.0, 2.0, 3.0]))).insert("leak", jn.channels.Leak())


def test_names_that_hold_signs_of_the_grammar_mean_themselves():
    cell = jn.Cell({name: jn.channels.Leak(1.0) for name in ("a", "b", "a+b", "a@soma", "*")})
    for path in ("a+b.g_max", "a@soma.g_max", "*.g_max"):
        assert cell.set(path, 2.0).get(path) == 2.0 and cell.set(path, 2.0).get("a.g_max") == 1.0
    assert cell.set("a+b.g_max+a.g_max", 2.0).get("a.g_max") == 2.0
    assert cell.free("a+b.g_max+b.g_max@soma").keys() == {"a+b.g_max+b.g_max@soma"}


def test_bounds_are_of_names_too_and_say_the_unit():
    assert box(SQUID, {"*.g_max": (1.0, 500.0), "na.e+k.e": (-90.0, 60.0)}).names == (
        "na.g_max", "k.g_max", "leak.g_max", "na.e+k.e",
    )  # fmt: skip
    for wrong, message in [
        ({"*.g_max": (1.0, 500.0), "na.g_max": (1.0, 5.0)}, "free names 'na.g_max' twice"),
        ({"*.e": (-10.0, -20.0)}, r"bounds of 'na.e' = \(-10, -20\) mV: must be finite and low < high"),
        ({"*.g_max": (-10.0, 20.0)}, r"bounds of 'na.g_max' = \(-10, 20\) mS/cm²: it must be at least 0"),
        ({"na.g_max+k.e": (1.0, 2.0)}, r"one value to na.g_max \[mS/cm²\] and to k.e \[mV\]"),
        ({}, 'free={"na.g_max"'),
    ]:
        with pytest.raises(ValueError, match=message):
            box(SQUID, wrong)
    with pytest.raises(ValueError, match=r"na\.g_max = -1 mS/cm²: it must be at least 0"):
        SQUID.set("*.g_max", -1.0)


def test_a_fit_reports_units():
    free = {"na.g_max": (1.0, 500.0), "na.e+k.e": (-90.0, 60.0)}
    found = FitResult(
        SQUID, tuple(free), values=np.array([[100.0, 50.0]]), theta=np.zeros((1, 2)), loss=np.ones(1),
        status=np.zeros(1, int), ensemble=np.array([0]), deviation=np.ones(2),
    )  # fmt: skip
    assert found.units == {"na.g_max": "mS/cm²", "na.e+k.e": "mV"}
    table = parameter_table(found, free)
    assert "na.g_max [mS/cm²]" in table and "na.e+k.e [mV]" in table
    with pytest.raises(ValueError, match=r"start na.g_max = 600 mS/cm² is outside its bounds \(1, 500\) mS/cm²"):
        check_inside(SQUID, free, "na.g_max", 600.0)


@pytest.mark.parametrize("channel", [Own, Bare])
def test_currents_are_balanced_by_what_is_declared_linear_whatever_its_name(channel: type):
    cell = jn.Cell({"own": channel()}, v_init=-60.0)
    recording = jn.simulate(cell, jn.stimuli.step(2.0, start=2.0), duration=20.0)
    current = jnp.where(recording.t >= 2.0, 2.0e-2, 0.0)  # nA of 1000 µm²
    goal, limits = target(recording.replace(current=current), dt=0.05), box(cell, {"own.g": (0.03, 3.0)})
    (found,) = limits.values(balance(cell, limits, goal, jnp.array([1.0])))
    if channel is Own:
        assert found == pytest.approx(0.3, rel=0.05)
    else:
        assert found == pytest.approx(float(limits.values(jnp.array([1.0]))[0]))


class Slow(spiking.Neuron):
    """A leaky neuron whose field says that it is positive, and one whose name only looks so."""

    time_constant: Any = jn.parameter(default=20.0, unit="ms", above=0.0)
    tautology: Any = 0.0

    def flow(self, state, t):
        return state.replace(v=state.v * jnp.exp(-t / self.time_constant) + self.tautology * t)

    def receive(self, state, x):
        return state.replace(v=state.v + x)

    def excess(self, state):
        return state.v - 1.0

    def fire(self, state):
        return state.replace(v=jnp.zeros_like(state.v))


@pytest.mark.filterwarnings("ignore:the training ended so")
def test_what_is_declared_positive_stays_so_in_training_whatever_its_name():
    layers = {"hidden": Slow(6), "out": spiking.LeakyIntegrator(3)}
    network = spiking.feedforward(jax.random.key(0), 5, layers, mean=8.0, spread=4.0)
    network = network.set("populations.hidden.tautology", -0.01)
    trained = spiking.train(
        network, tasks.yin_yang(jax.random.key(1), 20), losses.CrossEntropy(decoders.MembraneMax(3.0)),
        engine=spiking.FixedStep(2.0), duration=20.0, key=jax.random.key(0), epochs=2, batch=10, optimiser=optax.adam(2.0),
        trainable=("*.time_constant", "*.tautology"),
    ).state  # fmt: skip
    assert 0 < trained.get("populations.hidden.time_constant") != 20.0
    assert trained.get("populations.hidden.tautology") != -0.01
