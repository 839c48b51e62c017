"""A model goes to a file and comes back the same."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.rates import hodgkin_huxley_free
from jaxneuro.cell_file import load_cell, save_cell


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
        save_cell(tmp_path / "cell.json", jn.cells.hodgkin_huxley().set("na.g_max", print))
