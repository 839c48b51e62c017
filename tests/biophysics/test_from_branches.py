"""Cells built by hand from branches: against cable theory and NEURON (tests/reference/make_branches.py), and their gradients."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn

NEURON = json.loads((Path(__file__).parents[1] / "reference" / "branches.json").read_text())
LEAK = jn.channels.Leak(0.1, -65.0)  # 10 000 Ω cm²
inject, step = jn.stimuli.inject, jn.stimuli.step


def passive(parents, lengths, radii, **options) -> jn.Cell:
    return jn.cells.from_branches(parents, lengths, radii, **options).insert("leak", LEAK)


def squid(**changes) -> jn.Cell:
    cell = jn.cells.from_branches(**{**NEURON["cell"], **changes})
    for name, channel in (("leak", jn.channels.Leak()), ("na", jn.channels.Na()), ("k", jn.channels.K())):
        cell = cell.insert(name, channel)
    return cell


TREE = passive(**NEURON["cell"])
INTO_A_TIP = inject(step(0.8, start=1.0), "dend[1](1)")


def steady(cell: jn.Cell, into: str, *places: str) -> list[jax.Array]:
    """Depolarisation at places by a steady 0.1 nA [mV]."""
    recorded = tuple(f"{place}.v" for place in places)
    run = jn.simulate(cell, inject(step(0.1), into), duration=300.0, dt=0.2, every=1500, record=recorded)
    return [run[name][-1, 0] + 65.0 for name in recorded]


def resistance(cell: jn.Cell, place: str) -> jax.Array:
    """Input resistance [MΩ]."""
    return steady(cell, place, place)[0] / 0.1


def sealed(length, radius):
    """Input resistance at the end of a sealed cable, with 100 Ω cm and 10 000 Ω cm² [MΩ]. Source: Rall (1959)."""
    space = jnp.sqrt(0.5e-4 * radius * 1e4 / 100.0)  # cm
    return 100.0 * space / (jnp.pi * (1e-4 * radius) ** 2) / jnp.tanh(1e-4 * length / space) * 1e-6


# --- against what is known -----------------------------------------------------------------------------------------------


def test_steady_voltages_are_those_of_neuron_wherever_the_current_enters():
    places = tuple(NEURON["places"])
    for into in ("soma(0)", "dend[1](1)"):
        np.testing.assert_allclose(steady(TREE, into, *places), NEURON["steady"][places.index(into)], atol=1e-6)


def test_voltages_in_time_are_those_of_neuron_at_places_and_ends():
    recorded = tuple(f"{place}.v" for place in NEURON["places"])
    run = jn.simulate(
        TREE, inject(step(0.1, start=1.0), "dend[2](0.5)"), duration=5.0, dt=1e-3, every=1000, record=recorded
    )
    np.testing.assert_allclose([run[name][:, 0] for name in recorded], NEURON["transient"], atol=1e-6)


def test_spikes_are_those_of_neuron():
    recorded = ("soma.v", "dend[2](1).v")
    run = jn.simulate(squid(), INTO_A_TIP, duration=4.0, dt=1e-3, record=recorded)
    found = [run.spike_times(of=name, max_spikes=1).times for name in recorded]
    np.testing.assert_allclose(found, NEURON["spikes"], atol=1e-5)


def test_input_resistance_at_the_end_of_a_cable_and_its_gradient():
    cell = passive((-1,), 300.0, 0.5, compartments=60)
    sizes = {"length": 300.0, "radius": 0.5}

    @jax.jit
    def found(sizes):
        return resistance(cell.set("length", sizes["length"]).set("radius", sizes["radius"]), "branch[0](0)")

    value, slope = jax.value_and_grad(found)(sizes)
    exact, exact_slope = jax.value_and_grad(lambda sizes: sealed(**sizes))(sizes)
    np.testing.assert_allclose(value, exact, rtol=2e-5)  # 5 µm are 1/100 of the length constant, and 1/100²/8 is 1e-5
    np.testing.assert_allclose([slope[name] for name in sizes], [exact_slope[name] for name in sizes], rtol=5e-5)


def test_branches_by_ralls_law_equal_their_cylinder():
    r = 1.0 / 2 ** (2 / 3)
    lengths, names = (200.0, *[200.0 * np.sqrt(r)] * 2), ("stem", "daughter[0]", "daughter[1]")
    tree = passive((-1, 0, 0), lengths, (1.0, r, r), names=names, compartments=10)
    whole = passive((-1, 0), 200.0, 1.0, names=("stem", "daughter[1]"), compartments=10)
    recorded = ("stem(0).v", "stem.v", "stem(1).v", "daughter[1].v", "daughter[1](1).v")
    runs = [jn.simulate(cell, inject(step(0.1), "stem(0)"), duration=3.0, record=recorded) for cell in (tree, whole)]
    for name in recorded:
        np.testing.assert_allclose(runs[0][name], runs[1][name], atol=1e-9)


# --- derivatives, batches, digits ----------------------------------------------------------------------------------------


def spike_time(cell: jn.Cell) -> jax.Array:
    run = jn.simulate(cell, INTO_A_TIP, duration=3.0, record="soma.v")
    return run.spike_times(of="soma.v", max_spikes=1).times[0]


def test_a_spike_time_of_a_batch_and_its_derivatives_by_radii_and_lengths():
    cell, size = squid(), {"radius": (2, 0), "length": (1,)}  # branches to look at
    moved = [
        (name, branch, by * cell.get(name)[branch]) for name in size for branch in size[name] for by in (1e-5, -1e-5)
    ]
    cells = [cell, *(cell.set(name, cell.get(name).at[branch].add(by)) for name, branch, by in moved)]
    first, *times = jax.jit(jax.vmap(spike_time))(jax.tree.map(lambda *x: jnp.stack(x), *cells))
    time, slopes = jax.jit(jax.value_and_grad(spike_time))(cell)
    np.testing.assert_allclose(first, time, rtol=1e-12)
    for (name, branch, by), later, earlier in zip(moved[::2], times[::2], times[1::2], strict=True):
        np.testing.assert_allclose(slopes.get(name)[branch], (later - earlier) / (2 * by), rtol=1e-6)
    with jax.enable_x64(False):
        single = jax.jit(jax.grad(spike_time))(jax.tree.map(lambda x: jnp.asarray(x, jnp.float32), cell))
    assert single.get("radius").dtype == jnp.float32
    np.testing.assert_allclose(single.get("radius"), slopes.get("radius"), rtol=1e-3)


def test_a_network_of_cells_that_differ_in_a_radius():
    radii = jnp.array([[10.0, *[r] * 3, 0.4] for r in (0.5, 1.0)])
    network = jn.Network({"cells": jn.Population(TREE, 2, {"radius": radii})})
    places = ("dend[1](1).v", "soma.v")
    run = jn.simulate(
        network, inject(step(0.1), "dend[1](1)"), duration=2.0, record=tuple(f"cells.{p}" for p in places)
    )
    for i, radius in enumerate(radii):
        alone = jn.simulate(TREE.set("radius", radius), inject(step(0.1), "dend[1](1)"), duration=2.0, record=places)
        for place in places:
            np.testing.assert_allclose(run[f"cells.{place}"][:, i], alone[place], rtol=1e-10)


# --- what it is made of --------------------------------------------------------------------------------------------------


def test_sizes_follow_from_lengths_and_radii():
    cell = TREE.set("radius", 2.0, where="dend[1]").set("length", 40.0, where="axon")
    np.testing.assert_array_equal(cell.get("radius"), [10.0, 1.0, 2.0, 0.7, 0.4])
    own = [cell.compartment_at(f"dend[1]({x})") for x in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert own == list(range(own[0], own[0] + 5))
    own = np.array(own)
    np.testing.assert_allclose(cell.surface[own], 2 * np.pi * 2.0 * 80.0 / 5)
    np.testing.assert_allclose(cell.cable.form[own], 80.0 / 10 / (np.pi * 4.0))
    np.testing.assert_allclose(cell.cable.path_distance[own], 170.0 + 16.0 * (np.arange(5) + 0.5))
    np.testing.assert_allclose(
        cell.cable.path_distance[cell.compartment_at("axon(0.99)")], 35.0
    )  # the root is the soma's 0
    assert cell.compartment_at("soma") == cell.compartment_at(10.0) == 0
    assert {"radius", "length", "resistivity"} < set(cell.paths())
    np.testing.assert_array_equal(TREE.set("radius@dend", 2.0).get("radius"), [10.0, 2.0, 2.0, 2.0, 0.4])


def test_branches_are_divided_by_each_rule():
    counts = lambda **rule: jn.cells.from_branches((-1, 0), (50.0, 100.0), (1.0, 4.0), **rule).cable.shape.layout.counts
    assert counts(compartments=3).tolist() == [3, 3]
    assert counts(max_length=30.0).tolist() == [2, 4]
    assert counts(d_lambda=0.1).tolist() == [2, 2]  # length constants of 399 and 798 µm at 100 Hz
    built = lambda radius: jn.cells.from_branches((-1,), 50.0, radius, compartments=2).surface.sum()
    np.testing.assert_allclose(jax.grad(built)(1.0), 2 * np.pi * 50.0)


def test_mechanisms_and_records_are_at_places():
    cell = TREE.insert("na", jn.channels.Na(), where="dend[2]").set("leak.g_max", 0.2, where="dend")
    np.testing.assert_array_equal(cell.get("leak.g_max") == 0.2, np.isin(cell.cable.shape.layout.branch, (1, 2, 3)))
    run = jn.simulate(cell, duration=1.0, record=("basal.na.current", "dend[2](0.5).na.m", "na.m", "axon.v"))
    assert run["basal.na.current"].shape == (41, 15) and run["axon.v"].shape == (41, 4)
    np.testing.assert_array_equal(run["dend[2](0.5).na.m"][:, 0], run["na.m"][:, cell.compartment_at("dend[2](0.5)")])
    shaped = jn.simulate(jn.cells.hodgkin_huxley(), inject(step(0.1), "soma"), duration=1.0, record=("soma.v", "v"))
    np.testing.assert_array_equal(shaped["soma.v"], shaped["v"])


def test_a_cell_is_saved_and_read(tmp_path):
    jn.save_cell(tmp_path / "cell.json", TREE)
    read = jn.load_cell(tmp_path / "cell.json")
    assert jax.tree.structure(read) == jax.tree.structure(TREE)
    np.testing.assert_array_equal(read.surface, TREE.surface)


# --- what is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"parents": [-1, 2, 1]}, "the branches 1 -> 2 -> 1 are a cycle: correct a parent"),
        ({"parents": [-1, 2, 0]}, "the parent of branch 1 is branch 2, which comes later.*Sort the branches"),
        ({"parents": [-1, 0, 3]}, r"parents\[2\] = 3: must be a branch, 0 to 2, or -1"),
        ({"parents": [-1.0, 0, 0]}, "give the number of a branch for each"),
        ({"lengths": [10.0, 0.0, 1.0]}, "lengths = 0 µm.*must be above 0"),
        ({"radii": [1.0, 1.0, -2.0]}, "radii = -2 µm.*must be above 0"),
        ({"radii": [1.0, float("nan"), 1.0]}, "radii = nan µm"),
        ({"radii": [1.0, 1.0]}, r"radii has shape \(2,\): give one number, or one for each of 3"),
        (
            {"names": ["soma", "dend", "dend"]},
            r"names\[2\] = 'dend': 'dend' is there already. Number them: 'dend\[0\]'",
        ),
        ({"names": ["soma", "dend", "dend[1]"]}, "'dend' is there already"),
        ({"names": ["soma", "dend.v", "axon"]}, r"names\[1\] = 'dend.v': must be a word"),
        ({"names": ["soma", "all", "axon"]}, "the name of several kinds"),
        ({"names": ["soma"]}, "1 names of 3 branches"),
        ({"compartments": None}, "0 rules to divide by"),
        ({"compartments": 0}, "compartments = 0: must be a number above zero"),
        ({"compartments": [1, 1.5, 1]}, "give one whole number, or one for each of 3"),
        ({"resistivity": -1.0}, "resistivity = -1.0: must be positive"),
    ],
)
def test_branches_that_cannot_be_are_refused(wrong, message):
    right = {"parents": [-1, 0, 0], "lengths": 10.0, "radii": 1.0, "compartments": 1}
    with pytest.raises(ValueError, match=message):
        jn.cells.from_branches(**{**right, **wrong})


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("dend[1](1.5)", "'1.5' is no fraction of the way along a branch: give one from 0 to 1"),
        ("dend[1](half)", "'half' is no fraction"),
        ("dend(0.5)", "3 branches are called 'dend': the branches are soma, dend"),
        ("tuft(0.5)", "no branches are called 'tuft': the branches are soma"),
        ("dend[7]", r"no region 'dend\[7\]'.*the branches are soma, dend\[0\]"),
        ("dend[0]", "is 7 compartments: name one"),
    ],
)
def test_places_that_are_not_there_are_refused(place, message):
    for ask in (lambda: TREE.compartment_at(place), lambda: jn.simulate(TREE, inject(step(0.1), place), duration=1.0)):
        with pytest.raises(ValueError, match=message):
            ask()


def test_what_an_end_cannot_be_is_refused():
    end = "dend[1](1)"
    with pytest.raises(ValueError, match="no membrane: give a fraction between 0 and 1"):
        TREE.insert("na", jn.channels.Na(), where=end)
    with pytest.raises(ValueError, match="no membrane"):
        TREE.compartment_at(end)
    with pytest.raises(KeyError, match="an end of branches has only v"):
        jn.simulate(TREE, duration=1.0, record=f"{end}.leak.current")
    clamp = inject(jn.stimuli.voltage_clamp(jn.stimuli.constant(-40.0), 1.0), end)
    with pytest.raises(ValueError, match="put it into a compartment"):
        jn.simulate(TREE, clamp, duration=1.0)
    with pytest.raises(ValueError, match="the region ends within 'dend"):
        TREE.set("radius", 1.0, where="dend[1](0.5)")
    with pytest.raises(ValueError, match="radius = -1 µm"):
        TREE.set("radius", -1.0, where="dend[1]")
    with pytest.raises(ValueError, match="set its radius or length"):
        jn.simulate(TREE.set("area", 10.0), duration=1.0)
    assert not jax.vmap(lambda r: jn.simulate(TREE.set("radius", r), duration=1.0).ok)(jnp.array([-1.0, 0.0])).any()


def test_nothing_of_branches_is_promoted_without_a_word():
    with jax.numpy_dtype_promotion("strict"):
        assert bool(jn.simulate(TREE, INTO_A_TIP, duration=2.0, dt=0.1, record=("dend[1](1).v",)).ok)
