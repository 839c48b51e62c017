"""Shapes stand in annotations: the tests check them, whoever runs the package does not."""

import inspect
import subprocess
import sys

import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro import compare
from jaxneuro.navigation import scores


def test_another_shape_than_is_said_is_refused():
    with pytest.raises(jaxtyping.TypeCheckError, match="spike_b"):
        compare.van_rossum(jnp.ones(3), jnp.ones((3, 2)), 1.0)
    with pytest.raises(jaxtyping.TypeCheckError, match="position"):
        scores.rate_map(np.ones((5, 3)), np.ones(5), ((0, 0), (1, 1)))
    with pytest.raises(jaxtyping.TypeCheckError, match="times"):
        jn.simulate(jn.cells.hodgkin_huxley(), duration=1.0, times=jnp.ones((2, 2)))


def test_sizes_that_are_named_alike_are_alike():
    with pytest.raises(jaxtyping.TypeCheckError, match="time"):
        scores.tuning_curve(np.ones(5), np.ones(4))


def test_shapes_are_said_to_whoever_asks_for_help():
    assert "time 2" in str(inspect.signature(scores.rate_map))


def test_outside_of_the_tests_nothing_is_checked():
    code = (
        "import sys, numpy as np, jaxneuro.compare as c; "
        "c.van_rossum(np.ones((2, 1)), np.ones(1), 1.0); sys.exit('beartype' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
