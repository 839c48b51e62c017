"""Rules for edges: what they draw, how fast, and what they refuse."""

import time

import jax
import numpy as np
import pytest

import jaxneuro as jn

KEY = jax.random.key(0)


def pairs(edges):
    return np.stack([edges.pre, edges.post], axis=1)


def test_fixed_probability_draws_each_pair_at_most_once_with_that_probability():
    edges = jn.connect.fixed_probability(KEY, 300, 400, 0.1)
    found = pairs(edges)
    assert len(np.unique(found, axis=0)) == edges.count
    assert abs(edges.count - 12_000) < 5 * np.sqrt(120_000 * 0.09)
    counts = np.bincount(edges.post, minlength=400)
    assert abs(counts.var() / (300 * 0.09) - 1) < 0.35  # binomial
    assert pairs(jn.connect.fixed_probability(KEY, 300, 400, 0.1)).tolist() == found.tolist()
    assert (
        jn.connect.fixed_probability(KEY, 3, 4, 1.0).count == 12
        and jn.connect.fixed_probability(KEY, 3, 4, 0.0).count == 0
    )


@pytest.mark.parametrize("count", [3, 17])
def test_fixed_indegree_draws_as_many_different_cells_for_each(count):
    edges = jn.connect.fixed_indegree(KEY, 20, 1000, count)
    assert (np.bincount(edges.post) == count).all()
    assert len(np.unique(pairs(edges), axis=0)) == edges.count
    spread = np.bincount(edges.pre, minlength=20)
    np.testing.assert_allclose(spread, 50 * count, atol=5 * np.sqrt(50 * count))


def test_loops_can_be_left_out():
    for edges in (
        jn.connect.all_to_all(5, 5, loops=False),
        jn.connect.fixed_indegree(KEY, 5, 5, 4, loops=False),
        jn.connect.fixed_probability(KEY, 5, 5, 1.0, loops=False),
    ):
        assert edges.count == 20 and (edges.pre != edges.post).all()
    assert pairs(jn.connect.one_to_one(3)).tolist() == [[0, 0], [1, 1], [2, 2]]


def test_distance_decides():
    place = np.arange(100.0)[:, None]
    edges = jn.connect.by_distance(KEY, place, place, lambda d: d <= 2.0, loops=False)
    assert edges.count == 2 * 99 + 2 * 98 and (abs(edges.pre - edges.post) <= 2).all()


def test_rows_hold_every_edge_once_and_sites_every_place():
    edges = jn.connect.edges([2, 0, 2, 2], [1, 1, 0, 1], 3, 2, compartment=[5, 0, 0, 5])
    rows = np.asarray(edges.rows)
    assert sorted(rows[rows < 4]) == [0, 1, 2, 3] and set(rows[2][rows[2] < 4]) == {0, 2, 3}
    assert np.asarray(edges.sites)[np.asarray(edges.site_of)].tolist() == [[1, 5], [1, 0], [0, 0], [1, 5]]


def test_a_million_edges_take_seconds():
    began = time.process_time()
    assert jn.connect.fixed_indegree(KEY, 10_000, 10_000, 100, loops=False).count == 1_000_000
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: jn.connect.edges([0, 3], [0, 0], 3, 1), "pre contains 3: of 3 the indices are 0 to 2"),
        (lambda: jn.connect.edges([0], [-1], 3, 1), "post contains -1"),
        (lambda: jn.connect.edges([0, 1], [0], 3, 1), "the shape"),
        (lambda: jn.connect.edges([0.5], [0], 3, 1), "whole numbers"),
        (lambda: jn.connect.fixed_probability(KEY, 3, 3, 1.5), "p = 1.5: a probability lies in 0 to 1"),
        (lambda: jn.connect.fixed_indegree(KEY, 3, 3, 3, loops=False), "there are 2 presynaptic cells"),
        (lambda: jax.jit(lambda i: jn.connect.edges(i, [0], 3, 1).pre)(np.array([1])), "Draw the edges outside of jit"),
        (
            lambda: jax.jit(lambda k: jn.connect.fixed_probability(k, 3, 3, 0.5).pre)(KEY),
            "Draw the edges outside of jit",
        ),
    ],
)
def test_bad_edges_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
