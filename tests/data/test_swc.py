"""SWC files by every convention that occurs, against closed forms and against NEURON."""

import json
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxneuro.biophysics.membrane import from_morphology
from jaxneuro.biophysics.shape import APICAL, AXON, BASAL, SOMA, Morphology, is_tip
from jaxneuro.data import read_morphology, read_swc, write_swc

FOLDER = Path(__file__).parents[1] / "reference"
REFERENCE, SHAPES = (json.loads((FOLDER / f"{name}_areas.json").read_text()) for name in ("morphology", "shape"))

# hand-written trees, with total area [µm²] and length [µm] as NEURON 9.0.2 imports them
CASES = {
    "one point": ("1 1 0 0 0 5 -1/2 3 10 0 0 1 1/3 3 20 0 0 1 2", 376.9911184307752, 20),
    "one-point neurite": (
        "1 1 0 0 0 5 -1/2 3 10 0 0 1 1/3 3 20 0 0 1 2/4 2 0 -9 0 0.5 1", 405.26545231308336, 29),
    "undefined neurite": ("1 1 0 0 0 5 -1/2 0 10 0 0 1 1/3 0 20 0 0 1 2", 376.9911184307752, 20),
    "two points": (
        "1 1 0 0 0 5 -1/2 1 10 0 0 4 1/3 3 20 0 0 1 2/4 3 30 0 0 1 3/5 2 -8 0 0 1 1/6 2 -18 0 0 1 5",
        522.9145804600652, 48),
    "three points of NeuroMorpho": (
        "1 1 0 0 0 5 -1/2 1 0 -5 0 5 1/3 1 0 5 0 5 1/4 3 10 0 0 1 1/5 3 30 0 0 1 4/6 2 0 -9 0 1 1/7 2 0 -19 0 1 6",
        502.6548245743669, 40),
    "three points from the middle": (
        "1 1 0 0 0 5 -1/2 1 0 -7 0 3 1/3 1 0 6 0 2 1/4 3 10 0 0 1 1/5 3 30 0 0 1 4/6 2 0 -19 0 1 2/7 2 0 -29 0 1 6",
        594.3840102173185, 55),
    "chain": (
        "1 1 0 0 0 5 -1/2 1 0 5 0 6 1/3 1 0 10 0 4 2/4 3 10 5 0 1 2/5 3 30 5 0 1 4/6 2 0 19 0 1 3/7 2 0 29 0 1 6/"
        "8 4 0 -9 0 1 1/9 4 0 -19 0 .5 8", 694.1650592943262, 68),
    "soma that branches": (
        "1 1 0 0 0 5 -1/2 1 5 0 0 5 1/3 1 10 0 0 4 2/4 1 5 8 0 4 2/5 3 5 -10 0 1 2/6 3 5 -20 0 1 5/7 3 20 0 0 1 3/"
        "8 3 30 0 0 1 7", 717.7015395152231, 48),
    "fork at the start": (
        "1 1 0 0 0 5 -1/2 3 10 0 0 1 1/3 3 20 0 0 1 2/4 3 -10 0 0 1 1/5 3 -20 0 0 1 4/6 3 -20 10 0 1 4",
        528.6806302657384, 44.14213562373095),
    "types change": (
        "1 1 0 0 0 5 -1/2 3 10 0 0 1 1/3 3 20 0 0 1 2/4 2 30 0 0 .5 3/5 2 40 0 0 .5 4/6 7 20 20 0 2 3/7 7 20 30 0 2 6",
        769.9845405928171, 70),
    "root in a dendrite": (
        "1 3 0 0 0 1 -1/2 3 10 0 0 1 1/3 1 20 0 0 5 2/4 1 30 0 0 5 3/5 3 40 0 0 1 4/6 3 50 0 0 1 5",
        705.6707549319356, 50),
    "no soma": (
        "1 3 0 0 0 1 -1/2 3 10 0 0 1 1/3 3 20 0 0 1 2/4 3 -10 0 0 .5 1/5 3 -20 0 0 .5 4", 204.2623905760001, 40),
}  # fmt: skip


def read(folder: Path, text: str) -> Morphology:
    (folder / "a.swc").write_bytes(text.replace("/", "\n").encode())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read_swc(folder / "a.swc")


def same(a: Morphology, b: Morphology) -> None:
    for name in ("position", "radius", "parent", "kind", "joint"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def parents_come_first(tree: Morphology) -> bool:
    return bool(np.all(np.asarray(tree.parent) < np.arange(tree.parent.size)))


@pytest.mark.parametrize("case", CASES)
def test_areas_and_lengths_are_those_of_neuron(tmp_path, case):
    text, area, length = CASES[case]
    tree = read(tmp_path, text)
    np.testing.assert_allclose([tree.area.sum(), tree.length.sum()], [area, length], rtol=1e-6)
    assert parents_come_first(tree)


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_is_read_again(tmp_path, case):
    tree = read(tmp_path, CASES[case][0])
    write_swc(tmp_path / "b.swc", tree)
    same(read_swc(tmp_path / "b.swc"), tree)


@pytest.mark.parametrize("name", REFERENCE)
def test_reconstructions_have_the_area_that_neuron_finds(morphologies, tmp_path, name):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "rgc.* radii are 0")
        tree = read_swc(morphologies / name)
    expected, soma = REFERENCE[name], np.asarray(tree.kind) == SOMA
    np.testing.assert_allclose(tree.area.sum(), expected["area"], rtol=1e-5)
    np.testing.assert_allclose(tree.area[soma].sum(), expected["soma_area"], rtol=1e-5)
    np.testing.assert_allclose(tree.length.sum(), expected["length"], rtol=1e-5)
    assert parents_come_first(tree)
    write_swc(tmp_path / name, tree)
    same(read_swc(tmp_path / name), tree)


def test_a_soma_of_one_point_is_a_sphere_and_neurites_on_it_begin_at_their_own_first_point(tmp_path):
    tree = read(tmp_path, CASES["one point"][0])
    np.testing.assert_allclose(tree.area[np.asarray(tree.kind) == SOMA].sum(), 4 * np.pi * 25)
    np.testing.assert_array_equal(tree.parent, [-1, 0, 0, 0, 3])
    np.testing.assert_array_equal(tree.joint, [True, False, False, True, False])
    np.testing.assert_allclose(tree.position[:3], [[0, 0, 0], [0, -5, 0], [0, 5, 0]])


@pytest.mark.parametrize("name", SHAPES)
def test_each_convention_of_swc_and_asc_is_that_of_neuron(tmp_path, name):
    """Files drawn by hand, as NEURON 9.0.2 imports them: tests/reference/make_morphology_areas.py."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*(lie on|has 2 points and no area|2 roots)")
        tree = read_morphology(FOLDER / "shapes" / name)
        write_swc(tmp_path / "b.swc", tree)
        again = read_swc(tmp_path / "b.swc")
    wanted = [SHAPES[name][what] for what in ("area", "soma_area", "length")]
    for made in (tree, again):
        np.testing.assert_allclose(measured(made), wanted, rtol=1e-6, atol=1e-9)
        assert parents_come_first(made)


def measured(tree: Morphology) -> list[float]:
    """Area of all frusta and of those of the soma [µm²], and their length [µm], without compiling anything."""
    position, radius, parent, kind, joint = (
        np.asarray(getattr(tree, name)) for name in ("position", "radius", "parent", "kind", "joint")
    )
    length = np.where(joint, 0.0, np.linalg.norm(position - position[parent], axis=1))
    area = np.where(joint, 0.0, np.pi * (radius + radius[parent]) * np.hypot(length, radius - radius[parent]))
    return [area.sum(), area[kind == SOMA].sum(), length.sum()]


@pytest.mark.parametrize("name", ["branches.asc", "stack.asc", "interrupted_soma.swc"])
def test_the_input_resistance_is_that_of_neuron(name):
    cell = from_morphology(read_morphology(FOLDER / "shapes" / name), d_lambda=0.02, resistivity=100.0)
    parent = np.array(cell.cable.tree.parent)
    nodes, above = np.flatnonzero(parent >= 0), parent[parent >= 0]
    between = 1.0 / np.asarray(cell.cable.tree.between(cell.cable.form))[nodes]  # µS, of 100 Ω cm = 1 MΩ µm, and 1/µm
    conductance = np.zeros((parent.size, parent.size))
    for a, b, sign in ((nodes, nodes, 1), (above, above, 1), (nodes, above, -1), (above, nodes, -1)):
        np.add.at(conductance, (a, b), sign * between)
    leak = np.arange(cell.compartments)
    conductance[leak, leak] += 1e-6 * np.asarray(cell.area)  # µS, of 1e-4 S/cm² and µm²
    resistance = np.linalg.inv(conductance)[0, 0]  # MΩ, into the soma
    np.testing.assert_allclose(resistance, SHAPES[name]["input_resistance"], rtol=1e-4)  # our soma has one potential


def test_order_ids_and_layout_of_the_file_do_not_matter(tmp_path):
    plain = read(tmp_path, "1 1 0 0 0 5 -1/2 3 10 0 0 1 1/3 3 20 0 0 1 2/4 2 0 -9 0 0.5 1/5 2 0 -20 0 .5 4")
    messy = (
        "\ufeff# made by hand/# id type x y z radius parent/  # indented//\t70\t3\t10\t0\t0\t1\t9  # first of a dendrite\r/"
        "900 3 20.0 0 0 1e0 70 0 17 extra\r/  9 1 0 0 0 5 -1/# between/100.0 2 0 -9 0 0.5 9/5 2 0 -20 0 .5 100 /   "
    )
    tree = read(tmp_path, messy)
    assert parents_come_first(tree)
    same(tree, plain)


def test_a_valid_order_is_kept(tmp_path):
    tree = read(tmp_path, "5 3 0 0 0 1 -1/3 3 1 0 0 1 5/9 3 0 1 0 1 5/1 3 2 0 0 1 3/2 3 0 2 0 1 9")
    np.testing.assert_array_equal(tree.parent, [-1, 0, 0, 1, 2])


def test_types_are_kept(tmp_path):
    tree = read(tmp_path, CASES["types change"][0])
    np.testing.assert_array_equal(np.asarray(tree.kind)[3:], [BASAL, BASAL, AXON, AXON, 7, 7])


def test_radii_of_zero_are_replaced_and_named(tmp_path):
    text = "1 1 0 0 0 5 -1\n2 3 10 0 0 0 1\n3 3 20 0 0 2 2\n4 3 30 0 0 0 3\n5 3 40 0 0 0 4\n"
    (tmp_path / "a.swc").write_text(text)
    with pytest.warns(UserWarning, match=r"a.swc: 3 of 5 radii are 0; each became its parent's, or 0.25 µm"):
        tree = read_swc(tmp_path / "a.swc", zero_radius=0.25)
    np.testing.assert_allclose(tree.radius[3:], [0.25, 2, 2, 2])


def test_several_roots_are_kept_and_named(tmp_path):
    (tmp_path / "a.swc").write_text("1 1 0 0 0 5 -1\n2 3 9 0 0 1 -1\n3 3 19 0 0 1 2\n")
    with pytest.warns(UserWarning, match="2 roots; all are kept"):
        tree = read_swc(tmp_path / "a.swc")
    np.testing.assert_array_equal(tree.parent, [-1, 0, 0, -1, 3])
    np.testing.assert_array_equal(tree.joint, [True, False, False, True, False])


NO_LENGTH = """1 1 0 0 0 5 -1
2 3 500 0 0 1 1
3 3 520 0 0 1 2

4 3 520 0 0 2 3
5 3 520 0 0 1 3
6 3 530 0 0 1 5
7 3 530 9 0 1 5
"""


def test_points_that_make_a_section_without_length_are_merged_and_named(tmp_path):
    (tmp_path / "a.swc").write_text(NO_LENGTH)
    with pytest.warns(
        UserWarning, match=r"a.swc lines 5, 6: 2 of 9 points lie on the points before them.*they are merged"
    ):
        tree = read_swc(tmp_path / "a.swc")
    dendrite = np.asarray(tree.kind) == BASAL
    wanted = 2 * np.pi * (20 + 10 + np.hypot(10, 9))
    np.testing.assert_allclose(tree.area[dendrite].sum(), wanted)
    assert from_morphology(tree, per_section=1).compartments == 1 + 3
    assert int(is_tip(tree, dendrite).sum()) == 2
    write_swc(tmp_path / "b.swc", tree)
    same(read(tmp_path, (tmp_path / "b.swc").read_text()), tree)  # and without a warning


def test_points_that_only_float32_cannot_tell_apart_are_merged(tmp_path):
    (tmp_path / "a.swc").write_text(NO_LENGTH.replace("5 3 520 0 0 1 3", "5 3 520.000001 0 0 1 3"))
    with jax.enable_x64(False), pytest.warns(UserWarning, match="lines 5, 6: 2 of 9 points lie on"):
        tree = read_swc(tmp_path / "a.swc")
        assert from_morphology(tree, per_section=1).compartments == 1 + 3


SIZES = {
    "nanometres": ("1 1 0 0 0 5e3 -1\n2 3 1e4 0 0 1e3 1\n3 3 3e5 0 0 1e3 2\n", r"3e\+05 µm across.*nanometres.*divide by 1000"),
    "millimetres": ("1 1 0 0 0 .005 -1\n2 3 .01 0 0 .01 1\n3 3 .3 0 0 .01 2\n", r"0.3 µm across.*millimetres.*multiply by 1000"),
    "thin": ("1 1 0 0 0 5 -1\n2 3 9 0 0 1e-9 1\n3 3 99 0 0 1 2\n",
             r"1 of 5 radii are below 0.005 µm, thinner than a membrane is thick \(the least is 1e-09 µm, of line 2\)"),
}  # fmt: skip


@pytest.mark.parametrize("case", SIZES)
def test_sizes_that_no_neuron_has_are_named(tmp_path, case):
    text, message = SIZES[case]
    (tmp_path / "a.swc").write_text(text)
    with pytest.warns(UserWarning, match=message):
        read_swc(tmp_path / "a.swc")


BAD = {
    "columns": ("1 1 0 0 0 5 -1\n2 3 10 0 0 1\n", r"line 2: '2 3 10 0 0 1' has 6 columns and a point has 7"),
    "word": ("1 1 0 0 0 five -1\n", "line 1: the radius 'five' is not a number"),
    "comma": ("# a\n1 1 0,5 0 0 5 -1\n", "line 2: the x '0,5' is not a number: write it with a point"),
    "nan": ("1 1 nan 0 0 5 -1\n", "line 1: the x nan must be finite"),
    "infinite id": ("inf 1 0 0 0 5 -1\n", "line 1: the id inf must be a whole number"),
    "type": ("1 1.5 0 0 0 5 -1\n", "line 1: the type 1.5 must be a whole number"),
    "negative": ("1 1 0 0 0 -5 -1\n", "line 1: the radius -5 is negative: give half the diameter"),
    "parent": ("1 1 0 0 0 5 -1\n\n2 3 9 0 0 1 7\n", "line 3: the parent 7 is no point of the file: add it, or make"),
    "twice": ("1 1 0 0 0 5 -1\n1 3 9 0 0 1 1\n", "line 2: the id 1 stands in line 1 too"),
    "far": ("1 1 0 1e300 0 5 -1\n", r"line 1: the y 1e\+300 is beyond what a neuron can have"),
    "great type": ("1 1e30 0 0 0 5 -1\n", r"line 1: the type 1e\+30 is beyond"),
    "own parent": ("1 1 0 0 0 5 1\n", r"line 1: the point 1 is its own ancestor \(1 -> 1\)"),
    "cycle": (
        "1 1 0 0 0 5 -1\n2 3 9 0 0 1 4\n3 3 9 0 0 1 2\n4 3 9 0 0 1 3\n5 3 9 0 0 1 4\n",
        r"line 2: the point 2 is its own ancestor \(2 -> 4 -> 3 -> 2\): correct a parent",
    ),
    "no points": ("# only a comment\n\n", "has no points: an SWC file has a line"),
    "empty": ("", r"is empty \(0 bytes\)"),
    "other format": ("\x89HDF\r\n\x1a\n\x00\x00", "has 1 columns and a point has 7"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_named_with_line_value_and_fix(tmp_path, case):
    text, message = BAD[case]
    (tmp_path / "a.swc").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=message) as error:
        read_swc(tmp_path / "a.swc")
    assert "a.swc" in str(error.value)


def chain(joint, parent=(-1, 0, 1, 2), kind=(SOMA, SOMA, BASAL, BASAL), y=(0.0, 10.0, 15.0, 25.0)) -> Morphology:
    position = jnp.stack([jnp.zeros(4), jnp.array(y), jnp.zeros(4)], -1)
    return Morphology(position, jnp.array([5.0, 5, 1, 1]), jnp.array(parent), jnp.array(kind), jnp.array(joint))


MADE = {
    "joint on the end of a soma": chain([True, False, True, False]),
    "frustum from the soma's radius": chain([True, False, False, False]),
    "joint of one point": chain([True, False, True, True], parent=(-1, 0, 0, 1)),
    "soma without membrane": chain([True, True, False, False], parent=(-1, 0, 1, 2), kind=(SOMA, BASAL, BASAL, BASAL)),
    "no soma": chain([True, False, False, False], kind=(APICAL, APICAL, APICAL, 9)),
}


@pytest.mark.parametrize("case", MADE)
def test_trees_made_elsewhere_keep_their_geometry(tmp_path, case):
    tree = MADE[case]
    write_swc(tmp_path / "a.swc", tree)
    again = read_swc(tmp_path / "a.swc")
    for kind in np.unique(tree.kind):
        a, b = np.asarray(tree.kind) == kind, np.asarray(again.kind) == kind
        np.testing.assert_allclose(again.area[b].sum(), tree.area[a].sum(), rtol=1e-12)
        np.testing.assert_allclose(again.length[b].sum(), tree.length[a].sum(), rtol=1e-12)
    write_swc(tmp_path / "b.swc", again)
    same(read_swc(tmp_path / "b.swc"), again)


def test_a_joint_that_swc_cannot_express_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"the point at \(0, 25, 0\) has joint True.*SWC has joints at roots, between"):
        write_swc(tmp_path / "a.swc", chain([True, False, False, True]))
    assert not (tmp_path / "a.swc").exists()


def test_padding_is_not_written(tmp_path):
    tree = read(tmp_path, CASES["chain"][0])
    padding = Morphology(jnp.zeros((3, 3)), jnp.zeros(3), jnp.zeros(3, int), jnp.zeros(3, int), jnp.ones(3, bool))
    padded = Morphology(*(
        jnp.concatenate([getattr(tree, name), getattr(padding, name)])
        for name in ("position", "radius", "parent", "kind", "joint")
    ))  # fmt: skip
    write_swc(tmp_path / "b.swc", padded)
    same(read_swc(tmp_path / "b.swc"), tree)


def test_one_door_tells_the_format_by_suffix_or_content(tmp_path):
    swc, asc = CASES["one point"][0].replace("/", "\n"), "; text\n((Dendrite) (0 0 0 2) (0 10 0 2))"
    for name, text in (("a.swc", swc), ("a.txt", swc), ("a.asc", asc), ("a.ASC", asc), ("b.txt", asc)):
        (tmp_path / name).write_text(text)
        assert read_morphology(tmp_path / name).parent.size == (5 if text is swc else 2)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_morphology(tmp_path / "none.swc")
