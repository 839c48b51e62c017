"""The potential outside a neuron: closed forms of lines and points, charge, gradients, what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.published import K, Leak, Na
from jaxneuro.biophysics.shape import BASAL, SOMA, Morphology, line_source


def tree(*points: tuple[float, float, float, int, int]) -> Morphology:
    """Points (x, y, radius, parent, kind)."""
    x, y, radius, parent, kind = (np.array(column) for column in zip(*points, strict=True))
    position = np.stack([x, y, 0 * x], -1).astype(float)
    return Morphology(*map(jnp.asarray, (position, radius, parent, kind, parent < 0)))


STRAIGHT = tree((0, 0, 1.0, -1, BASAL), (100, 0, 1.0, 0, BASAL))
FORK = tree(
    (0, -8, 8.0, -1, SOMA), (0, 8, 8.0, 0, SOMA), (0, 60, 1.0, 1, BASAL), (30, 110, 0.6, 2, BASAL), (-40, 90, 0.8, 2, BASAL)
)  # fmt: skip
DIVISION = jn.cells.divide(FORK, max_length=20.0)
POSITIONS = jnp.array([[20.0, 0.0, 5.0], [-15.0, 60.0, 10.0], [40.0, 100.0, -20.0]])


def with_electrodes(positions=POSITIONS, **options) -> jn.Cell:
    cell = jn.cells.from_morphology(FORK, division=DIVISION).insert("leak", Leak())
    cell = cell.insert("na", Na(), where="soma").insert("k", K(), where="soma")
    return cell.with_electrodes(FORK, DIVISION, positions, **options)


CELL = with_electrodes()
STIMULUS = jn.stimuli.inject(jn.stimuli.step(1.0, start=0.5))


def of_straight(positions, per_section: int = 7, **options) -> jax.Array:
    division = jn.cells.divide(STRAIGHT, per_section=per_section)
    return jn.cells.from_morphology(STRAIGHT, division=division).with_electrodes(
        STRAIGHT, division, positions, **options
    ).electrodes  # fmt: skip


def test_a_cylinder_with_an_even_current_is_a_line():
    positions = np.array([[50.0, 10.0, 0.0], [0.0, 0.0, 3.0], [130.0, 5.0, 2.0], [-40.0, 0.0, 0.0], [150.0, 0.0, 0.5]])
    across = np.maximum(np.hypot(positions[:, 1], positions[:, 2]), 1.0)
    x = positions[:, 0]
    exact = (np.arcsinh((100 - x) / across) + np.arcsinh(x / across)) / (4 * np.pi * 0.25 * 100.0)
    found = of_straight(positions, conductivity=0.25)
    np.testing.assert_allclose(found.mean(axis=1), exact, rtol=1e-12)  # 1/7 nA from each of 7 compartments


def test_far_away_every_source_is_a_point():
    positions = 1e4 * np.array([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]) + np.array([50.0, 0.0, 0.0])
    exact = 1.0 / (4 * np.pi * 0.3 * 1e4)  # mV
    for source in ("line", "point"):
        np.testing.assert_allclose(of_straight(positions, source=source).mean(axis=1), exact, rtol=1e-4)
    near = jnp.array([[50.0, 30.0, 0.0]])
    np.testing.assert_allclose(of_straight(near, source="point"), of_straight(near), rtol=0.02)


def test_single_precision_keeps_its_digits_near_and_far():
    at = np.array([[50.0, 1e-3, 0.0], [101.0, 0.0, 0.0], [2000.0, 0.0, 0.0], [50.0, 2000.0, 0.0], [0.0, 0.5, 0.0]])
    ends = (np.zeros((1, 3)), np.array([[100.0, 0.0, 0.0]]), np.array([0.1]))
    exact = jnp.stack([line_source(x, *ends) for x in jnp.asarray(at)])
    with jax.enable_x64(False):
        found = jnp.stack([line_source(x, *map(jnp.asarray, ends)) for x in jnp.asarray(at, jnp.float32)])
    np.testing.assert_allclose(found, exact, rtol=1e-6)


def test_inside_a_neurite_it_is_as_at_its_surface():
    axis, inside, surface = of_straight(jnp.array([[50.0, 0.0, 0.0], [50.0, 0.4, 0.0], [50.0, 1.0, 0.0]]))
    np.testing.assert_allclose(jnp.stack([axis, inside]), jnp.stack([surface, surface]), rtol=1e-12)
    gradient = jax.jacfwd(lambda at: of_straight(at[None]).sum())(jnp.array([50.0, 0.0, 0.0]))
    assert jnp.isfinite(gradient).all()


def test_what_leaves_the_membrane_is_what_was_injected():
    recording = jn.simulate(CELL, STIMULUS, duration=5.0, record=("v", "transmembrane", "extracellular"))
    assert recording.v.max() > 0  # it fires
    current = recording["transmembrane"]
    np.testing.assert_allclose(current.sum(axis=1), np.where(recording.t > 0.5, 1.0, 0.0), atol=1e-10)
    assert recording["extracellular"].shape == (201, 3)
    np.testing.assert_allclose(recording["extracellular"], current @ CELL.electrodes.T, rtol=1e-12)


def test_it_is_drawn_beside_the_neuron_all_traces_to_one_scale():
    pytest.importorskip("matplotlib").use("Agg")
    recording = jn.simulate(CELL, STIMULUS, duration=5.0, record=("v", "transmembrane", "extracellular"))
    ax = jn.plot.extracellular(recording, FORK, POSITIONS)
    drawn = [line.get_ydata() for line in ax.lines[:3]]
    assert max(np.ptp(y) for y in drawn) == pytest.approx(40.0)  # the largest trace is as high as it may be
    assert "µV" in ax.texts[0].get_text()
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(3, 3\)"):
        jn.plot.extracellular(recording, FORK, POSITIONS[:2])


def test_gradients_equal_finite_differences():
    weights, division = jnp.sin(jnp.arange(21.0))[:, None], jn.cells.divide(STRAIGHT, per_section=2)
    passive = jn.cells.from_morphology(STRAIGHT, division=division).insert("leak", Leak())

    def loss(at, conductivity, g_max):
        cell = passive.set("leak.g_max", g_max).with_electrodes(STRAIGHT, division, at[None], conductivity=conductivity)
        return jnp.sum(
            weights * jn.simulate(cell, STIMULUS, duration=1.0, dt=0.05, record="extracellular")["extracellular"]
        )

    at = (jnp.array([100.0, 10.0, -5.0]), 0.3, 0.3)  # beside the end, where a line turns into a point
    gradient = jax.jit(jax.grad(loss, argnums=(0, 1, 2)))(*at)
    loss = jax.jit(loss)
    for axis in range(3):
        h = 1e-3 * jnp.eye(3)[axis]
        slope = (loss(at[0] + h, *at[1:]) - loss(at[0] - h, *at[1:])) / 2e-3
        np.testing.assert_allclose(gradient[0][axis], slope, rtol=1e-6)
    for i in (1, 2):
        up, down = (loss(*(x + s * 1e-4 if j == i else x for j, x in enumerate(at))) for s in (1, -1))
        np.testing.assert_allclose(gradient[i], (up - down) / 2e-4, rtol=1e-6)


def test_an_electrode_is_found_from_what_it_saw():
    """Gauss-Newton on the position of an electrode, from its trace."""
    current = jn.simulate(CELL, STIMULUS, duration=5.0, record="transmembrane")["transmembrane"]
    seen = current @ CELL.electrodes[1]

    @jax.jit
    def improved(at):
        trace = lambda x: current @ with_electrodes(x[None]).electrodes[0]
        slope = jax.jacfwd(trace)(at)
        return at - jnp.linalg.lstsq(slope, trace(at) - seen)[0]

    at = jnp.array([-20.0, 65.0, 14.0])
    for _ in range(8):
        at = improved(at)
    np.testing.assert_allclose(at, POSITIONS[1], atol=1e-5)


def test_what_cannot_be_is_refused():
    for options, message in (
        ({"positions": jnp.zeros(3)}, r"shape \(3,\).*\(electrode, 3\)"), ({"positions": jnp.zeros((2, 2))}, r"\(2, 2\)"),
        ({"conductivity": -0.3}, "conductivity = -0.3"), ({"conductivity": 0.0}, "above zero"),
        ({"source": "dipole"}, "one of line, point"), ({"positions": jnp.full((1, 3), jnp.nan)}, "finite"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            with_electrodes(**options)
    with pytest.raises(ValueError, match=r"1 compartments and the cell \d+"):
        CELL.with_electrodes(STRAIGHT, jn.cells.divide(STRAIGHT, per_section=1), POSITIONS)
    with pytest.raises(KeyError, match=r"cannot record 'extracellular'.*transmembrane"):
        jn.simulate(jn.cells.hodgkin_huxley(), duration=1.0, record="extracellular")
