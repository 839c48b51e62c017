"""What cannot be is refused where it is known, and makes `ok` False where it is traced; `ok` covers all of a run."""

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import checks
from jaxneuro.machine import memory
from jaxneuro.pytree import find

SQUID = jn.cells.hodgkin_huxley()
LATER = ("jaxneuro.navigation", "jaxneuro.plot", "jaxneuro.cli")  # what leads to navigation
SHORT = dict(duration=0.5, dt=0.1)
POSITIVE = (
    "g_max",
    "g_leak",
    "capacitance",
    "area",
    "tau",
    "tau_w",
    "tau_s",
    "tau_max",
    "sharpness",
    "rate",
    "refractory",
)


class Hyperpolarising(jn.Channel):
    """A channel as the documentation says one is written, without a word on what its numbers may be."""

    g_max: float = 0.1
    e: float = -90.0

    def current(self, v, gates, env):
        return self.g_max * (v - self.e)


# --- wild draws ----------------------------------------------------------------------------------------------------------


def wild(random: np.random.Generator, model: Any, count: int) -> Any:
    """Each number near its own, or times up to a million or a millionth, negative, zero, infinite or NaN."""

    def drawn(x: Any) -> jax.Array:
        x = np.asarray(x, float)
        size = (count, *x.shape)
        factor = np.exp(random.uniform(-14.0, 14.0, size))
        kinds = [
            x * random.uniform(0.5, 1.5, size),
            x * factor,
            -x * factor,
            *(np.full(size, s) for s in (0.0, np.inf, np.nan)),
        ]
        chance = random.choice(len(kinds), p=[0.6, 0.16, 0.12, 0.04, 0.04, 0.04], size=count)
        return jnp.asarray(np.choose(chance.reshape(count, *[1] * x.ndim), kinds))

    return jax.tree.map(drawn, model)


def impossible(models: Any, count: int) -> np.ndarray:
    """Which of several models no neuron can be, whatever else is thought of them (model,)."""
    found = np.zeros(count, bool)
    for path in models.paths():
        x, name = np.asarray(models.get(path)).reshape(count, -1), path.rpartition(".")[2]
        found |= ~np.isfinite(x).all(axis=1) | ((x < 0).any(axis=1) if name in POSITIVE else False)
        found |= (x <= 0).any(axis=1) if name in ("capacitance", "area") else False
    return found


def check_wild_draws(name: str, count: int, duration: float):
    random, stimulus = np.random.default_rng(1), jnp.array([0.0, 1.0, 10.0, -20.0, 1000.0])
    models, amplitudes = wild(random, jn.cells.CATALOGUE[name](), count), random.choice(stimulus, size=count)
    run = lambda m, a: jn.simulate(m, jn.stimuli.step(a), duration=duration, dt=0.05, record=("v", "spikes"), every=5)
    found = jax.jit(jax.vmap(run))(models, jnp.asarray(amplitudes))
    ok, v = np.asarray(found.ok), np.asarray(found.v)
    assert ok.any() and not ok.all()
    assert (np.abs(v[ok]) <= 1000.0).all() and not np.isnan(np.asarray(found["spikes"])[ok]).any()
    assert not (ok & impossible(models, count)).any()
    assert all(np.isfinite(np.asarray(x)[ok]).all() for x in jax.tree.leaves(found.final))


@pytest.mark.parametrize("name", ["hodgkin_huxley", "lif", "qif"])
def test_no_wild_draw_is_ok_that_cannot_be(name: str):
    with jax.enable_x64(False):
        check_wild_draws(name, 400, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("name", jn.cells.CATALOGUE)
def test_none_of_two_thousand_wild_draws_is_ok_that_cannot_be(name: str):
    with jax.enable_x64(False):
        check_wild_draws(name, 2000, 5.0)


@pytest.mark.slow
def test_adex_near_its_defaults_never_overflows():
    """Only cells that fire without end, and so fall below -1000 mV, are not ok."""
    random, count = np.random.default_rng(0), 2000
    with jax.enable_x64(False):
        near = lambda x: jnp.asarray(x * random.uniform(0.5, 1.5, count))
        models = jax.tree.map(near, jn.cells.AdEx())
        run = lambda m: jn.simulate(m, jn.stimuli.step(1.0), duration=100.0, dt=0.05)
        found = jax.jit(jax.vmap(run))(models)
    v = np.asarray(found.v)
    assert np.isfinite(v).all()
    np.testing.assert_array_equal(found.ok, (np.abs(v) <= 1000.0).all(axis=(1, 2)))
    assert np.mean(found.ok) > 0.98


def test_adex_far_above_its_threshold_in_float32():
    """A peak 105 sharpnesses above threshold, which no float32 exponential reaches: time of a spike and its derivative."""
    model = jn.cells.AdEx(v_threshold=-75.0, sharpness=1.0, v_peak=30.0, e_leak=-80.0, v_reset=-106.0, v_init=-100.0)

    @jax.jit
    def second(b):
        run = lambda b: jn.simulate(model.set("b", b), jn.stimuli.step(1.0), duration=40.0, dt=0.1, record="spikes")
        return jax.jvp(lambda b: run(b).spike_times(max_spikes=4).times[1], (b,), (jnp.ones_like(b),))

    exact = second(jnp.asarray(0.08))
    with jax.enable_x64(False):
        single = second(jnp.asarray(0.08, jnp.float32))
    assert 5.0 < exact[0] < 40.0
    np.testing.assert_allclose(single, exact, rtol=2e-4)


# --- what `ok` covers ----------------------------------------------------------------------------------------------------


def test_ok_covers_the_steps_between_the_records():
    cell = jn.Cell({"leak": jn.channels.Leak(20.0, -65.0)})
    blow = lambda a: jn.simulate(cell, jn.stimuli.step(a, start=0.1, duration=0.1), duration=2.0, dt=0.05, every=20)
    found = jax.vmap(blow)(jnp.array([1e3, 1e5]))
    assert (jnp.abs(found.v) < 100.0).all() and found.ok.tolist() == [True, False]


def test_ok_covers_every_record():
    inverse = lambda model, state, drive: 1.0 / (drive.current - 1.0)
    run = lambda a: jn.simulate(SQUID, jn.stimuli.step(a, start=0.1, duration=0.2), record=(inverse, "v"), **SHORT).ok
    assert jax.vmap(run)(jnp.array([2.0, 1.0])).tolist() == [True, False]


def test_traced_times_must_be_those_of_the_run():
    times = jnp.array([[0.1, 0.4], [0.0, 0.5], [0.1, 0.6], [-0.1, 0.2], [0.2, 0.1], [0.1, jnp.nan]])
    ok = jax.jit(jax.vmap(lambda t: jn.simulate(SQUID, times=t, **SHORT).ok))(times)
    assert ok.tolist() == [True, True, False, False, False, False]


def test_traced_samples_must_last_as_long_as_the_run():
    run = lambda last, wrap: jn.simulate(
        SQUID, wrap(jn.stimuli.sampled(jnp.stack([jnp.zeros(()), last]), jnp.ones(2))), **SHORT
    )
    for wrap in (lambda s: s, lambda s: 2 * jn.stimuli.inject(s) + jn.stimuli.step(1.0)):
        ok = jax.jit(jax.vmap(lambda last, wrap=wrap: run(last, wrap).ok))(jnp.array([0.5, 1.0, 0.4]))
        assert ok.tolist() == [True, True, False]


@pytest.mark.usefixtures("unchecked")
def test_times_of_another_shape_are_refused_where_they_are_traced():
    for times in (jnp.zeros(()), jnp.zeros((2, 2))):
        with pytest.raises(ValueError, match="times has the shape"):
            jax.jit(lambda t: jn.simulate(SQUID, times=t, **SHORT).v)(times)
    with pytest.raises(ValueError, match="every = 5 together with times"):
        jax.jit(lambda t: jn.simulate(SQUID, times=t, every=5, **SHORT).v)(jnp.zeros(1))
    with pytest.raises(ValueError, match="spikes are recorded step by step"):
        jn.simulate(SQUID, times=[0.1], record=("v", "spikes"), **SHORT)


def test_a_stimulus_of_several_values_at_once_is_refused():
    """The first was taken alone."""
    several, network = jn.stimuli.step(jnp.array([1.0, 2.0])), jn.Network({"cells": jn.Population(SQUID, 3)})
    for model, stimulus, message in [
        (SQUID, several, "2 values at one time: jax.vmap over simulate"),
        (network, several, "2 values at one time"),
        (network, jn.stimuli.per_cell(several), r"shape \(2,\); its first axis must be the 3 cells"),
        (SQUID, jn.stimuli.per_cell(several), "per_cell is for a population"),
        (SQUID, jn.stimuli.inject(jn.stimuli.step(1.0), [0, 0]), "into one compartment, not into shape"),
    ]:
        with pytest.raises(ValueError, match=message):
            jn.simulate(model, stimulus, **SHORT)
    with pytest.raises(ValueError, match="compartment = None: give its number"):
        jn.stimuli.inject(jn.stimuli.step(1.0), None)


def test_an_area_for_the_one_compartment():
    ok = jax.vmap(lambda area: jn.simulate(SQUID.set("area", area), **SHORT).ok)(jnp.array([10.0, 0.0, jnp.nan]))
    assert ok.tolist() == [True, False, False]


def test_a_traced_compartment_must_exist():
    into = lambda place: jn.simulate(SQUID, jn.stimuli.inject(jn.stimuli.step(1.0), place), **SHORT).ok
    assert jax.vmap(into)(jnp.array([0, 1, -1])).tolist() == [True, False, False]
    with pytest.raises(ValueError, match="into compartment 1, and the model has 0 to 0"):
        into(1)
    network = jn.Network({"cells": jn.Population(SQUID, 1)})
    with pytest.raises(ValueError, match="into compartment 1, and the model has 0 to 0"):
        jn.simulate(network, jn.stimuli.inject(jn.stimuli.step(1.0), 1), **SHORT)


def test_what_cannot_be_in_a_network():
    edges, two = jn.connect.edges([0, 1], [1, 0], 2, 2, compartment=[0, 1]), jn.Population(two_compartments(), 2)
    one = jn.Projection("cells", "cells", jn.synapses.AMPA(), edges, 1e-3, 0.2)
    ok = jax.jit(lambda net: jn.simulate(net, **SHORT).ok)
    good, far = jn.Network({"cells": two}, {"p": one}), edges.replace(sites=edges.sites + jnp.array([0, 1]))
    assert ok(good)
    assert not ok(good.replace(projections={"p": one.replace(edges=far)}))
    assert not ok(good.replace(projections={"p": one.replace(weight=-1e-3)}))
    assert not ok(good.replace(populations={"cells": two.replace(varying={"capacitance": jnp.array([1.0, -1.0])})}))
    with pytest.raises(ValueError, match="a conductance is not negative"):
        jn.simulate(good.replace(projections={"p": one.replace(weight=-1e-3)}), **SHORT)
    with pytest.raises(ValueError, match=r"capacitance = -1 µF/cm².*above 0"):
        jn.simulate(
            good.replace(populations={"cells": two.replace(varying={"capacitance": jnp.array([1.0, -1.0])})}), **SHORT
        )


def two_compartments() -> jn.Cell:
    """A passive cylinder."""
    from jaxneuro.biophysics.shape import BASAL, Morphology

    points, joint = jnp.array([[0.0, 0, 0], [60, 0, 0]]), jnp.array([True, False])
    line = Morphology(points, jnp.ones(2), jnp.array([-1, 0]), jnp.full(2, BASAL), joint)
    return jn.cells.from_morphology(line, per_section=2).insert("leak", jn.channels.Leak())


# --- what is refused -----------------------------------------------------------------------------------------------------


def test_every_number_of_every_model_says_what_it_may_be():
    for make in jn.cells.CATALOGUE.values():
        model = make()
        for path in model.paths():
            assert checks.field_bounds(model, find(model, path).keys) is not checks.ANYTHING, (make, path)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("capacitance", -1.0, r"capacitance = -1 µF/cm²: it must be above 0 and finite"),
        ("na.g_max", [1.0, -2.0], r"na.g_max = -2 mS/cm², the worst of its numbers: it must be at least 0"),
        ("k.e", np.nan, "k.e = nan mV: it must be finite"),
        ("celsius", jnp.asarray(400.0), "celsius = 400 °C: it must be at least -20 and at most 100"),
    ],
)
def test_a_known_number_out_of_bounds_is_refused(path: str, value: Any, message: str, tmp_path):
    with pytest.raises(ValueError, match=message):
        SQUID.set(path, value)
    made = jax.tree.map(lambda x: x, SQUID)
    name, _, rest = path.rpartition(".")
    changed = made.channels[name].replace(**{rest: value}) if name else value
    made = made.replace(channels={**made.channels, name: changed}) if name else made.replace(**{rest: value})
    with pytest.raises(ValueError, match=message):
        jn.simulate(made, **SHORT)
    jn.save_cell(tmp_path / "cell.json", made)
    with pytest.raises(ValueError, match=message):
        jn.load_cell(tmp_path / "cell.json")


def test_a_channel_that_says_nothing_of_its_numbers():
    cell = SQUID.insert("own", Hyperpolarising())
    assert jn.simulate(cell.set("own.g_max", -0.01), **SHORT).ok
    with pytest.raises(ValueError, match=r"own\.e = nan: it must be a number"):
        cell.set("own.e", np.nan)


def test_a_large_array_is_looked_through_where_it_is_and_once():
    many = jn.channels.Leak(jnp.full(20_000, 0.3).at[7].set(-1.0))
    for look in (checks.refuse, jax.jit(lambda _: checks.refuse(many))):
        with pytest.raises(ValueError, match="g_max = -1 mS/cm²"):
            look(many)
    known = len(checks._LOOKED_THROUGH)
    checks.refuse(jn.channels.Leak(jnp.full(20_000, 0.3)))
    gc.collect()
    assert len(checks._LOOKED_THROUGH) <= known  # nothing is kept of what is gone


def test_what_is_structure_says_so():
    for name in ("duration", "dt", "every"):
        known = dict(duration=1.0, dt=0.1, every=1)
        with pytest.raises(ValueError, match=f"{name} is traced, but it is static.*static_argnames='{name}'"):
            jax.jit(lambda x, name=name, known=known: jn.simulate(SQUID, **{**known, name: x}).v)(known[name])
    given = jn.simulate(SQUID, duration=jnp.asarray(0.5), dt=np.float64(0.1), every=jnp.asarray(5))
    np.testing.assert_array_equal(given.v, jn.simulate(SQUID, duration=0.5, dt=0.1, every=5).v)


# --- memory, and the backend ---------------------------------------------------------------------------------------------


def test_a_run_that_has_no_room_is_refused(monkeypatch):
    with pytest.raises(ValueError, match=r"4e\+10 steps .* GB are free: record less, with every=1000 .*initial="):
        jn.simulate(SQUID, duration=1e9)
    with pytest.raises(ValueError, match=r"GB are free: run it in pieces"):
        jn.simulate(SQUID, duration=1e9, every=1_000_000)
    with pytest.raises(ValueError, match=r"1e\+10 samples, needs"):
        jn.stimuli.ornstein_uhlenbeck(jax.random.key(0), 1e9)
    assert memory.available() > 1e6
    monkeypatch.setattr(memory, "SMALL", 0)
    monkeypatch.setattr(memory, "available", lambda: 100.0)
    with pytest.raises(ValueError, match="5 steps of which 5 are recorded, needs"):
        jn.simulate(SQUID, **SHORT)
    network = jn.Network({"cells": jn.Population(SQUID, 2)})
    with pytest.raises(ValueError, match="5 steps of which 5 are recorded, needs"):
        jn.simulate(network, record=("v", "cells.spikes"), **SHORT)
    monkeypatch.setattr(memory, "available", lambda: 1e18)
    with pytest.raises(ValueError, match=r"4e\+10 steps, and they are counted to 2.15e\+09: run it in pieces"):
        jn.simulate(SQUID, duration=1e9, every=1_000_000)


def test_nothing_starts_the_backend_at_import():
    package = Path(jn.__file__).parent
    modules = [
        ".".join(("jaxneuro", *file.relative_to(package).with_suffix("").parts)) for file in package.rglob("*.py")
    ]
    kept = [name for name in modules if not name.startswith(LATER) and not name.endswith("__main__")]
    program = f"""
import importlib, jax
from jax._src import xla_bridge
for name in {kept}:
    importlib.import_module(name)
    assert not xla_bridge._backends, name
jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", 3)
assert jax.device_count() == 3
"""
    done = subprocess.run([sys.executable, "-c", program], env=os.environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_process_does_not_grow_with_every_new_duration():
    """Without an end to what stays compiled it is 6 MB each."""
    program = """
import os
import jaxneuro as jn
def megabytes(): return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
for i in range(1, 41):
    jn.simulate(jn.cells.hodgkin_huxley(), duration=5.0 + 0.5 * i)
    if i == 20: before = megabytes()
print(megabytes() - before)
"""
    done = subprocess.run([sys.executable, "-c", program], env=os.environ, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 60.0
