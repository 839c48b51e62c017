"""Trees made by hand that are none, numbers that no cell has, and compartments that are not there."""

import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.shape import APICAL, BASAL, SOMA, Morphology, divide, structure


def neuron(**changes) -> Morphology:
    """A soma of 10 µm, a basal dendrite of 100 µm to the left, an apical one of 200 µm upwards that forks."""
    fields = {
        "position": [[0, 0, 0], [0, 5, 0], [0, -5, 0], [-5, 0, 0], [-105, 0, 0], [0, 5, 0], [0, 205, 0], [-80, 265, 0],
                     [80, 265, 0]],
        "radius": [5, 5, 5, 1, 1, 1, 1, 0.5, 0.5],
        "parent": [-1, 0, 0, 0, 3, 1, 5, 6, 6],
        "kind": [SOMA, SOMA, SOMA, BASAL, BASAL, APICAL, APICAL, APICAL, APICAL],
        "joint": [True, False, False, True, False, True, False, False, False],
    } | changes  # fmt: skip
    floats = ("position", "radius")
    return Morphology(**{name: jnp.asarray(x, float if name in floats else None) for name, x in fields.items()})


BAD = {
    "cycle": ({"parent": [-1, 0, 0, 0, 3, 7, 5, 6, 6]}, r"points 5 -> 7 -> 6 -> 5 are a cycle: correct a parent"),
    "own parent": ({"parent": [-1, 0, 0, 0, 3, 1, 5, 7, 6]}, r"points 7 -> 7 are a cycle"),
    "parent later": (
        {"parent": [-1, 0, 0, 4, 1, 1, 5, 6, 6]},
        "parent of point 3 is point 4, which comes later: parents must come before their children. Sort",
    ),
    "no such parent": ({"parent": [-1, 0, 0, 0, 3, 1, 5, 6, 9]}, "parent of point 8 is 9: must be the index of a point, 0 to 8"),
    "negative radius": ({"radius": [5, 5, 5, 1, -1, 1, 1, 0.5, 0.5]}, "radius of point 4 is -1.0: must be finite and not neg"),
    "radius that is none": ({"radius": [5, 5, 5, 1, 1, 1, np.nan, 0.5, 0.5]}, "radius of point 6 is nan"),
    "nowhere": ({"position": np.full((9, 3), np.nan)}, r"position of point 0 is \[nan nan nan\]: must be finite. Replace"),
    "flat": ({"position": np.zeros((9, 2))}, r"position has shape \(9, 2\): must be \(9, 3\)"),
    "short": ({"kind": [1] * 8}, r"kind has shape \(8,\): must be \(9,\), one for each of the 9 parents"),
    "no length": (
        {"position": [[0, 0, 0], [0, 5, 0], [0, -5, 0], [-5, 0, 0], [-5, 0, 0], [0, 5, 0], [0, 9, 0], [9, 9, 0], [8, 9, 0]]},
        "section that ends at point 4 has no length: its points coincide. Remove them",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_tree_that_is_none_is_refused(case):
    changes, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        divide(neuron(**changes), per_section=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"d_lambda": 0.0}, "d_lambda = 0.0: must be a number above zero"),
        ({"d_lambda": -0.1}, "d_lambda = -0.1: must be a number above zero"),
        ({"max_length": float("nan")}, "max_length = nan: must be a number above zero"),
        ({"per_section": 0}, "per_section = 0: must be a whole number above zero"),
        ({"per_section": 1, "resistivity": -100.0}, "resistivity = -100.0: must be positive"),
        ({"per_section": 1, "capacitance": 0.0}, "capacitance = 0.0: must be positive"),
    ],
)
def test_numbers_that_no_cell_has_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        jn.cells.from_morphology(neuron(), **options)


def test_compartments_beyond_all_reason_are_named_before_they_are_made():
    thin = neuron(radius=[5, 5, 5, 1e-9, 1e-9, 1, 1, 0.5, 0.5])
    message = r"d_lambda = 0.01 gives \d{6} compartments, \d{6} of them in the section that ends at point 4, of 100 µm with radii"
    with pytest.warns(UserWarning, match=message + " from 1e-09 µm: correct radii"):
        divide(thin, d_lambda=0.01)
    with pytest.raises(
        ValueError, match=r"per_section = 1e\+09 gives 4000000000 compartments.*More than 2000000 are refused"
    ):
        divide(neuron(), per_section=1_000_000_000)


def test_a_long_neurite_is_one_section_in_a_time_that_grows_with_its_points():
    """It grew with the square: half a minute for this one."""
    count = 100_000
    parent = np.arange(count) - 1
    long = Morphology(np.zeros((count, 3)), np.ones(count), parent, np.full(count, BASAL), parent < 0)
    start = time.process_time()
    (section,) = structure(long).sections
    assert len(section.points) == count - 1
    assert time.process_time() - start < 5


@pytest.fixture(scope="module")
def cell() -> jn.Cell:
    return jn.cells.from_morphology(neuron(), max_length=20.0).insert("leak", jn.channels.Leak())


def test_several_roots_are_trees_that_are_not_connected():
    apart = neuron(parent=[-1, 0, 0, -1, 3, 1, 5, 6, 6])
    cell = jn.cells.from_morphology(apart, per_section=1).insert("leak", jn.channels.Leak(0.1, -65.0))
    v = jn.simulate(cell, jn.stimuli.inject(jn.stimuli.step(0.1)), duration=2.0).v[-1]
    basal = cell.cable.kind == BASAL
    np.testing.assert_allclose(v[basal], -65.0, atol=1e-12)
    assert (v[~basal] > -64.9).all()


def test_compartments_that_are_not_there_are_refused(cell):
    for stimulus in (jn.stimuli.inject(jn.stimuli.step(1.0), 999), jn.stimuli.inject(jn.stimuli.step(1.0), -1)):
        for composed in (stimulus, 2.0 * stimulus, stimulus + jn.stimuli.step(0.0)):
            with pytest.raises(ValueError, match=r"goes into compartment (999|-1).*has 0 to 25.*compartment_at"):
                jn.simulate(cell, composed, duration=1.0)
    with pytest.raises(ValueError, match="goes into compartment 1"):
        jn.simulate(jn.cells.LIF(), jn.stimuli.inject(jn.stimuli.step(1.0), 1), duration=1.0)
    recording = jn.Recording(jnp.arange(10.0), {"v": jnp.zeros((10, 26))})
    with pytest.raises(ValueError, match="compartment = 26: 26 were recorded, from 0 to 25"):
        recording.spike_times(compartment=26)
    assert recording.spike_times(compartment=-1).count == 0
    with pytest.raises(ValueError, match="must be 26 booleans"):
        cell.set("capacitance", 2.0, where=np.ones((26, 1), bool))


def test_a_compartment_is_found_by_its_place(cell):
    assert cell.compartments == 1 + 5 + 10 + 2 * 5 == 26
    assert cell.compartment_at((0.0, 0.0, 0.0)) == cell.compartment_at(0.0, where="soma") == 0
    far = cell.compartment_at((-100.0, 3.0, 0.0))  # a coordinate of the traced points, or any other
    assert cell.cable.kind[far] == BASAL
    np.testing.assert_allclose(cell.cable.position[far], [-95.0, 0.0, 0.0])
    along = cell.compartment_at(110.0, where="apical")
    np.testing.assert_allclose(cell.cable.position[along], [0.0, 115.0, 0.0])
    np.testing.assert_allclose(cell.cable.path_distance[along], 110.0)
    with pytest.raises(ValueError, match="must be a point"):
        cell.compartment_at((1.0, 2.0))
    with pytest.raises(ValueError, match="the cell has no 'axon'"):
        cell.compartment_at(1.0, where="axon")
    with pytest.raises(ValueError, match="the cell has no places"):
        jn.cells.hodgkin_huxley().compartment_at(0.0)


def test_places_are_differentiable_in_the_points():
    division = divide(neuron(), max_length=20.0)

    def height(scale):
        cell = jn.cells.from_morphology(neuron().replace(position=neuron().position * scale), division=division)
        return cell.cable.position[:, 1].max()

    np.testing.assert_allclose(jax.jit(jax.grad(height))(1.0), height(1.0), rtol=1e-9)
