"""What a result says of itself in words."""

import numpy as np
import pytest

from jaxneuro.fitting import FitResult
from jaxneuro.fitting.quality import misses
from jaxneuro.learn import REACH, STATUS

CONVERGED, DROPPED, INTERRUPTED, FINISHED = map(STATUS.index, ("converged", "dropped", "interrupted", "finished"))

NAMES = ("na.g_max", "k.g_max", "leak.e")


def result(**changes):
    common = {
        "values": np.array([[5.139, 2000.0, -70.0], [5.2, 9000.0, -71.0], [80.0, 3000.0, -60.0]]),
        "theta": np.array([[-REACH, 0.0, 1.0], [-4.9, 2.0, 1.1], [0.0, 0.0, 0.0]]),
        "loss": np.array([0.1, 0.15, 26.0]), "status": np.full(3, FINISHED), "ensemble": np.array([0, 1]),
        "deviation": np.array([1e-3, 300.0, 0.5]),
    }  # fmt: skip
    return FitResult(None, NAMES, **(common | changes))


def test_a_parameter_at_the_end_of_the_search_is_at_its_bound():
    found = result()
    assert found.at_bound == ("na.g_max",)
    assert found.verdicts == {"na.g_max": "at its bound", "k.g_max": "free", "leak.e": "constrained"}
    beyond = result(theta=np.array([[0.0, 30.0, 1.0]] * 3))  # a search that is not held to the reach
    assert beyond.verdicts["k.g_max"] == "at its bound"


def test_ranges_are_over_the_ensemble():
    assert result().ranges == {"na.g_max": (5.139, 5.2), "k.g_max": (2000.0, 9000.0), "leak.e": (-71.0, -70.0)}
    assert np.isnan(result(ensemble=np.array([], int)).ranges["leak.e"]).all()


def test_a_start_that_stayed_far_above_the_best_has_stalled():
    assert result().statuses == ["finished", "finished", "stalled"]
    assert result(status=np.full(3, CONVERGED)).statuses[2] == "stalled"
    assert result(status=np.full(3, INTERRUPTED)).statuses[2] == "interrupted"
    lost = result(loss=np.array([0.1, 0.15, np.inf]), status=np.array([FINISHED, FINISHED, DROPPED]))
    assert lost.statuses == ["finished", "finished", "dropped"]
    assert result(loss=np.array([1e-9, 1e-6, 1e-4])).statuses == ["finished"] * 3


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ((20, 20, 1.0, 0.5), []), ((20, 18, -1.0, np.nan), []), ((0, 0, np.nan, -1.0), []),
        ((20, 12, -14.2, 4.2), ["12 spikes where 20 were measured", "its spikes are 14 mV too low", "it rests 4.2 mV too high"]),
        ((0, 3, np.nan, 0.0), ["3 spikes where 0 were measured"]), ((3, 2, 0.0, 0.0), ["2 spikes where 3 were measured"]),
    ],
)  # fmt: skip
def test_what_a_model_misses_is_said(scores, said):
    names = ("spikes", "model_spikes", "height_error", "rest_error")
    assert misses({name: np.array([x]) for name, x in zip(names, scores, strict=True)}) == [said]
