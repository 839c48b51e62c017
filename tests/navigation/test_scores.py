"""Spatial measures: real maps, perfect ones, invariances, closed forms, nulls."""

from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.ndimage
import scipy.stats

import jaxneuro as jn
from jaxneuro.navigation import scores
from jaxneuro.navigation.scores.lattice import ellipse

KEY = jax.random.key(0)
BINS, MAPS = 32, 10  # one shape for all tests, that of the real maps: it is compiled once


def plane_waves(angles: list[float], spacing: float, turn: float = 0.0, phase: tuple = (0.0, 0.0)) -> np.ndarray:
    """A lattice as the sum of plane waves [bins]: three 60° apart are a hexagonal grid, two 90° apart a square one."""
    y, x = np.mgrid[:BINS, :BINS] - BINS / 2
    waves = [np.array([np.cos(a), np.sin(a)]) for a in np.radians(angles) + turn]
    length = spacing * (np.sqrt(3) / 2 if len(angles) == 3 else 1)
    return np.maximum(
        sum(np.cos(2 * np.pi / length * (k[0] * (x - phase[0]) + k[1] * (y - phase[1]))) for k in waves), 0
    )


def hexagonal(spacing: float = 8.0, turn: float = 0.0, phase: tuple = (0.0, 0.0)) -> np.ndarray:
    return plane_waves([30, 90, 150], spacing, turn, phase)


@pytest.fixture(scope="module")
def kinds() -> jax.Array:
    """Hexagonal, square, stripes, noise."""
    noise = np.asarray(scores.low_pass_noise(KEY, MAPS - 3, BINS), np.float64)
    return jnp.stack([hexagonal(turn=0.2), plane_waves([0, 90], 8.0, 0.2), plane_waves([10], 8.0), *noise])


def test_real_cells_rank_as_published(grid_maps: Path):
    maps, table = jn.data.read_grid_maps(grid_maps)
    found = {name: scores.gridness(maps, c) for name, c in scores.CONVENTIONS.items()}
    rank = {name: scipy.stats.spearmanr(x, table["gridness3score"])[0] for name, x in found.items()}
    assert maps.shape == (MAPS, BINS, BINS)
    assert rank["brandon"] >= 0.9  # the published score makes the ellipse round too
    assert all(r > 0.7 for r in rank.values())  # of ten cells: two that are nearly equal change places for 0.04


def test_real_cells_keep_their_scores_under_a_little_noise(grid_maps: Path):
    maps, table = jn.data.read_grid_maps(grid_maps)
    clean = np.asarray(scores.gridness(maps, scores.BRANDON))
    assert np.abs(clean - table["gridness3score"]).max() < 0.35
    draws = np.random.default_rng(0).normal(size=(40, MAPS, BINS, BINS))
    noisy = maps + 0.02 * np.nanmax(maps, (1, 2))[:, None, None] * draws
    found = np.stack([scores.gridness(one, scores.BRANDON) for one in noisy])
    assert np.mean(np.abs(found - clean) > 0.25) < 0.005 and np.min(found) > 0.4


def stretched(ratio: float, axis: float, noise: float) -> np.ndarray:
    """A grid that is drawn together along one axis."""
    c, s = np.cos(axis), np.sin(axis)
    turned = np.array([[c, s], [-s, c]])
    y, x = np.mgrid[:BINS, :BINS] - BINS / 2
    u, v = np.einsum("ij,jyx->iyx", turned.T @ np.diag([1, 1 / ratio]) @ turned, np.stack([x, y]))
    wave = 4 * np.pi / np.sqrt(3) / 11.0
    rates = np.maximum(sum(np.cos(wave * (np.cos(a) * u + np.sin(a) * v)) for a in np.radians([35, 95, 155])), 0)
    return rates + noise * rates.max() * np.random.default_rng(0).normal(size=rates.shape)


def test_the_ellipse_of_a_stretched_grid_is_found():
    given = list(zip(np.linspace(0.68, 0.95, MAPS), np.linspace(0, 3, MAPS), strict=True))
    for noise in (0.0, 0.02):
        maps = np.stack([stretched(ratio, axis, noise) for ratio, axis in given])
        peaks = scores.lattice(scores.autocorrelogram(maps)).peaks
        for matrix, (ratio, axis) in zip(jax.vmap(ellipse)(peaks), given, strict=True):
            curvature, directions = np.linalg.eigh(matrix)
            np.testing.assert_allclose(curvature[0] / curvature[1], ratio, atol=0.04)
            assert abs(directions[:, 1] @ [np.cos(axis), np.sin(axis)]) > np.cos(0.2)
        assert np.min(scores.gridness(maps, scores.BRANDON)) > 1.2


def test_a_blob_with_two_maxima_is_one_peak():
    y, x = np.mgrid[:63, :63] - 31.0
    blob = lambda r, a: np.exp(-((x - r * np.cos(a)) ** 2 + (y - r * np.sin(a)) ** 2) / 4.0)
    turned = np.radians(20.0)
    whole = [(13.0, turned + np.pi * k / 3) for k in range(6)]
    split = [*whole[1:3], *whole[4:], *((12.5, a + d) for _, a in whole[::3] for d in (-0.2, 0.2))]
    one, two = scores.lattice(
        np.stack([sum(blob(*at) for at in [(0.0, 0.0), *peaks]) for peaks in (whole, split)])
    ).peaks
    angles = lambda peaks: np.sort(np.degrees(np.arctan2(peaks[:, 1], peaks[:, 0])) % 180)[::2]
    np.testing.assert_allclose(angles(one), [20, 80, 140], atol=1.0)
    np.testing.assert_allclose(angles(two)[1:], [80, 140], atol=1.0)
    assert abs(angles(two)[0] - 20) < 13 and np.ptp(np.hypot(*two.T)) < 1.0


@pytest.mark.parametrize("name", scores.CONVENTIONS)
def test_perfect_maps_are_ordered(name: str, kinds: jax.Array):
    hexagon, square, stripes, *noise = np.nan_to_num(scores.gridness(kinds, scores.CONVENTIONS[name]), nan=-2.0)
    assert hexagon > 1.0 and square < 0.1 and stripes < hexagon - 0.7
    assert hexagon > max(noise) + 0.2 and np.median(noise) > square


def test_gridness_is_that_of_turned_pictures(kinds: jax.Array):
    """Against rotation of the autocorrelogram as an image, as the released code does it."""
    sacs = np.nan_to_num(scores.autocorrelogram(kinds))
    for sac, ours in zip(sacs, scores.gridness(kinds, scores.DEEPMIND), strict=True):
        turned = [scipy.ndimage.rotate(sac, angle, reshape=False) for angle in (30, 60, 90, 120, 150)]
        radius = np.hypot(*(np.mgrid[: 2 * BINS - 1, : 2 * BINS - 1] - (BINS - 1)))
        rings = [(radius > 0.2 * BINS) & (radius <= outer * BINS) for outer in np.linspace(0.4, 1, 10)]
        r = np.array([[np.corrcoef(sac[ring], t[ring])[0, 1] for t in turned] for ring in rings])
        assert float(ours) == pytest.approx(np.max(r[:, [1, 3]].mean(1) - r[:, [0, 2, 4]].mean(1)), abs=0.06)


def test_gridness_does_not_change_with_rotation_scale_and_mean():
    maps = np.stack(
        [
            hexagonal(turn=t, phase=8 * p)
            for t, p in zip(np.linspace(0, 1.0, MAPS), np.random.default_rng(0).random((MAPS, 2)), strict=True)
        ]
    )
    plain, scaled = scores.gridness(maps), scores.gridness(1e3 * maps + 50.0)
    assert np.ptp(plain) < 0.12 and np.min(plain) > 1.1
    np.testing.assert_allclose(plain, scaled, atol=1e-9)
    np.testing.assert_allclose(plain, scores.gridness(np.rot90(maps, axes=(1, 2))), atol=1e-9)
    with jax.enable_x64(False):
        np.testing.assert_allclose(plain, scores.gridness(jnp.asarray(1e3 * maps + 50.0, jnp.float32)), atol=1e-3)


def test_spacing_and_orientation_are_those_of_the_lattice():
    turns = np.radians(np.linspace(3.0, 57.0, MAPS - 1))
    maps = np.stack([*(hexagonal(8.0, turn, (1.0, 2.0)) for turn in turns), np.ones((BINS, BINS))])
    np.testing.assert_allclose(scores.spacing(maps, bin_width=0.05)[:-1], 0.4, rtol=0.03)
    np.testing.assert_allclose(scores.orientation(maps)[:-1], turns, atol=0.03)
    assert np.isnan(scores.spacing(maps)[-1]) and np.isnan(scores.gridness(maps)[-1])


def test_autocorrelogram_is_pearsons_correlation_over_common_bins():
    rates = np.random.default_rng(0).random((7, 6))
    rates[2, 3] = rates[0, 0] = np.nan
    sac = scores.autocorrelogram(rates, overlap=5)
    for dy, dx in ((0, 0), (1, 0), (-2, 3), (4, -2)):
        a = np.full((21, 18), np.nan)
        b = a.copy()
        a[7:14, 6:12], b[7 + dy : 14 + dy, 6 + dx : 12 + dx] = rates, rates
        both = np.isfinite(a) & np.isfinite(b)
        assert sac[6 + dy, 5 + dx] == pytest.approx(np.corrcoef(a[both], b[both])[0, 1])
    assert sac.shape == (13, 11) and np.isnan(sac[0, 0])


def test_a_rate_map_is_the_mean_of_the_samples_in_each_bin():
    position = jax.random.uniform(KEY, (400, 2)) * jnp.array([2.0, 0.8])
    activity = jax.random.normal(KEY, (400, 3))
    maps = np.asarray(scores.rate_map(position, activity, ((0, 0), (2, 1)), (5, 10)))
    for unit in range(3):
        mean = scipy.stats.binned_statistic_2d(*position.T, activity[:, unit], bins=(10, 5), range=((0, 2), (0, 1)))[
            0
        ].T
        np.testing.assert_allclose(maps[unit], mean, atol=1e-12)
    assert np.isnan(maps[:, 4]).all() and np.isfinite(maps[:, :4]).all()  # nobody was above 0.8 m
    constant = scores.rate_map(position, jnp.ones(400), ((0, 0), (2, 1)), (5, 10), smoothing=1.5)
    np.testing.assert_allclose(constant[:4], 1.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"position": np.full((5, 2), np.nan)}, "sample 0 is not a number"),
        ({"activity": np.zeros((5, 0))}, "at least one"),
        ({"activity": np.zeros(4)}, r"must be \(5,\)"),
        ({"bounds": (0, 1)}, r"must be \(2, 2\)"),
        ({"bounds": ((1, 1), (0, 0))}, "above and right"),
        ({"bins": 0}, "1 or more"),
        ({"activity": np.array([0, 0, np.nan, 0, 0])}, "activity of sample 2 is not a number"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_bad_input_is_named(change: dict, words: str):
    given = {"position": np.zeros((5, 2)), "activity": np.zeros(5), "bounds": ((0, 0), (1, 1))} | change
    with pytest.raises(ValueError, match=words):
        scores.rate_map(**given)
    with pytest.raises(ValueError, match="choose one of"):
        scores.resultant(np.zeros(20), "positive")
    with pytest.raises(ValueError, match="contrast"):
        scores.Convention("max")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: scores.gridness(np.ones(20)), r"must be \(..., y, x\)"),
        (lambda: scores.gridness(np.ones((1, BINS))), "2 bins or more"),
        (lambda: scores.gridness(1j * np.ones((BINS, BINS))), "give real numbers"),
        (lambda: scores.gridness(np.ones((BINS, BINS)), "banino"), "convention = 'banino'"),
        (lambda: scores.border_score(np.ones((4, 4)), near=0.5), "near = 0.5"),
        (lambda: scores.time_shift(KEY, np.ones(9)), r"must be \(time, unit\)"),
        (lambda: scores.low_pass_noise(KEY, 1, 16), "give more than 16"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_scored_is_named(make: Callable, words: str):
    with pytest.raises(ValueError, match=words):
        make()


def test_spike_counts_are_scored_like_rates():
    counts = np.random.default_rng(0).poisson(2.0, (MAPS, BINS, BINS))
    np.testing.assert_array_equal(scores.gridness(counts.astype(np.float16)), scores.gridness(1.0 * counts))
    np.testing.assert_array_equal(scores.autocorrelogram(counts), scores.autocorrelogram(1.0 * counts))
    np.testing.assert_array_equal(scores.spatial_information(counts), scores.spatial_information(1.0 * counts))


def test_border_scores_of_a_wall_a_middle_and_nothing():
    wall, middle = np.zeros((2, 20, 20))
    wall[:, :2] = middle[8:12, 8:12] = 1.0
    maps = np.stack([wall, wall.T[::-1], middle, np.ones((20, 20))])
    banino, solstad = scores.border_score(maps), scores.solstad_border_score(maps)
    np.testing.assert_allclose(banino[:3], [1, 1, -1])
    assert abs(banino[3]) < 1e-12 and np.isnan(solstad[3])
    assert min(solstad[:2]) > 0.8 and solstad[2] == -1


def disc(bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Distance from the middle, in radii, and direction of each bin."""
    y, x = (np.mgrid[:bins, :bins] + 0.5) * 2 / bins - 1
    return np.hypot(y, x), np.arctan2(y, x)


def test_at_the_rim_of_a_disc_a_cell_scores_as_at_a_wall():
    radius, angle = disc(60)
    within = np.where(radius <= 1, 1.0, np.nan)
    arc = (radius > 0.8) & (np.abs(angle - 1.0) < np.pi / 4)
    maps = within * np.stack([arc, (radius > 0.8), radius < 0.3, np.ones_like(radius)])
    score = scores.border_score(maps, outline="circle")
    np.testing.assert_allclose(score, [1, 1, -1, 0], atol=1e-12)
    solstad = np.asarray(scores.solstad_border_score(maps, outline="circle"))
    d = (0.2**2 / 2 - 0.2**3 / 3) / (0.2 - 0.2**2 / 2)  # mean of 1 - r over the ring from 0.8 to 1
    np.testing.assert_allclose(solstad[:2], (1 - d) / (1 + d), atol=0.02)
    assert solstad[2] == -1 and np.isnan(solstad[3])
    wall = np.zeros((60, 60))
    wall[:, :6] = 1.0  # as deep: a fifth of half the side
    np.testing.assert_allclose(solstad[0], scores.solstad_border_score(wall), atol=0.02)
    np.testing.assert_allclose(score[0], scores.border_score(wall))
    turned = (radius > 0.8) & (np.abs(angle - 0.3) < np.pi / 4)
    np.testing.assert_allclose(scores.solstad_border_score(turned * within, outline="circle"), solstad[0], atol=0.03)
    assert scores.border_score(np.nan_to_num(maps[0])) < 0.9  # a square's walls are not where the rim is
    with pytest.raises(ValueError, match="outline = 'round'"):
        scores.border_score(wall, outline="round")


def test_a_faint_cosine_passes_only_where_its_minimum_counts_as_silence():
    angle = (np.arange(20) + 0.5) * 2 * np.pi / 20
    faint = 1.0 + 1e-3 * np.cos(angle)
    assert scores.resultant(faint, "raw") == pytest.approx(5e-4)
    assert scores.resultant(faint, "rectified") == pytest.approx(5e-4)
    assert scores.resultant(faint, "shifted") == pytest.approx(0.5, abs=0.01)  # above 0.47
    heading = jax.random.uniform(KEY, (4000,), minval=-9.0, maxval=9.0)
    curve = scores.tuning_curve(heading, jnp.stack([jnp.cos(heading), jnp.ones(4000)], 1))
    np.testing.assert_allclose(curve[0], np.cos(angle), atol=0.05)
    assert scores.resultant(curve)[1] < 1e-9


def test_a_cell_that_fires_in_a_quarter_of_the_arena_tells_two_bits():
    rates = np.zeros((8, 8))
    rates[:4, :4] = 3.0
    assert scores.spatial_information(rates) == pytest.approx(2.0)
    assert scores.sparsity(rates) == pytest.approx(0.25)
    rates[0, 0], time = 100.0, np.ones((8, 8))
    time[0, 0] = 0.0
    assert scores.spatial_information(rates, time) == pytest.approx(np.log2(63 / 15))


def test_stability_is_high_for_a_field_and_low_for_noise():
    position = jax.random.uniform(KEY, (4000, 2))
    field = jnp.exp(-jnp.sum((position - 0.5) ** 2, 1) / 0.05)
    activity = jnp.stack([field, jax.random.normal(KEY, (4000,))], 1)
    place, noise = scores.stability(position, activity, ((0, 0), (1, 1)), 10)
    assert place > 0.95 and abs(noise) < 0.4


def test_nulls_keep_what_they_should_and_break_the_rest(kinds: jax.Array):
    shuffled = scores.shuffled_scores(KEY, kinds, lambda maps: maps, 1)[0]
    np.testing.assert_allclose(np.sort(shuffled.reshape(MAPS, -1)), np.sort(kinds.reshape(MAPS, -1)))
    assert scores.gridness(shuffled)[0] < scores.gridness(kinds)[0] - 0.5
    np.testing.assert_allclose(scores.threshold(jnp.array([[0.0, 1.0], [2.0, jnp.nan]]), 50.0), [1.0, 1.0])
    assert scores.fraction_above(jnp.array([1.0, 0.2, jnp.nan, 0.5]), 0.37) == 0.5
    activity = jax.random.normal(KEY, (50, 3))
    moved = scores.time_shift(KEY, activity)
    np.testing.assert_allclose(np.sort(moved, 0), np.sort(activity, 0))
    assert not np.any(np.all(np.isclose(moved, activity), 0))
    power = np.abs(np.fft.fft2(scores.low_pass_noise(KEY, 2, 40)))
    frequency = np.hypot(*np.meshgrid(*2 * [np.fft.fftfreq(40)]))
    assert np.all(power[:, frequency >= 0.0625] < 1e-9)
    stripes = np.cos(2 * np.pi * 5 / 40 * np.arange(40)) * np.ones((1, 40, 1))
    noise = scores.isotropic_noise(KEY, stripes, 1000)
    power = np.mean(np.abs(np.fft.fft2(noise)) ** 2, 0)
    np.testing.assert_allclose(power[[0, 5, 3, 0], [5, 0, 4, 6]] / power[0, 5], [1, 1, 1, 0], atol=0.15)
    np.testing.assert_allclose(np.var(noise), 0.5, rtol=0.05)


def test_fields_are_connected_and_basins_lead_to_the_peak():
    rates = np.zeros((6, 7))
    rates[1:3, 1:3], rates[4, 4:6], rates[1, 5] = 1.0, 0.9, 0.8
    labels = scores.connected(rates > 0.5)
    ours, theirs = np.unique(labels).size - 1, scipy.ndimage.label(rates > 0.5)[1]
    assert ours == theirs == 3
    hills = np.add.outer(-((np.arange(6) - 2) ** 2), -((np.arange(7) - 3) ** 2))
    assert np.all(np.asarray(scores.basins(hills)) == 2 * 7 + 3)


def test_all_scores_at_once_are_the_scores_one_by_one(kinds: jax.Array):
    both = scores.score_maps(kinds.reshape(2, MAPS // 2, BINS, BINS))
    assert both.gridness.shape == (2, MAPS // 2)
    np.testing.assert_allclose(both.gridness.ravel(), scores.gridness(kinds), atol=1e-12)
    np.testing.assert_allclose(both.border.ravel(), scores.border_score(kinds), atol=1e-12)
    with pytest.raises(ValueError, match="at least one unit"):
        scores.score_maps(jnp.zeros((0, 5, 5)))
