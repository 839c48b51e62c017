"""The cable equation against closed forms: resistance, attenuation, Rall's equivalent cylinder, charge, orders."""

from pathlib import Path

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.published import K, Leak, Na
from jaxneuro.biophysics.shape import BASAL, Morphology, divide

LEAK = Leak(0.1, -65.0)  # 10 000 Ω cm²


def tree(*points: tuple[float, float, float, int]) -> Morphology:
    """Basal points (x, y, radius, parent); the first is the root, and those where their parents are are joints."""
    x, y, radius, parent = (np.array(column) for column in zip(*points, strict=True))
    position = np.stack([x, y, 0 * x], -1).astype(float)
    joint = (parent < 0) | np.all(position == position[np.maximum(parent, 0)], axis=-1)
    return Morphology(*map(jnp.asarray, (position, radius, parent, np.full(x.size, BASAL), joint)))


def cylinder(length: float, diameter: float) -> Morphology:
    return tree((0, 0, diameter / 2, -1), (length, 0, diameter / 2, 0))


def passive(morphology: Morphology, **options) -> jn.Cell:
    return jn.cells.from_morphology(morphology, **options).insert("leak", LEAK)


def steady(cell: jn.Cell, current: float = 0.01) -> jax.Array:
    """Depolarisation of each compartment by a steady current into the first (compartment,) [mV]."""
    stimulus = jn.stimuli.inject(jn.stimuli.step(current))
    return jn.simulate(cell, stimulus, duration=400.0, dt=0.1, every=4000).v[-1] + 65.0


def test_input_resistance_and_attenuation_of_a_cable():
    cell = passive(cylinder(1000.0, 1.0), per_section=100)
    v = steady(cell)
    # the formulas are of a current into the end, half a compartment before the middle of the first
    end = v[0] + 0.01 * 0.01 * 100.0 * cell.cable.form[0, 0]
    np.testing.assert_allclose(end / 0.01, 660.375, rtol=1e-4)
    np.testing.assert_allclose(end / v[-1], 3.7622, rtol=1e-4)


def test_second_order_in_space():
    counts = np.array([8, 16, 32])
    errors = []
    for n in counts:
        v = steady(passive(cylinder(1000.0, 1.0), per_section=int(n)))
        middle = (np.arange(n) + 0.5) * 1000.0 / n
        # what a current into the middle of the first compartment does, from the Green's function of a sealed cable
        space = np.sqrt(0.5e-4 * 1e4 / (2 * 100.0)) * 1e4
        x0, end = middle[0] / space, 1000.0 / space
        infinite = 100.0 * space * 1e-4 / (np.pi * 0.5e-4**2) * 1e-6  # MΩ
        exact = 0.01 * infinite * np.cosh(x0) * np.cosh(end - middle / space) / np.sinh(end)
        errors.append(np.abs(v - exact)[n // 4 :].max())
    assert 1.9 < -np.polyfit(np.log(counts), np.log(errors), 1)[0] < 2.1


def test_a_tapering_cable_has_the_resistance_of_its_frusta():
    """However coarsely it is divided, the axial resistance from end to end is that of the cone."""
    cone = tree((0, 0, 3.0, -1), (60, 0, 2.0, 0), (60, 40, 0.5, 1))
    exact = 60 / (np.pi * 3.0 * 2.0) + 40 / (np.pi * 2.0 * 0.5)
    for n in (1, 3, 7):
        cell = jn.cells.from_morphology(cone, per_section=n)
        np.testing.assert_allclose(cell.cable.form.sum(), exact)
        np.testing.assert_allclose(cell.area.sum(), cone.area.sum())


def rall() -> Morphology:
    """A stem of 200 µm × 2 µm and two daughters whose diameters to the power 3/2 make up that of the stem."""
    r = 1.0 / 2 ** (2 / 3)
    length = 200.0 * np.sqrt(r)
    return tree(
        (0, 0, 1.0, -1), (200, 0, 1.0, 0), (200, 0, r, 1), (200, length, r, 2), (200, 0, r, 1), (200 + length, 0, r, 4)
    )


def test_branches_by_ralls_law_equal_their_cylinder():
    stimulus = jn.stimuli.inject(jn.stimuli.step(0.1, start=1.0))
    branched = jn.simulate(passive(rall(), per_section=10), stimulus, duration=10.0).v
    whole = jn.simulate(passive(cylinder(400.0, 2.0), per_section=20), stimulus, duration=10.0).v
    np.testing.assert_allclose(branched[:, :20], whole, atol=1e-9)
    np.testing.assert_allclose(branched[:, 20:], whole[:, 10:], atol=1e-9)


def test_input_resistance_of_a_traced_neuron_is_that_of_neuron(morphologies):
    tree = jn.data.read_morphology(morphologies / "allen_473601979.swc")
    v = steady(passive(tree, max_length=10.0))
    np.testing.assert_allclose(v[0] / 0.01, 397.82304, rtol=2e-4)  # NEURON 9.0.2 at 1014 segments; so do we at 1029


def test_charge_is_conserved():
    """Without channels, what is injected is on the membranes; in float32 too."""
    for double, error in ((True, 1e-10), (False, 2e-4)):
        with jax.enable_x64(double):
            cell = jn.cells.from_morphology(rall(), max_length=7.0)
            v = jn.simulate(cell, jn.stimuli.inject(jn.stimuli.step(0.05), 3), duration=5.0).v[-1]
            charge = jnp.sum((v + 65.0) * cell.nanoampere)  # nF mV = pC
            np.testing.assert_allclose(charge, 0.05 * 5.0, rtol=error)


def test_axial_currents_cancel():
    cell = passive(rall(), per_section=4)
    current = cell.cable.current(jnp.asarray(np.random.default_rng(0).normal(size=cell.compartments)))
    np.testing.assert_allclose(current.sum(), 0.0, atol=1e-12)


def test_any_solver_agrees_with_the_default():
    cell = passive(rall(), per_section=3)
    stimulus = jn.stimuli.inject(jn.stimuli.step(0.1))
    control = diffrax.PIDController(rtol=1e-8, atol=1e-8)
    exact = jn.simulate(cell, stimulus, duration=4.0, solver=diffrax.Tsit5(), stepsize=control).v[-1]
    errors = [jnp.abs(jn.simulate(cell, stimulus, duration=4.0, dt=dt).v[-1] - exact).max() for dt in (0.1, 0.05)]
    assert errors[0] < 1e-3 and 1.9 < np.log2(errors[0] / errors[1]) < 2.1
    with pytest.raises(ValueError, match="cannot solve a cable"):
        jn.simulate(cell, stimulus, duration=1.0, solver=jn.ExponentialEuler())


REFERENCE = np.load(Path(__file__).parents[1] / "reference" / "squid_cable.npz")


def squid_cable(morphology: Morphology | None = None, **options) -> jn.Cell:
    cell = jn.cells.from_morphology(morphology or cylinder(1000.0, 2.0), **(options or {"per_section": 100}))
    return cell.insert("na", Na()).insert("k", K()).insert("leak", Leak())


def spike_errors(dt: float, solver: object = None) -> np.ndarray:
    """At root, middle and tip, for every spike [ms]."""
    stimulus = jn.stimuli.inject(jn.stimuli.step(0.4, start=5.0))
    recording = jn.simulate(squid_cable(), stimulus, duration=float(REFERENCE["duration"]), dt=dt, solver=solver)
    found = [recording.spike_times(max_spikes=20, compartment=int(i)).times for i in REFERENCE["probes"]]
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(REFERENCE["spikes"]))
    seen = np.isfinite(REFERENCE["spikes"])
    return np.stack(found)[seen] - REFERENCE["spikes"][seen]


@pytest.mark.parametrize("solver", [None, jn.Strang()])
def test_spikes_along_a_squid_cable_are_right_and_of_second_order(solver):
    steps = [0.05, 0.025, 0.0125]
    errors = [np.abs(spike_errors(dt, solver)).max() for dt in steps]
    assert errors[1] < 0.02
    assert 1.7 < np.polyfit(np.log(steps), np.log(errors), 1)[0] < 2.3


def test_gradients_equal_finite_differences():
    base = squid_cable(rall(), per_section=2)
    stimulus = jn.stimuli.inject(jn.stimuli.step(1.0))

    def loss(g, resistivity, radius):
        cell = jn.cells.from_morphology(rall().replace(radius=radius), division=DIVISION)
        cell = base.replace(area=cell.area, cable=cell.cable).set("na.g_max", g).set("resistivity", resistivity)
        return jnp.mean(jn.simulate(cell, stimulus, duration=3.0).v[:, -1])

    both = jax.jit(jax.value_and_grad(loss, argnums=(0, 1, 2)))  # compiled once, for the differences too
    at = (jnp.linspace(100.0, 140.0, 6), jnp.linspace(80.0, 120.0, 6), rall().radius)
    gradients = both(*at)[1]
    for i, step in enumerate((1e-3, 1e-3, 1e-5)):
        for j in range(6):
            up, down = (both(*(x.at[j].add(h) if k == i else x for k, x in enumerate(at)))[0] for h in (step, -step))
            np.testing.assert_allclose(gradients[i][j], (up - down) / (2 * step), rtol=1e-4, atol=1e-7)


DIVISION = divide(rall(), per_section=2)


def test_population_of_trees_equals_a_loop():
    conductances = jnp.array([100.0, 120.0])

    def run(g):
        return jn.simulate(squid_cable(rall(), per_section=2).set("na.g_max", g), duration=2.0).v

    np.testing.assert_allclose(jax.vmap(run)(conductances), jnp.stack([run(g) for g in conductances]), rtol=1e-10)


def test_rest_of_a_cell_with_different_regions():
    cell = squid_cable(rall(), per_section=3).set("leak.e", lambda distance: -54.387 - 0.02 * distance)
    state = jn.rest(cell)
    assert np.ptp(state.v) > 0.1
    v = jn.simulate(cell, duration=5.0, initial=state).v
    np.testing.assert_allclose(v - state.v, 0.0, atol=1e-6)
