"""The layer 5 pyramidal cell: what is where, and calcium spikes only when soma and dendrite are driven together."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.published.hay import HAY, apical_site, apical_way
from jaxneuro.biophysics.shape import APICAL, AXON, BASAL, SOMA, Morphology

SMALL = Morphology(  # a soma with an axon, a basal and an apical dendrite of 1000 µm with a side branch
    jnp.array(
        [[0.0, 0, 0], [0, 10, 0], [0, -50, 0], [100, 0, 0], [0, 10, 0], [0, 610, 0], [0, 1010, 0], [100, 610, 0]]
    ),
    jnp.array([5.0, 5, 0.5, 1, 1.5, 1.5, 1, 0.5]),
    jnp.array([-1, 0, 0, 0, 1, 4, 5, 5]),
    jnp.array([SOMA, SOMA, AXON, BASAL, APICAL, APICAL, APICAL, APICAL]),
    jnp.array([True, False, False, False, True, False, False, False]),
)
CELL = jn.cells.layer5_pyramidal(SMALL, HAY, max_length=100.0)
KIND, DISTANCE = CELL.cable.kind, np.asarray(CELL.cable.path_distance)


def test_channels_are_in_the_regions_of_their_source():
    state = CELL.initial(-40.0)
    currents = {name: np.asarray(i) != 0 for name, i in CELL.currents(state).items()}
    for name, there in currents.items():
        regions = {SOMA: "soma", AXON: "axon", BASAL: "basal", APICAL: "apical"}
        np.testing.assert_array_equal(there, [name in HAY[regions[k]] for k in KIND], err_msg=name)
    np.testing.assert_array_equal(CELL.get("capacitance"), np.where(np.isin(KIND, [BASAL, APICAL]), 2.0, 1.0))
    np.testing.assert_allclose(CELL.get("ca.tau")[KIND == SOMA], 460.0)
    np.testing.assert_allclose(CELL.get("ca.depth")[KIND == APICAL], 0.1 / 0.000509)


def test_the_sag_current_rises_and_calcium_channels_are_hot_where_they_should():
    apical, share = KIND == APICAL, DISTANCE / 1000.0
    rise = -0.8696 + 2.087 * np.exp(3.6161 * share)
    np.testing.assert_allclose(CELL.get("h.g_max")[apical], 0.2 * rise[apical], rtol=1e-6)
    np.testing.assert_allclose(CELL.get("h.g_max")[KIND == BASAL], 0.2)
    hot = apical & (share > 685 / 1300.5) & (share < 885 / 1300.5)
    assert 0 < hot.sum() < apical.sum()
    np.testing.assert_allclose(CELL.get("calva.g_max")[apical], np.where(hot, 18.7, 0.187)[apical])
    np.testing.assert_allclose(CELL.get("cahva.g_max")[apical], np.where(hot, 0.555, 0.0555)[apical])


def test_the_way_to_the_farthest_tip_leaves_side_branches_out():
    way = apical_way(CELL.cable)
    assert way[0] == 0 and set(KIND[way[1:]]) == {APICAL} and (np.diff(DISTANCE[way]) > 0).all()
    np.testing.assert_allclose(DISTANCE[way[1:]], np.arange(50.0, 1000.0, 100.0))
    assert DISTANCE[apical_site(CELL.cable, 0.5)] == pytest.approx(450.0)


def test_a_somatic_step_fires_and_the_dendrite_follows():
    stimulus = jn.stimuli.inject(jn.stimuli.step(0.8, start=1.0))
    recording = jn.simulate(CELL, stimulus, duration=15.0, dt=0.05)
    v, tip = np.asarray(recording.v), apical_way(CELL.cable)[-1]
    assert bool(recording.ok) and v[:, 0].max() > 10.0
    assert v[:, tip].argmax() > v[:, 0].argmax() and v[:, tip].max() < v[:, 0].max()


def test_densities_are_differentiable():
    def current(na):
        cell = jn.cells.layer5_pyramidal(SMALL, {**HAY, "soma": {"na": na}}, max_length=100.0)
        return cell.currents(cell.initial(-40.0))["na"][0]

    value, slope = jax.jit(jax.value_and_grad(current))(2040.0)
    np.testing.assert_allclose(slope * 2040.0, value, rtol=1e-10)
    assert value < -10.0


@pytest.mark.slow
def test_only_soma_and_dendrite_together_make_a_calcium_spike_and_a_burst():
    cell, start = jn.cells.layer5_pyramidal(), 50.0
    trunk, tuft = apical_site(cell.cable, 620 / 1300.5), apical_site(cell.cable, 800 / 1300.5)

    def run(soma, dendrite, dt):
        step = jn.stimuli.inject(jn.stimuli.step(1.9 * soma, start=start, duration=5.0))
        epsp = jn.stimuli.inject(jn.stimuli.postsynaptic(0.5 * dendrite, start=start + 5.0), trunk)
        return jn.simulate(cell, step + epsp, duration=125.0, dt=dt).v[:, jnp.array([0, trunk, tuft])]

    def judged(dt):
        responses = jax.vmap(lambda a, b: run(a, b, dt))(jnp.array([1.0, 0, 1]), jnp.array([0.0, 1, 1]))
        for soma, trunk, tuft in np.moveaxis(np.asarray(responses), -1, 1):
            rises = (np.flatnonzero((soma[:-1] < -20) & (soma[1:] >= -20)) + 1) * dt - start
            yield rises, np.ptp(trunk), np.ptp(tuft), dt * (tuft > -30).sum()

    alone, dendrite, both = judged(0.025)
    assert len(alone[0]) == 1 and len(dendrite[0]) == 0 and len(both[0]) >= 3
    assert 35 < alone[1] < 55 and 27 < alone[2] < 45 and alone[3] < 5  # Hay et al. (2011), table 2
    assert dendrite[2] < 15 and dendrite[3] == 0 and both[3] > 25
    finer = list(judged(0.0125))[2]
    np.testing.assert_allclose(both[0], finer[0], atol=0.3)
    assert both[3] == pytest.approx(finer[3], abs=1.0)


def test_what_cannot_be_a_layer_5_cell_is_refused():
    with pytest.raises(ValueError, match="has no apical"):
        jn.cells.layer5_pyramidal(
            SMALL.replace(kind=jnp.where(SMALL.kind == APICAL, BASAL, SMALL.kind)), max_length=100.0
        )
    with pytest.raises(ValueError, match="no channel 'kdr': densities are by region"):
        jn.cells.layer5_pyramidal(SMALL, {**HAY, "soma": {"kdr": 1.0}}, max_length=100.0)
    with pytest.raises(ValueError, match="no region 'tuft'"):
        jn.cells.layer5_pyramidal(SMALL, {**HAY, "tuft": {}}, max_length=100.0)
    with pytest.raises(ValueError, match="densities lack the region 'apical'"):
        jn.cells.layer5_pyramidal(SMALL, {"soma": HAY["soma"]}, max_length=100.0)
    with pytest.raises(ValueError, match="decay - rise = -1"):
        jn.stimuli.postsynaptic(1.0, rise=2.0, decay=1.0)
