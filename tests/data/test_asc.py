"""Neurolucida files: outlines, trees, and everything that stands between."""

import time
import warnings

import numpy as np
import pytest

from jaxneuro.biophysics.membrane import from_morphology
from jaxneuro.biophysics.shape import APICAL, AXON, BASAL, UNDEFINED, is_tip, part
from jaxneuro.data import read_asc, read_swc, write_swc
from jaxneuro.data.morphologies import soma_of_contour

TREES = """
; V3 text file (with a bracket that never closes
(ImageCoords (Filename "C:\\cells\\a (1.jpx") (Coords 1 1 0 0))
((Color Yellow) (Dendrite)
  (0 6 0 2.0)  ; Root
  (0, 10, 0, 2.0)
  <((Color White) (0 10 0 0.1) (1 10 0 0.1))>
  (Dot (Color Blue) (Name "Marker | 3)") (0 9 0 0.2))
  (
    (5 15 0 1.0)
    (10 20 0 1.0 S1)
    (
      (15 20 0 1)
      Normal
    |
      (10 30 0 0.5)
      Incomplete
    )
  |
    (-5 15 0 1.0)
    (-5 25 0 1.0)
    High
  ) ; End of split
)
((Axon) (0 -6 0 1) (0 -50 0 0.5) Normal)
((Apical) (6 0 0 3) (26 0 0 3) Normal)
("Pia" (Color Red) (Closed) (100 100 0 0) (200 100 0 0) (200 200 0 0))
"""
OUTLINE = """
("CellBody" (Color Red) (CellBody) (1 0 5 0.1) (0 1 5 0.1) (-1 0 5 0.1) (0 -1 5 0.1))
("CellBody" (Color Red) (CellBody)
  (10 0 0 0.25) (7 4 0 0.25) (0 6 0 0.25) (-7 4 0 0.25) (-10 0 0 0.25) (-7 -4 0 0.25) (0 -6 0 0.25) (7 -4 0 0.25))
"""


def read(folder, text):
    (folder / "a.asc").write_text(text)
    return read_asc(folder / "a.asc")


def ellipse(a: float, b: float, points: int = 60) -> np.ndarray:
    angle = np.linspace(0.0, 2 * np.pi, points, endpoint=False)
    return np.stack([a * np.cos(angle), b * np.sin(angle), np.full(points, 3.0)], -1)


def test_branches_follow_the_points_before_their_split(tmp_path):
    tree = read(tmp_path, OUTLINE + TREES)
    kind, above = np.asarray(tree.kind), np.asarray(tree.parent)
    first = int(np.argmax(kind == BASAL))
    np.testing.assert_array_equal(above[kind == BASAL] - first, [-first, 0, 1, 2, 3, 4, 5, 4, 7, 1, 9, 10])
    np.testing.assert_array_equal(np.flatnonzero(tree.joint), [0, *(first + np.array([0, 2, 5, 7, 9, 12, 14]))])
    radius = [
        1,
        1,
        0.5,
        0.5,
        0.5,
        0.5,
        0.5,
        0.25,
        0.25,
        0.5,
        0.5,
        0.5,
    ]  # a branch begins with that of its own first point
    np.testing.assert_allclose(tree.radius[kind == BASAL], radius)
    assert np.all(above < np.arange(above.size))


def test_areas_are_those_of_frusta(tmp_path):
    tree = read(tmp_path, OUTLINE + TREES)
    kind, area = np.asarray(tree.kind), np.asarray(tree.area)
    np.testing.assert_allclose(area[kind == APICAL].sum(), 2 * np.pi * 1.5 * 20)
    np.testing.assert_allclose(area[kind == AXON].sum(), np.pi * 0.75 * np.hypot(44, 0.25))
    assert tree.length[kind == BASAL].sum() == pytest.approx(4 + 2 * 50**0.5 + 50**0.5 + 5 + 10 + 10)


def test_outlines_that_overlap_are_a_stack_or_the_longest_is_the_soma(tmp_path):
    stack = read(tmp_path, OUTLINE)
    np.testing.assert_allclose(stack.area.sum(), 219.2919, rtol=1e-5)  # as NEURON 9.0.2 imports it: a truncated cone
    with pytest.warns(
        UserWarning, match="2 outlines of a cell body in lines 2, 3 overlap.*the longest, of line 3, is taken"
    ):
        soma = read(tmp_path, OUTLINE.replace(" 5 0.1)", " 0 0.1)"))
    np.testing.assert_allclose(soma.area.sum(), 579.852, rtol=1e-5)  # as NEURON 9.0.2 imports the second alone
    np.testing.assert_allclose(soma.position[0], 0.0, atol=1.0)


def test_an_outline_becomes_the_body_of_revolution_that_it_is_the_section_of():
    for (a, b), missing in (((10.0, 10.0), 0.0289), ((12.0, 6.0), 0.0171)):  # missing by NEURON's rule, at the two ends
        soma = soma_of_contour(ellipse(a, b)).morphology
        e = np.sqrt(1 - (b / a) ** 2)
        spheroid = 2 * np.pi * b**2 * (1 + (a / (b * e) * np.arcsin(e) if e else 1.0))
        np.testing.assert_allclose(soma.area.sum(), (1 - missing) * spheroid, rtol=1e-4)
        np.testing.assert_allclose(soma.volume.sum(), 4 / 3 * np.pi * a * b * b, rtol=0.005)


def test_uneven_tracing_and_rotation_in_the_plane_change_little():
    turn = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    outline = ellipse(12.0, 6.0, 400)
    uneven = np.concatenate([outline[:200], outline[200::10]]) @ turn
    areas = [float(soma_of_contour(c).morphology.area.sum()) for c in (outline, uneven)]
    np.testing.assert_allclose(areas[1], areas[0], rtol=5e-3)


def test_an_outline_that_stands_upright_has_a_soma_too():
    """NEURON stops with an error."""
    upright, flat = (soma_of_contour(ellipse(12.0, 6.0)[:, axes]).morphology for axes in ([0, 2, 1], [0, 1, 2]))
    np.testing.assert_allclose(upright.area.sum(), flat.area.sum(), rtol=0.05)


def test_a_cell_body_without_area_is_named_and_its_trees_meet(tmp_path):
    for points in (
        "(0 0 0 1)",
        "(0 0 0 1) (1 0 0 1)",
        "(0 0 0 1) (1 1 0 1) (3 3 0 1)",
        "(2 2 0 1) (2 2 0 1) (2 2 0 1)",
    ):
        with pytest.warns(UserWarning, match="line 2: the outline of the cell body has . points and no area"):
            tree = read(
                tmp_path, f"\n((CellBody) {points})((Axon) (0 -1 0 1) (0 -9 0 1)) ((Apical) (0 1 0 1) (0 9 0 1))"
            )
        cell = from_morphology(tree, per_section=1)
        assert cell.compartments == 2 and cell.cable.tree.parent.count(-1) == 1


ROOT_TWICE = """((Dendrite)
  (0 0 0 2)
  (0 0 0 2)
  ( (0 0 0 1) (9 0 0 1)
  | (0 0 0 3)
  | (0 0 0 1) (0 9 0 1)
  ))"""


def test_points_that_make_a_section_without_length_are_merged_and_named(tmp_path):
    with pytest.warns(
        UserWarning, match="a.asc lines 3, 5: 2 of 7 points lie on the points before them.*they are merged"
    ):
        tree = read(tmp_path, ROOT_TWICE)
    np.testing.assert_array_equal([tree.parent.size, int(is_tip(tree, part(tree)).sum())], [6, 2])
    np.testing.assert_allclose([tree.area.sum(), tree.length.sum()], [18 * np.pi, 18.0])
    assert from_morphology(tree, per_section=1).compartments == 2


def test_without_a_cell_body_trees_stay_apart(tmp_path):
    with pytest.warns(UserWarning, match="3 roots; all are kept"):
        tree = read(tmp_path, TREES)
    assert np.sum(np.asarray(tree.parent) == -1) == 3


def test_a_tree_without_a_type_is_kept_and_named(tmp_path):
    with pytest.warns(UserWarning, match="line 2: a tree of no known type"):
        tree = read(tmp_path, "\n((Color Red) (0 0 0 1) (0 9 0 1))")
    np.testing.assert_array_equal(tree.kind, [UNDEFINED, UNDEFINED])


def test_missing_diameters_are_replaced_and_named(tmp_path):
    with pytest.warns(UserWarning, match="1 of 2 radii are 0"):
        tree = read(tmp_path, "((Axon) (0 0 0 3) (0 9 0))")
    np.testing.assert_allclose(tree.radius, 1.5)


def test_a_neurolucida_tree_is_written_as_swc(tmp_path):
    tree = read(tmp_path, OUTLINE + TREES)
    write_swc(tmp_path / "a.swc", tree)
    again = read_swc(tmp_path / "a.swc")
    np.testing.assert_allclose([again.area.sum(), again.length.sum()], [tree.area.sum(), tree.length.sum()])


def test_splits_as_deep_as_a_long_axon_has_them(tmp_path):
    depth = 2000
    text = "((Axon) (0 0 0 1)" + "".join(f"(({n} 1 0 1) | ({n} 2 0 1)" for n in range(depth)) + ")" * depth + ")"
    assert read(tmp_path, text).parent.size == 4 * depth + 3  # a joint before each, a sphere where the root splits


def test_brackets_are_read_in_a_time_that_grows_with_their_number(tmp_path):
    """A hundred thousand took more than a minute, as each looked at all that are open."""
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"line 1: the . that opens here is never closed"):
        read(tmp_path, "(" * 100_000)
    deep = "((Axon) (0 0 0 1)" + "(" * 50_000 + "(0 9 0 1)" + ")" * 50_001
    assert read(tmp_path, deep).length.sum() == 1 + 9
    assert time.perf_counter() - start < 10


def test_labels_are_no_trees(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree = read(tmp_path, '((Axon) (0 0 0 1) (0 9 0 1)) ((Color Red) (Font "Arial" 10) (5 5 0 1) "a label")')
    assert tree.parent.size == 2


BAD = {
    "never closed": ("((Axon)\n (0 0 0 1)\n (\n (0 9 0 1)\n", r"line 3: the \( that opens here is never closed"),
    "closed twice": ("((Axon) (0 0 0 1)))\n", r"line 1: \) closes nothing, as nothing is open"),
    "crossed": ("((Axon) (0 0 0 1)\n <(0 1 0 1))\n", r"line 2: \) closes nothing, as the < of line 2 is open"),
    "string": ('((Axon) (Name "a)\n(0 0 0 1))\n', "line 1: a string that opens here is not closed"),
    "word": ("((Axon)\n(0 0 x 1))\n", r"line 2: \(0 0 x 1\) is not a point"),
    "short": ("((Axon)\n(0 0))\n", r"line 2: \(0 0\) is not a point"),
    "negative": ("((Axon) (0 0 0 -1))\n", "diameter that is not negative"),
    "nan": ("((Axon) (nan 0 0 1))\n", "must be finite"),
    "far": ("((Axon) (0 0 1e300 1))\n", r"line 1: .* must be finite, within 1e\+09 µm"),
    "no neuron": ("(ImageCoords)\n", r"has no points in an \(cellbody\), \(axon\)"),
    "empty": ("", r"is empty \(0 bytes\)"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_named_with_line_value_and_fix(tmp_path, case):
    text, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text)
