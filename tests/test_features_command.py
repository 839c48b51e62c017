"""`jaxneuro features`: what it prints and writes, and how it refuses."""

import csv
import json

import numpy as np
import pytest

from jaxneuro.cli import main

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A cell of 200 MΩ and 20 ms under five steps, of which two fire; current in pA."""
    t, rng = np.arange(0.0, 900.0, 0.1), np.random.default_rng(0)
    on = (t >= 200.0) & (t < 700.0)
    charge = np.where(on, 1 - np.exp(-(t - 200.0) / 20.0), 0.0) + np.where(t >= 700.0, np.exp(-(t - 700.0) / 20.0), 0.0)
    levels, counts = (-0.05, -0.03, 0.02, 0.08, 0.12), (0, 0, 0, 4, 8)
    peaks = [sum(90.0 * np.exp(-(((t - at) / 0.6) ** 2)) for at in 250.0 + 50.0 * np.arange(n)) for n in counts]
    v = [-70.0 + 200.0 * i * charge + p + 0.3 * rng.standard_normal(t.size) for i, p in zip(levels, peaks, strict=True)]
    path = tmp_path_factory.mktemp("cell") / "cell.npz"
    np.savez(path, t=t, v=np.array(v), i=np.array([1e3 * i * on for i in levels]))
    return str(path)


def test_prints_and_writes_what_a_laboratory_publishes(file, tmp_path, capsys):
    words = ["features", file, "--unit", "current=pA", "--out", str(tmp_path / "a")]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "verdict" in printed and "0.08 nA; silent at 0.02 nA" in printed
    report = json.loads((tmp_path / "a/features.json").read_text())
    assert report["passive"]["input_resistance"] == pytest.approx(200.0, rel=0.02)
    assert report["passive"]["time_constant"] == pytest.approx(20.0, rel=0.02)
    assert report["passive"]["capacitance"] == pytest.approx(100.0, rel=0.02)
    assert report["rates"] == [0.0, 0.0, 0.0, 8.0, 16.0] and report["status"] == "finished"
    with (tmp_path / "a/features.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert [row["count"] for row in rows] == ["0", "0", "0", "4", "8"] and rows[0]["latency_ms"] == ""
    assert (tmp_path / "a/features.png").read_bytes().startswith(b"\x89PNG")
    assert main(words) == 2 and "--overwrite loses what is there" in capsys.readouterr().err
    assert main([*words, "--overwrite"]) == 0


def test_one_sweep_that_only_fires_and_a_step_that_is_told(file, tmp_path, capsys):
    common = ["features", file, "--unit", "current=pA", "--out", str(tmp_path / "a"), "--overwrite"]
    assert main([*common, "--sweep", "3"]) == 0
    printed = capsys.readouterr().out
    assert "no step without spikes" in printed and "every step fires" in printed
    assert main([*common, "--sweep", "3", "--step", "200", "420"]) == 0
    assert json.loads((tmp_path / "a/features.json").read_text())["steps"][0]["stop"] == 420.0
    assert main([*common, "--sweep", "3", "--level", "40"]) == 0
    assert json.loads((tmp_path / "a/features.json").read_text())["steps"][0]["count"] == 0


def test_what_cannot_be_measured_is_refused_in_one_line(file, tmp_path, capsys):
    t = np.arange(0.0, 500.0, 0.1)
    np.savez(tmp_path / "rest.npz", t=t, v=np.full(t.size, -70.0), i=np.zeros(t.size))
    for words, message in [
        ([str(tmp_path / "rest.npz")], "has a step of current"),
        ([file, "--unit", "current=nA"], "pA"),
        ([file, "--unit", "current=pA", "--step", "800", "300"], "must begin before it ends"),
        (["nothing.abf"], "there is no file nothing.abf"),
        ([file, "--out", file], "name a folder"),
    ]:
        assert main(["features", *words, *([] if "--out" in words else ["--out", str(tmp_path / "b")])]) == 2
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1
    assert not (tmp_path / "b").exists()
