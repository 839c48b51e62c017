"""Neurolucida files: outlines, trees, and everything that stands between."""

import numpy as np
import pytest

from jaxneuro.biophysics.morphology import APICAL, AXON, BASAL, SOMA, UNDEFINED
from jaxneuro.data import read_asc, read_swc, write_swc
from jaxneuro.data.contour import contour_area, soma_of_contour

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
    np.testing.assert_array_equal(above[kind == BASAL] - first, [-first, 0, 1, 2, 3, 3, 1, 6])
    np.testing.assert_array_equal(np.flatnonzero(tree.joint), [0, first, first + 8, first + 10])
    np.testing.assert_allclose(tree.radius[kind == BASAL], [1, 1, 0.5, 0.5, 0.5, 0.25, 0.5, 0.5])
    assert np.all(above < np.arange(above.size))


def test_areas_are_those_of_frusta(tmp_path):
    tree = read(tmp_path, OUTLINE + TREES)
    kind, area = np.asarray(tree.kind), np.asarray(tree.area)
    np.testing.assert_allclose(area[kind == APICAL].sum(), 2 * np.pi * 1.5 * 20)
    np.testing.assert_allclose(area[kind == AXON].sum(), np.pi * 0.75 * np.hypot(44, 0.25))
    assert tree.length[kind == BASAL].sum() == pytest.approx(4 + 2 * 50**0.5 + 50**0.5 + 5 + 10 + 10)


def test_of_several_outlines_the_largest_is_the_soma(tmp_path):
    tree = read(tmp_path, OUTLINE + TREES)
    soma = np.asarray(tree.kind) == SOMA
    np.testing.assert_allclose(tree.area[soma].sum(), 579.85, rtol=0.02)  # as NEURON 9.0.2 imports this outline
    np.testing.assert_allclose(tree.length[soma].sum(), 20.0, rtol=1e-3)
    np.testing.assert_allclose(tree.position[0], 0.0, atol=1e-9)


def test_an_outline_becomes_the_body_of_revolution_that_it_is_the_section_of():
    for a, b in ((10.0, 10.0), (12.0, 6.0)):
        soma = soma_of_contour(ellipse(a, b)).morphology
        e = np.sqrt(1 - (b / a) ** 2)
        spheroid = 2 * np.pi * b**2 * (1 + (a / (b * e) * np.arcsin(e) if e else 1.0))
        np.testing.assert_allclose(soma.area.sum(), spheroid, rtol=0.02)
        np.testing.assert_allclose(soma.volume.sum(), 4 / 3 * np.pi * a * b * b, rtol=0.02)
    np.testing.assert_allclose(contour_area(ellipse(12.0, 6.0, 400)), np.pi * 72, rtol=1e-3)


def test_uneven_tracing_and_rotation_change_nothing():
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    outline = ellipse(12.0, 6.0, 400)
    uneven = np.concatenate([outline[:200], outline[200::10]]) @ turn
    areas = [float(soma_of_contour(c).morphology.area.sum()) for c in (outline, uneven)]
    np.testing.assert_allclose(areas[1], areas[0], rtol=2e-3)


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
    assert read(tmp_path, text).parent.size == 2 * depth + 1


BAD = {
    "never closed": ("((Axon)\n (0 0 0 1)\n (\n (0 9 0 1)\n", r"line 3: the \( that opens here is never closed"),
    "closed twice": ("((Axon) (0 0 0 1)))\n", r"line 1: \) closes nothing, as nothing is open"),
    "crossed": ("((Axon) (0 0 0 1)\n <(0 1 0 1))\n", r"line 2: \) closes nothing, as the < of line 2 is open"),
    "string": ('((Axon) (Name "a)\n(0 0 0 1))\n', "line 1: a string that opens here is not closed"),
    "word": ("((Axon)\n(0 0 x 1))\n", r"line 2: \(0 0 x 1\) is not a point"),
    "short": ("((Axon)\n(0 0))\n", r"line 2: \(0 0\) is not a point"),
    "negative": ("((Axon) (0 0 0 -1))\n", "diameter that is not negative"),
    "nan": ("((Axon) (nan 0 0 1))\n", "must be finite"),
    "outline": ("((CellBody)\n(0 0 0 1) (1 0 0 1))\n", "line 1: the outline of the cell body has 2 points and no area"),
    "no neuron": ("(ImageCoords)\n", r"has no points in an \(cellbody\), \(axon\)"),
    "empty": ("", r"is empty \(0 bytes\)"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_named_with_line_value_and_fix(tmp_path, case):
    text, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text)
