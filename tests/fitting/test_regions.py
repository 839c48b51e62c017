"""Parameters of regions, and targets with several recorded compartments."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.biophysics.shape import APICAL, BASAL, SOMA, Morphology
from jaxneuro.fitting import box
from jaxneuro.fitting.residuals import free_run
from jaxneuro.fitting.targets import target

REGIONS = ("soma", "basal", "apical")
BOUNDS = {"na.g_max": (20.0, 300.0), "k.g_max": (6.0, 90.0), "leak.g_max": (0.05, 1.5)}
FREE = {f"{path}@{region}": limits for region in REGIONS for path, limits in BOUNDS.items()}
TRUTH = {"soma": (120.0, 36.0, 0.3), "basal": (60.0, 20.0, 0.2), "apical": (80.0, 15.0, 0.5)}
RECORDED = (0, 2, 5)  # soma, the ends of the basal and of the apical dendrite


def neuron() -> jn.Cell:
    """A soma of 20 µm, a basal dendrite of 200 µm in 2 compartments, an apical one of 400 µm in 3."""
    rows = [  # x, y, radius, parent, kind, joint
        (0, 0, 10, -1, SOMA, 1), (0, -10, 10, 0, SOMA, 0), (0, 10, 10, 0, SOMA, 0), (0, -10, 1, 0, BASAL, 1),
        (0, -210, 1, 3, BASAL, 0), (0, 10, 1.5, 0, APICAL, 1), (0, 310, 1.5, 5, APICAL, 0),
    ]  # fmt: skip
    x, y, radius, parent, kind, joint = (np.array(column) for column in zip(*rows, strict=True))
    position = np.stack([x, y, 0 * x], -1).astype(float)
    tree = Morphology(*map(jnp.asarray, (position, radius.astype(float), parent, kind, joint.astype(bool))))
    cell = jn.cells.from_morphology(tree, max_length=100.0)
    return cell.replace(channels=jn.cells.hodgkin_huxley().channels)


@pytest.fixture(scope="module")
def cell() -> jn.Cell:
    cell = neuron()
    assert cell.compartments == 6
    for region, values in TRUTH.items():
        for path, value in zip(BOUNDS, values, strict=True):
            cell = cell.set(path, value, where=region)
    return cell


@pytest.fixture(scope="module")
def sweeps(cell) -> list[jn.Recording]:
    t, found = np.arange(1601) * 0.025, []
    for amplitude in (0.9, -0.2):  # nA
        current = np.where((t >= 2.0) & (t < 30.0), amplitude, 0.0)
        run = jn.simulate(cell, jn.stimuli.inject(jn.stimuli.sampled(t, current)), duration=40.0)
        found.append(run.replace(values={"v": run.v[:, np.array(RECORDED)]}, current=jnp.asarray(current)))
    return found


def test_a_region_of_a_parameter_is_a_parameter(cell):
    limits = box(cell, FREE)
    np.testing.assert_allclose(limits.current(cell), [x for region in REGIONS for x in TRUTH[region]])
    moved = limits.insert(cell, jnp.arange(1.0, 10.0))
    np.testing.assert_allclose(moved.get("na.g_max"), [1, 4, 4, 7, 7, 7])
    np.testing.assert_allclose(moved.get("leak.g_max"), [3, 6, 6, 9, 9, 9])
    tied = box(cell, {"na.g_max@soma+na.g_max@basal": (1.0, 9.0), "na.g_max@apical": (1.0, 9.0), "k.e": (-90.0, -70.0)})
    np.testing.assert_allclose(tied.insert(cell, jnp.array([2.0, 3.0, -80.0])).get("na.g_max"), [2, 2, 2, 3, 3, 3])


@pytest.mark.parametrize(
    ("free", "message"),
    [
        ({"na.g_max@tuft": (1.0, 2.0)}, "no region 'tuft'. There are: all, soma, axon"),
        ({"na.g_max@axon": (1.0, 2.0)}, "the cell has no 'axon'"),
        ({"na.g_max@soma": (1.0, 2.0), "na.g_max": (1.0, 2.0)}, "free names 'na.g_max' twice"),
        ({"na.g_max@apical": (1.0, 2.0), "na.g_max@dendrite": (1.0, 2.0)}, "free names 'na.g_max' twice"),
        ({"na.gmax@soma": (1.0, 2.0)}, "no parameter 'na.gmax'"),
    ],
)
def test_regions_that_cannot_be_meant_are_refused(cell, free, message):
    with pytest.raises((ValueError, KeyError), match=message):
        box(cell, free)


def test_a_target_has_a_trace_for_every_recorded_compartment(cell, sweeps):
    goal = target(sweeps, window=(0.0, 40.0), dt=0.025, compartments=RECORDED)
    assert goal.v.shape == (6, 1601) and goal.current.shape == (2, 1601)
    np.testing.assert_allclose(goal.v[3:], sweeps[1].v.T)
    np.testing.assert_allclose(jax.jit(free_run)(cell, goal), goal.v, atol=1e-6)
    with pytest.raises(
        ValueError, match=r"the voltage of 3 compartments, and 2 are named: leave it one column for each of"
    ):
        target(sweeps, compartments=(0, 2))


@pytest.mark.slow
def test_conductances_of_three_regions_are_recovered_from_soma_and_dendrites(cell, sweeps):
    goal = target(sweeps, window=(0.0, 40.0), dt=0.025, compartments=RECORDED)
    found = jn.fit(neuron(), goal, free=FREE, key=jax.random.key(0), starts=8, steps=40, draws=64)
    values = found.values[found.ensemble[0]]
    np.testing.assert_allclose(values, [x for region in REGIONS for x in TRUTH[region]], rtol=0.05)
