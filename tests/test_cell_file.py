"""A model goes to a file and comes back the same."""

import copy
import importlib
import json
import pkgutil
import subprocess
import sys
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import spiking
from jaxneuro.biophysics.published import hodgkin_huxley_free
from jaxneuro.cli.models import model_named
from jaxneuro.files import load_cell, save_cell


class Persistent(jn.Channel):
    g_max: float = 0.1

    def current(self, v, gates, env):
        return self.g_max * (v - 50.0)


def test_a_cell_comes_back_leaf_by_leaf(tmp_path):
    cell = hodgkin_huxley_free(celsius=20.0).set("na.alpha_m.slope", jnp.array(9.1)).insert("p", Persistent(0.2))
    cell = cell.replace(area=np.array([500.0]))
    save_cell(tmp_path / "cell.json", cell)
    again = load_cell(tmp_path / "cell.json")
    assert jax.tree.structure(again) == jax.tree.structure(cell)
    assert jax.tree.map(float, again.get("na.alpha_m")) == jax.tree.map(float, cell.get("na.alpha_m"))
    for a, b in zip(jax.tree.leaves(again), jax.tree.leaves(cell), strict=True):
        np.testing.assert_array_equal(a, b)


def test_free_rates_are_the_published_ones_by_default():
    v = jnp.linspace(-90.0, 40.0, 14)
    fixed, free = jn.cells.hodgkin_huxley(), hodgkin_huxley_free()
    fixed, free = (cell.replace(area=jnp.full(14, 1e3)) for cell in (fixed, free))
    state = fixed.initial(v)
    for a, b in zip(
        jax.tree.leaves(fixed.gate_kinetics(state)), jax.tree.leaves(free.gate_kinetics(state)), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(format="other"), "is not of the format"),
        (lambda c: c["model"].update({"class": "System"}), "System, which is not known: import"),
        (lambda c: c["model"]["fields"].update(colour=1), "no field 'colour'"),
        (lambda c: c["model"]["fields"].update(celsius={"array": ["x"], "dtype": "object"}), "no part of a model"),
    ],
)
def test_a_file_that_is_no_model_is_refused(tmp_path, change, message):
    save_cell(tmp_path / "cell.json", jn.cells.hodgkin_huxley())
    content = json.loads((tmp_path / "cell.json").read_text())
    change(content)
    (tmp_path / "cell.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message):
        load_cell(tmp_path / "cell.json")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError, match="no model file"):
        load_cell(tmp_path / "cell.json")
    (tmp_path / "cell.json").write_text("half {")
    with pytest.raises(ValueError, match="not a model file"):
        load_cell(tmp_path / "cell.json")
    with pytest.raises(TypeError, match="cannot be saved"):
        save_cell(tmp_path / "cell.json", jn.cells.hodgkin_huxley().replace(celsius=print))


def same(a, b) -> bool:
    leaves = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return jax.tree.structure(a) == jax.tree.structure(b) and all(
        np.array_equal(x, y, equal_nan=True) and np.asarray(x).dtype == np.asarray(y).dtype for x, y in leaves
    )


def network() -> jn.Network:
    """A population of each kind, and a projection of each kind of synapse."""
    cell, synapses = jn.cells.hodgkin_huxley(), jn.synapses
    kinds = {"AMPA": 1.0, "GABAA": 1.0, "NMDA": 1.0, "GABAB": 1.0, "WangBuzsaki": None, "GapJunction": None}
    edges = jn.connect.edges([0], [1], 2, 2)
    plastic = {"plasticity": jn.synapses.TsodyksMarkram(0.5, 100.0, 10.0)}
    projections = {
        name: jn.Projection("cells", "cells", getattr(synapses, name)(), edges, 1e-3, delay)
        for name, delay in kinds.items()
    }
    given = jn.Projection("given", "points", synapses.Exponential(3.0), edges, np.float32(1e-3), jnp.ones(1), **plastic)
    populations = {
        "cells": jn.Population(cell, 2, varying={"na.g_max": jnp.array([110.0, 120.0])}),
        "points": jn.Population(jn.cells.AdEx(), 2),
        "given": jn.spike_trains([1.0, 2.0], []),
    }
    return jn.Network(populations, projections | {"drive": given})


def trained():
    layers = {"hidden": spiking.Izhikevich(3), "adaptive": spiking.AdaptiveLIF(2), "out": spiking.LeakyIntegrator(2)}
    start = spiking.feedforward(jax.random.key(0), 2, layers, recurrent=("adaptive",), delay=1.0)
    data = (jnp.ones((4, 5, 2)), jnp.array([0, 1, 0, 1]))
    loss = spiking.losses.CrossEntropy(spiking.decoders.MembraneMax())
    return spiking.train(
        start, data, loss, engine=spiking.FixedStep(1.0), duration=5.0, key=jax.random.key(0), epochs=1
    ).state


MODELS = {
    **jn.cells.CATALOGUE,
    "network": network,
    "trained": trained,
    "FoxLu": lambda: jn.Cell({"na": jn.channels.FoxLu(jn.channels.Na())}, pools={"ca": jn.CalciumPool()}),
    "stimulus": lambda: jn.stimuli.inject(jn.stimuli.step(1.0) + 2.0 * jn.stimuli.sampled(np.arange(2.0), np.ones(2))),
    "shapes": lambda: jn.Cell({}, area=np.zeros((0, 3)), v_init=jnp.ones((2, 2), jnp.bfloat16)),
    "surrogates": lambda: spiking.surrogates.ALL,
}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_saved_and_loaded(tmp_path, name):
    model = MODELS[name]()
    save_cell(tmp_path / "model.json", model)
    assert same(load_cell(tmp_path / "model.json"), model)
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]


def test_it_runs_as_before(tmp_path):
    whole = network()
    populations = {name: whole.populations[name] for name in ("given", "points")}
    save_cell(tmp_path / "model.json", jn.Network(populations, {"drive": whole.projections["drive"]}))
    loaded = load_cell(tmp_path / "model.json")
    recording = jn.simulate(loaded, duration=3.0, record="drive.g", every=30)
    assert recording["drive.g"][-1, 1] > 0 and bool(recording.ok)


class Leak(jn.Channel):
    """The name and fields of one of ours, and another current."""

    g_max: float = 0.3
    e: float = -54.387

    def current(self, v, gates, env):
        return -self.g_max * (v - self.e)


def test_a_users_class_stays_hers(tmp_path):
    save_cell(tmp_path / "cell.json", jn.Cell({"hers": Leak(), "ours": jn.channels.Leak()}))
    again = load_cell(tmp_path / "cell.json")
    assert type(again.channels["hers"]) is Leak and type(again.channels["ours"]) is jn.channels.Leak

    class Inner(Leak):
        pass

    save_cell(tmp_path / "inner.json", jn.Cell({"inner": Inner()}))
    assert type(load_cell(tmp_path / "inner.json").channels["inner"]) is Inner
    with pytest.raises(ValueError, match="classes has 3"):
        load_cell(tmp_path / "inner.json", classes=[3])


SCRIPT = """
import sys, jaxneuro as jn
class Leak(jn.Channel):
    g_max: float = 0.3
    e: float = -54.387
    def current(self, v, gates, env):
        return -self.g_max * (v - self.e)
"""


def test_a_class_that_is_not_here_is_refused_or_given(tmp_path):
    """Saved by a script, read in another program."""
    file = tmp_path / "cell.json"
    words = [sys.executable, "-c", SCRIPT + f"jn.save_cell({str(file)!r}, jn.Cell({{'a': Leak(2.0)}}))"]
    subprocess.run(words, check=True, timeout=120)
    assert "__main__:Leak" in file.read_text()
    with pytest.raises(
        ValueError, match=r"model\.channels\.a is a __main__:Leak, .*load_cell\(path, classes=\[Leak\]\)"
    ):
        load_cell(file)
    assert load_cell(file, classes=[Leak]).channels["a"] == Leak(2.0)


def edited(tmp_path, change, model=None):
    """The file of a model after a change of its content."""
    save_cell(tmp_path / "cell.json", model or jn.cells.hodgkin_huxley())
    content = json.loads((tmp_path / "cell.json").read_text())
    change(content)
    (tmp_path / "cell.json").write_text(json.dumps(content))
    return tmp_path / "cell.json"


def bare(content):
    """As files were before, of format 1."""
    content["format"] = "jaxneuro model 1"

    def strip(part):
        if isinstance(part, dict):
            if "class" in part:
                part["class"] = part["class"].rpartition(":")[2]
            for inner in part.values():
                strip(inner)
        elif isinstance(part, list):
            for inner in part:
                strip(inner)

    strip(content["model"])


def test_files_of_before_are_read(tmp_path):
    layers = {"a": spiking.LIF(2), "b": spiking.LeakyIntegrator(1)}
    spikes = spiking.feedforward(jax.random.key(0), 2, layers)
    for model in (jn.cells.adapting(), network(), spikes):  # Network, LIF, Exponential are names of two of ours
        with warnings.catch_warnings(action="ignore"):  # of the Leak above
            assert same(load_cell(edited(tmp_path, bare, model)), model)
    with pytest.warns(UserWarning, match=r"jaxneuro's own is taken: for yours, load_cell\(path, classes=\[Leak\]\)"):
        ours = load_cell(edited(tmp_path, bare))
    assert type(ours.channels["leak"]) is jn.channels.Leak
    assert type(load_cell(tmp_path / "cell.json", classes=[Leak]).channels["leak"]) is Leak


def test_a_module_is_never_imported_for_a_file(tmp_path):
    (tmp_path / "trap.py").write_text("raise SystemExit('executed')\nclass Cell: pass\n")
    for name in (
        "trap:Cell",
        "jaxneuro.__main__:Cell",
        "jaxneuro.plot.style:Cell",
        "os:system",
        "jaxneuro..x:Cell",
        "a:b:c",
        ":",
    ):
        before = set(sys.modules)
        with pytest.MonkeyPatch.context() as patched:
            patched.syspath_prepend(str(tmp_path))
            file = edited(
                tmp_path, lambda c, name=name: c["model"]["fields"].update(celsius={"class": name, "fields": {}})
            )
            with pytest.raises(ValueError, match=r"model\.celsius is"):
                load_cell(file)
        assert not {"trap", "jaxneuro.__main__", "jaxneuro.plot"} & (set(sys.modules) - before)


def test_a_class_that_has_moved_within_its_room_is_found(tmp_path):
    def move(content):
        content["model"]["class"] = "jaxneuro.biophysics.elsewhere.cell:Cell"

    assert same(load_cell(edited(tmp_path, move)), jn.cells.hodgkin_huxley())


def test_the_name_in_a_file_is_the_room_and_the_class_which_no_move_within_it_changes(tmp_path):
    save_cell(tmp_path / "cell.json", jn.cells.hodgkin_huxley())
    assert json.loads((tmp_path / "cell.json").read_text())["model"]["class"] == "jaxneuro.biophysics:Cell"


@pytest.mark.parametrize("room", ["biophysics", "spiking", "navigation"])
def test_no_two_models_of_a_room_have_one_name(room):
    package = importlib.import_module(f"jaxneuro.{room}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    ahead, found = [jn.pytree.Pytree], set()
    while ahead:
        ahead += (inner := ahead.pop().__subclasses__())
        found |= {kind for kind in inner if kind.__module__.startswith(package.__name__)}
    names = sorted(kind.__qualname__ for kind in found)
    assert names == sorted(set(names))


DAMAGES = ("text", [], {}, None, True, -1, 1e400, 10**30, {"dict": []}, {"class": 3}, {"tuple": [[]]}, {"list": "ab"},
           {"array": [[1], [1, 2]], "dtype": "float32"}, {"array": ["1"], "dtype": "float32"}, {"array": [0.5], "dtype": "int32"},
           {"array": [], "shape": [10**12], "dtype": "int8"}, {"array": [1.0, 2.0, 3.0], "dtype": "float64"},
           {"class": "jaxneuro.biophysics.hodgkin_huxley:Na", "fields": {}})  # fmt: skip


def places_of(part, at=()):
    """Every place in a file."""
    yield at
    for key, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from places_of(inner, (*at, key))


def test_damage_anywhere_is_refused_in_words(tmp_path):
    """Every part of a file taken out, or replaced by each kind of nonsense: a whole model or a ValueError, nothing else."""
    cell = jn.Cell({"leak": jn.channels.Leak(0.3, jnp.array([-54.0]))}, pools={"ca": jn.CalciumPool()})
    save_cell(tmp_path / "cell.json", cell)
    content, refused = json.loads((tmp_path / "cell.json").read_text()), 0
    for *way, last in [place for place in places_of(content) if place]:
        for damage in (KeyError, *DAMAGES):
            damaged = copy.deepcopy(content)
            node = damaged
            for key in way:
                node = node[key]
            if damage is KeyError:
                del node[last]
            else:
                node[last] = damage
            (tmp_path / "cell.json").write_text(json.dumps(damaged))
            try:
                model_named(str(tmp_path / "cell.json"))
            except ValueError as fault:
                assert str(tmp_path / "cell.json") in str(fault)
                refused += 1
    assert refused > 300


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda c: c["model"]["fields"]["channels"]["dict"]["na"]["fields"].pop("e"),
            r"model\.channels\.na is a Na without 'e'",
        ),
        (lambda c: c["model"]["fields"].update(celsius=None), r"model\.celsius is the NoneType 'None', and no number"),
        (lambda c: c["model"]["fields"].update(celsius="warm"), r"model\.celsius is the str 'warm', and no number"),
        (
            lambda c: c["model"]["fields"]["channels"]["dict"].update(na=3.0),
            r"model\.channels is the dict .* and no dict",
        ),
        (lambda c: c["model"].update({"class": "jaxneuro.biophysics.cell:Sell"}), "this version of jaxneuro has none"),
        (lambda c: c.pop("model"), "holds no model"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        load_cell(edited(tmp_path, change))


def test_a_name_that_is_there_twice_is_refused(tmp_path):
    save_cell(tmp_path / "cell.json", jn.cells.hodgkin_huxley())
    text = (tmp_path / "cell.json").read_text().replace('"k": {', '"na": {')
    (tmp_path / "cell.json").write_text(text)
    with pytest.raises(ValueError, match="'na' is there twice"):
        load_cell(tmp_path / "cell.json")


def test_depth_is_refused(tmp_path):
    for depth in (200, 100_000):
        nested = '{"list": [' * depth + "1" + "]}" * depth
        text = '{"format": "jaxneuro model 2", "model": ' + nested + "}"
        (tmp_path / "cell.json").write_text(text)
        with pytest.raises(ValueError, match=r"cell\.json.*(levels deep|not a model file)"):
            load_cell(tmp_path / "cell.json")


def test_a_save_that_fails_leaves_what_was_there(tmp_path):
    save_cell(tmp_path / "cell.json", jn.cells.hodgkin_huxley())
    before = (tmp_path / "cell.json").read_bytes()
    with pytest.raises(TypeError, match=r"model\.celsius is a builtin_function_or_method"):
        save_cell(tmp_path / "cell.json", jn.cells.hodgkin_huxley().replace(celsius=print))
    assert (tmp_path / "cell.json").read_bytes() == before and len(list(tmp_path.iterdir())) == 1
    for value in (jax.random.key(0), {1: 2.0}, {3.0}, np.array([1j]), np.array(["a"])):
        with pytest.raises(TypeError, match="cannot be saved"):
            save_cell(tmp_path / "cell.json", jn.cells.hodgkin_huxley().replace(celsius=value))
    with pytest.raises(TypeError, match="outside of jit"):
        jax.jit(lambda x: save_cell(tmp_path / "cell.json", jn.cells.hodgkin_huxley().replace(celsius=x)))(1.0)
