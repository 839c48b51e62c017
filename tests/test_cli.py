"""The command line: what it prints, what it writes, how it refuses."""

import argparse
import json
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

import jaxneuro as jn
from jaxneuro.cli import main, training_job
from jaxneuro.data import read_recording, write_npz
from jaxneuro.files import load_cell, locked, save_cell

pytest.importorskip("matplotlib")


def test_models_are_listed_with_their_sources(capsys):
    assert main(["models"]) == 0
    printed = capsys.readouterr().out
    assert "hodgkin_huxley " in printed and "J. Physiol. 117:500" in printed
    assert len(printed.splitlines()) >= len(jn.cells.CATALOGUE)


def test_simulate_prints_spikes_and_writes_what_can_be_read_again(tmp_path, capsys):
    files = [tmp_path / name for name in ("a.png", "a.npz", "a.csv")]
    words = ["simulate", "hodgkin_huxley", "--duration", "50", "--set", "na.g_max=130"]
    for path in files:
        words += ["--out", str(path)]
    assert main(words) == 0
    cell = jn.cells.hodgkin_huxley().set("na.g_max", 130.0)
    expected = jn.simulate(cell, jn.stimuli.step(10.0, 5.0, 45.0), duration=50.0)
    times = np.asarray(expected.spike_times().times)
    times = times[np.isfinite(times)]
    printed = capsys.readouterr().out
    assert f"{len(times)} spikes" in printed and f"at {times[0]:.3f}" in printed
    assert files[0].read_bytes().startswith(b"\x89PNG")
    for path in files[1:]:
        (again,) = read_recording(path)
        np.testing.assert_allclose(again.v, expected.v, atol=1e-3)
        assert again.current.max() == pytest.approx(0.1)  # 10 µA/cm² into 1000 µm²


@pytest.mark.parametrize("stimulus", ["pulses", "ramp", "chirp", "sine", "ou"])
def test_every_stimulus_runs(tmp_path, stimulus, capsys):
    out = tmp_path / "a.npz"
    assert main(["simulate", "hodgkin_huxley", "--stimulus", stimulus, "--duration", "20", "--out", str(out)]) == 0
    assert "hodgkin_huxley: " in capsys.readouterr().out
    assert np.ptp(read_recording(out)[0].current) > 0


def test_a_saved_cell_can_be_simulated(tmp_path, capsys):
    save_cell(tmp_path / "cell.json", jn.cells.hodgkin_huxley().set("na.g_max", 0.0))
    assert main(["simulate", str(tmp_path / "cell.json"), "--duration", "20", "--out", str(tmp_path / "a.png")]) == 0
    assert "0 spikes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["simulate", "hodgkin_huxly"], "Did you mean 'hodgkin_huxley'?"),
        (["simulate", "nothing.json"], "there is no model file nothing.json"),
        (["simulate", "hodgkin_huxley", "--set", "na.g_mx=1"], "na.g_max'?"),
        (["simulate", "hodgkin_huxley", "--set", "na.g_max"], "write PATH=NUMBER"),
        (["simulate", "hodgkin_huxley", "--dt", "0"], "a step must be positive"),
        (["simulate", "hodgkin_huxley", "--start", "200"], "is not after --start"),
        (["simulate", "hodgkin_huxley", "--out", "a.bmp"], "the suffix must be one of"),
        (["fit", "nothing.abf"], "there is no file nothing.abf"),
        (["fit", "--starts", "0"], "there must be at least 1"),
        (["fit", "--sweep", "3"], "--sweep needs a recording"),
        (["fit", "--unit", "voltage=V"], "--unit needs a recording"),
        (["fit", "--junction-potential", "12"], "--junction-potential needs a recording"),
        (["simulate", "hodgkin_huxley", "--duration", "2"], "--duration 2 ms is not after --start 5 ms"),
        (
            ["fit", "--seed", "12345678901234567890"],
            "--seed 12345678901234567890: give a whole number from 0 to 4294967295",
        ),
        (["fit", "--seed", "-1"], "--seed -1"),
        (["fit", "--starts", "12345678901234567890"], "--starts 12345678901234567890: give a number of at most"),
        (["fit", "--resume", "--overwrite"], "give one of them"),
        (["simulate", "hodgkin_huxley", "--seed", "99999999999999999999"], "--seed 99999999999999999999"),
        (["simulate", "hodgkin_huxley", "--dt", "inf"], "--dt inf: give a finite number"),
        (["simulate", "hodgkin_huxley", "--amplitude", "nan"], "--amplitude nan: give a finite number"),
        (["simulate", "hodgkin_huxley", "--set", "na=3"], "'na' is a Na and float 3.0 is no Channel"),
        (["fit", "x.abf", "--window", "nan", "5"], "--window nan: give a finite number"),
        (["fit", "--out", "there/a"], "name another folder"),
        (["grid-cells", "--out", "there/a"], "name another folder"),
        (["navigate", "--out", "there/a"], "name another folder"),
        (["simulate", "there"], "there is not a model file"),
        (["simulate", "channel.json"], "holds a Na, and this command takes a cell or a point neuron"),
        (["simulate", "misfit.json"], "misfit.json: its numbers do not fit together"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("there").write_text("half {")
    save_cell("channel.json", jn.channels.Na())
    save_cell("misfit.json", jn.cells.hodgkin_huxley().replace(area=np.ones(3), v_init=np.ones(2)))
    assert main(words) == 2
    error = capsys.readouterr().err
    assert message in error and error.startswith("jaxneuro: error: ") and error.count("\n") == 1


def stopped_and_resumed(words: list[str], after: int):
    """Run a fit that Ctrl-C ends after some steps, then resume it: its folder, first exit code, both reports."""
    folder = Path(words[-1])

    def bar_under_ctrl_c(*_):
        def show(row):
            if row["steps"] >= after:
                raise KeyboardInterrupt

        return nullcontext(show)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys.modules["jaxneuro.learn.advancing"], "shown", bar_under_ctrl_c)
        stopped = main(words)
    first = json.loads((folder / "report.json").read_text())
    assert main([*words, "--resume"]) == 0
    return folder, stopped, first, json.loads((folder / "report.json").read_text())


@pytest.fixture(scope="module")
def default_fit(tmp_path_factory):
    words = ["fit", "--starts", "24", "--steps", "600", "--out", str(tmp_path_factory.mktemp("fit"))]
    return stopped_and_resumed(words, after=100)


def test_an_interrupted_fit_keeps_what_it_reached_and_resumes(default_fit):
    _, stopped, first, second = default_fit
    assert stopped == 130
    assert first["status"] == "interrupted" and second["status"] == "finished"
    assert min(second["losses"]) < min(first["losses"])
    assert set(first["predictions"]) == {"fitted", "published"}


def test_fit_alone_finds_the_rates_of_hodgkin_and_huxley(default_fit):
    folder, _, _, report = default_fit
    slope = report["coefficients"]["alpha_n"]
    assert slope["published"]["slope"] == 10.0
    assert slope["fitted"]["slope"] == pytest.approx(10.0, rel=0.25)
    fitted, published = report["predictions"]["fitted"], report["predictions"]["published"]
    assert fitted["peak"] == pytest.approx(published["peak"], abs=5.0)
    assert fitted["width"] == pytest.approx(published["width"], rel=0.2)
    assert report["seed"] == 0 and report["command"].startswith("jaxneuro fit --starts 24")
    assert set(report["versions"]) == {"jaxneuro", "jax", "jaxlib", "python"}
    assert load_cell(folder / "cell.json").get("k.alpha_n.slope") == pytest.approx(slope["fitted"]["slope"])
    assert (folder / "fit.png").stat().st_size > 10_000


def test_a_second_fit_does_not_overwrite_the_first(default_fit, capsys):
    folder, *_ = default_fit
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path.name for path in folder.iterdir()} == {"cell.json", "checkpoint", "fit.png", "report.json"}
    words = ["fit", "--starts", "3", "--steps", "2", "--out", str(folder)]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert all(choice in error for choice in ("--resume", "--out", "--overwrite"))
    assert main([*words, "--resume"]) == 2 and "another problem" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_is_kept_is_lost_on_demand_only(tmp_path):
    args = argparse.Namespace(out=tmp_path / "run", resume=False, overwrite=False, command="jaxneuro fit --overwrite a")
    folder = training_job.prepared(args)
    assert folder.is_dir() and training_job.begin(args) == folder / "checkpoint"
    (folder / "checkpoint" / "3").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"holds a training or fit \(checkpoint\): --resume goes on"):
        training_job.prepared(args, "report.json")
    args.overwrite = True
    with locked(folder / "checkpoint"), pytest.raises(OSError, match="is being written by process"):
        training_job.begin(args)
    assert not training_job.begin(args).exists()
    (folder / "training").mkdir()
    args.resume = True
    with pytest.raises(ValueError, match="training was kept by an older version of jaxneuro"):
        training_job.begin(args)
    assert training_job.how_to_go_on(args).endswith("`jaxneuro fit a --resume` goes on.")


@pytest.fixture(scope="module")
def recording_fit(tmp_path_factory):
    """A squid axon fitted to two sweeps of another, judged on a third."""
    folder, t, sweeps = tmp_path_factory.mktemp("recording"), np.arange(1601) * 0.025, []
    for amplitude in (0.12, 0.2, -0.03):
        current = np.where((t >= 5.0) & (t < 35.0), amplitude, 0.0)
        run = jn.simulate(jn.cells.hodgkin_huxley(), jn.stimuli.inject(jn.stimuli.sampled(t, current)), duration=40.0)
        sweeps.append(run.replace(current=current))
    write_npz(folder / "squid.npz", sweeps)
    words = [
        "fit",
        str(folder / "squid.npz"),
        "--hold-out",
        "1",
        "--model",
        "hodgkin_huxley",
        "--starts",
        "3",
        "--steps",
    ]
    words += ["12", "--free", "na.g_max=60:240", "k.g_max=18:72", "--out", str(folder / "out")]
    return stopped_and_resumed(words, after=1)


def test_a_recording_is_fitted_and_judged_by_what_the_fit_never_saw(recording_fit):
    folder, stopped, first, report = recording_fit
    assert stopped == 130 and (first["status"], report["status"]) == ("interrupted", "finished")
    assert first["spike_time_derivative_errors"] is None and first["parameters"]["na.g_max"]["deviation"] is None
    sodium = report["parameters"]["na.g_max"]
    assert sodium["unit"] == "mS/cm²"
    assert sodium["fitted"] == pytest.approx(120.0, rel=0.01) and sodium["verdict"] == "constrained"
    assert [row["role"] for row in report["sweeps"]] == ["fitted", "fitted", "held out"]
    held = report["sweeps"][2]
    assert held["scores"]["coincidence"] == pytest.approx(1.0) and held["scores"]["loss"] < 0.1
    assert held["features"]["model"]["count"] == held["features"]["measured"]["count"] > 0
    assert [s["kind"] for s in held["segments"]] == ["holding", "step", "holding"] and held["misses"] == []
    step = held["segments"][1]
    assert (step["start"], step["stop"], step["change"]) == pytest.approx((5.0, 35.0, 0.2), abs=1e-3)
    assert step["features"]["measured"]["count"] == held["scores"]["spikes"] and held["unused_spikes"] == 0
    assert held["judged"][0] == pytest.approx(5.0, abs=0.1)
    assert sodium["range"][0] <= sodium["fitted"] <= sodium["range"][1]
    assert load_cell(folder / "cell.json").get("na.g_max") == pytest.approx(sodium["fitted"])
    assert (folder / "fit.png").stat().st_size > 10_000
