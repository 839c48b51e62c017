"""Where mechanisms and parameters go, how sections are divided, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.published import K, Leak, Na
from jaxneuro.biophysics.shape import APICAL, AXON, BASAL, SOMA, Morphology, divide


def neuron() -> Morphology:
    """A sphere of 5 µm; an axon of 50 µm; a basal dendrite of 100 µm that forks into two of 60 µm."""
    rows = [  # x, y, radius, parent, kind, joint
        (0, 0, 5, -1, SOMA, 1), (0, -5, 5, 0, SOMA, 0), (0, 5, 5, 0, SOMA, 0), (-5, 0, 0.5, 0, AXON, 1),
        (-55, 0, 0.5, 3, AXON, 0), (5, 0, 1, 0, BASAL, 1), (105, 0, 1, 5, BASAL, 0), (165, 0, 0.5, 6, BASAL, 0),
        (105, 60, 0.5, 6, BASAL, 0),
    ]  # fmt: skip
    x, y, radius, parent, kind, joint = (np.array(column) for column in zip(*rows, strict=True))
    position = np.stack([x, y, 0 * x], -1).astype(float)
    return Morphology(*map(jnp.asarray, (position, radius.astype(float), parent, kind, joint.astype(bool))))


CELL = jn.cells.from_morphology(neuron(), max_length=20.0)  # 1 + 3 + 5 + 3 + 3


def test_the_soma_is_first_and_one_compartment_with_the_area_of_the_sphere():
    assert CELL.compartments == 15
    np.testing.assert_array_equal(CELL.cable.kind == SOMA, np.arange(15) == 0)
    np.testing.assert_allclose(CELL.area[0], 4 * np.pi * 25)
    np.testing.assert_allclose(CELL.area.sum(), neuron().area.sum())


def test_distances_and_orders_count_from_the_soma():
    axon, basal = CELL.cable.kind == AXON, CELL.cable.kind == BASAL
    np.testing.assert_allclose(CELL.cable.path_distance[axon], (np.arange(3) + 0.5) * 50 / 3)
    tips = 100 + (np.arange(3) + 0.5) * 20
    np.testing.assert_allclose(CELL.cable.path_distance[basal], [*(np.arange(5) + 0.5) * 20, *tips, *tips])
    np.testing.assert_array_equal(CELL.cable.order[basal], [1] * 5 + [2] * 6)
    assert CELL.cable.order[0] == 0


def test_rules_of_division():
    assert jn.cells.from_morphology(neuron(), per_section=2).compartments == 9
    # λ(100 Hz) of a cylinder of 2 µm is 399 µm, of 1 µm 282 µm; the axon is 0.18 of its own, the stem 0.25
    count = np.bincount(divide(neuron(), d_lambda=0.1).tree.kind)
    assert count[AXON] == 2 and count[BASAL] == 3 + 2 * 2
    for options in ({}, {"per_section": 1, "max_length": 1.0}, {"max_length": 0.0}, {"per_section": 1.5}):
        with pytest.raises(ValueError, match=r"rules to divide|above zero"):
            jn.cells.from_morphology(neuron(), **options)
    with pytest.raises(ValueError, match="divide the concrete morphology"):
        jax.grad(lambda r: jn.cells.from_morphology(neuron().replace(radius=r), per_section=1).area.sum())(jnp.ones(9))


def test_a_root_point_inside_a_dendrite_is_a_junction():
    """Two sections that begin at the root are one cable, and distances start between them."""
    both = Morphology(
        jnp.array([[0.0, 0, 0], [50, 0, 0], [-30, 0, 0]]), jnp.ones(3), jnp.array([-1, 0, 0]), jnp.full(3, APICAL),
        jnp.array([True, False, False]),
    )  # fmt: skip
    cell = jn.cells.from_morphology(both, per_section=2).insert("leak", Leak())
    assert cell.cable.parent.argmin() == 4  # after the four compartments
    np.testing.assert_allclose(cell.cable.path_distance, [12.5, 37.5, 7.5, 22.5])
    assert jnp.isfinite(jn.simulate(cell, jn.stimuli.inject(jn.stimuli.step(0.1)), duration=1.0).v).all()


def test_channels_and_parameters_go_where_they_are_put():
    cell = CELL.insert("na", Na(), where="soma").insert("leak", Leak())
    for put in (cell, cell.set("na.g_max", 60.0)):
        np.testing.assert_array_equal(put.currents(put.initial(-40.0))["na"] != 0, CELL.cable.kind == SOMA)
    cell = cell.insert("na", Na(), where="axon").set("na.g_max", lambda distance: 100.0 - distance, where="axon")
    np.testing.assert_allclose(cell.get("na.g_max")[:4], [120, *(100 - CELL.cable.path_distance[1:4])])
    cell = cell.set("resistivity", 150.0, where="basal")
    np.testing.assert_allclose(cell.get("resistivity"), np.where(CELL.cable.kind == BASAL, 150.0, 100.0))
    far = cell.set("capacitance", 2.0, where=lambda cable: (cable.path_distance > 50) & (cable.order == 2))
    assert jnp.sum(far.get("capacitance") == 2.0) == 6
    mask = np.arange(15) == 7
    np.testing.assert_array_equal(cell.set("leak.g_max", 9.0, where=mask).get("leak.g_max") == 9.0, mask)


def test_a_channel_in_two_regions_is_one_channel():
    """It has the currents of two channels in a region each, and one set of gates."""
    cell = CELL.insert("leak", Leak()).insert("na", Na(), where="soma").insert("na", Na(60.0, 45.0), where="axon")
    two = CELL.insert("leak", Leak()).insert("a", Na(), where="soma").insert("b", Na(60.0, 45.0), where="axon")
    stimulus = jn.stimuli.inject(jn.stimuli.step(0.5))
    one, other = (jn.simulate(c, stimulus, duration=5.0) for c in (cell, two))
    assert one.v.max() > 0
    np.testing.assert_allclose(one.v, other.v, atol=1e-9)
    assert list(cell.channels) == ["leak", "na"] and "places.na" not in cell.paths()
    gradient = jax.grad(lambda c: c.membrane_current(c.initial(-40.0)).sum())(cell)
    np.testing.assert_array_equal(gradient.get("na.g_max") != 0, np.isin(CELL.cable.kind, [SOMA, AXON]))
    together = cell.insert("k", K(), where="soma").insert("k", K(), where="basal")
    assert together.get("k.g_max") == 36.0  # the same everywhere: one number, to be fitted as one


def test_a_channel_may_go_where_a_traced_number_says():
    def charge(distance):
        cell = CELL.insert("leak", Leak(0.1, -60.0), where=lambda cable: cable.path_distance > distance)
        return jnp.sum(cell.membrane_current(cell.initial(-40.0)) * cell.area)

    beyond = [CELL.area[CELL.cable.path_distance > d].sum() for d in (20.0, 120.0)]
    np.testing.assert_allclose(jax.vmap(charge)(jnp.array([20.0, 120.0])), 2.0 * np.array(beyond))


def calcium(**parameters) -> jn.Cell:
    """Calcium channels everywhere, a pool in the soma."""
    channels = {"leak": Leak(), "cal": jn.channels.CaL(), "kca": jn.channels.KCa()}
    return CELL.replace(channels=channels).insert("ca", jn.CalciumPool(**parameters), where="soma")


def test_a_pool_is_in_its_region_and_rests_elsewhere():
    soma, cell = CELL.cable.kind == SOMA, calcium(depth=0.1)
    state = cell.initial(-20.0)
    state = state.replace(pools={"ca": jnp.full(15, 2.4e-4)})
    ca = jn.simulate(cell, duration=1.0, record="ca", initial=state)["ca"]
    assert ca[-1, 0] > 1.5 * ca[0, 0]
    np.testing.assert_allclose(ca[:, ~soma], 2.4e-4, rtol=1e-12)
    everywhere = cell.insert("ca", jn.CalciumPool(depth=0.1))
    np.testing.assert_allclose(
        everywhere.pool_kinetics(state)["ca"].inflow[0], cell.pool_kinetics(state)["ca"].inflow[0]
    )


def test_a_pool_has_the_parameters_of_each_region():
    cell = calcium(tau=80.0).insert("ca", jn.CalciumPool(tau=20.0, rest=1e-4), where="axon")
    np.testing.assert_allclose(cell.get("ca.tau")[:4], [80.0, 20.0, 20.0, 20.0])
    cell = cell.set("ca.tau", 90.0, where="soma")
    decay = cell.pool_kinetics(cell.initial(-80.0))["ca"]
    np.testing.assert_allclose(1 / decay.rate[:2], [90.0, 20.0])
    np.testing.assert_allclose(cell.initial().pools["ca"][4:], 2.4e-4, rtol=1e-12)


def test_overlapping_inserts_are_refused():
    cell = CELL.insert("na", Na(), where="basal").insert("leak", Leak())
    with pytest.raises(ValueError, match=r"'na' is already in 11 of the 11 .*\(4, 5, 6, 7, 8, ...\).*set\('na.PARAM"):
        cell.insert("na", Na(60.0), where="dendrite")
    with pytest.raises(ValueError, match="'leak' is already in 1 of the 1"):
        cell.insert("leak", Leak(0.2), where="soma")
    with pytest.raises(ValueError, match=r"'na' is a Na in other compartments.*another CorticalNa"):
        cell.insert("na", jn.channels.CorticalNa(), where="soma")
    with pytest.raises(ValueError, match=r"'na.g_max' has no effect there.*insert it there first"):
        cell.set("na.g_max", 10.0, where="soma")
    with pytest.raises(ValueError, match=r"'na' has shape \(4,\).*15 compartments"):
        cell.insert("na", Na(jnp.ones(4)), where="soma")
    with pytest.raises(ValueError, match="'na' is the name of one of the channels"):
        cell.insert("na", jn.CalciumPool())
    assert cell.insert("na", Na(60.0)).get("na.g_max") == 60.0  # everywhere: in its place


def test_parameters_of_path_distance_are_differentiable():
    def loss(slope):
        cell = CELL.insert("leak", Leak()).set("leak.g_max", lambda distance: 0.1 + slope * distance, where="dendrite")
        return jn.simulate(cell, jn.stimuli.inject(jn.stimuli.step(0.05)), duration=2.0).v[-1, 0]

    difference = (loss(1e-3 + 1e-6) - loss(1e-3 - 1e-6)) / 2e-6
    np.testing.assert_allclose(jax.grad(loss)(1e-3), difference, rtol=1e-5)


def test_what_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"no region 'dendrites'.*soma, axon"):
        CELL.insert("na", Na(), where="dendrites")
    with pytest.raises(ValueError, match=r"the cell has no 'apical'.*soma, axon, basal"):
        CELL.insert("na", Na(), where="apical")
    with pytest.raises(ValueError, match=r"shape \(3,\).*must be 15 booleans"):
        CELL.insert("na", Na(), where=np.ones(3, bool))
    with pytest.raises(ValueError, match="must be 15 booleans"):
        CELL.set("capacitance", 1.0, where=np.arange(15))


def test_a_cell_with_a_morphology_is_saved_and_loaded(tmp_path):
    cell = CELL.insert("leak", Leak())
    jn.save_cell(tmp_path / "cell.json", cell)
    loaded = jn.load_cell(tmp_path / "cell.json")
    assert jax.tree.structure(loaded) == jax.tree.structure(cell)
    np.testing.assert_allclose(loaded.cable.form, cell.cable.form)


def test_one_compartment_is_the_point_cell():
    point = jn.cells.hodgkin_huxley()
    one = Morphology(
        jnp.array([[0.0, 0, 0], [10, 0, 0]]),
        jnp.ones(2),
        jnp.array([-1, 0]),
        jnp.full(2, SOMA),
        jnp.array([True, False]),
    )
    cell = jn.cells.from_morphology(one, per_section=1).replace(channels=point.channels)
    stimulus = jn.stimuli.step(10.0)
    expected = jn.simulate(point, stimulus, duration=10.0).v
    np.testing.assert_allclose(jn.simulate(cell, stimulus, duration=10.0).v, expected, rtol=1e-9)
