"""Reads damaged files for test_fuzz.py, in a process of its own whose memory is bounded.

`python fuzz_reader.py FOLDER` writes one good file for each reader below FOLDER and says where, as a line of JSON. Then it
answers every line `reader`, naming a file below FOLDER that was damaged since, by what came of reading it.
"""

import json
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import jaxneuro as jn

MEMORY = 1 << 30  # bytes beyond what the process has when all good files were read
STATISTICS = Path("/proc/self/statm")
DATA = Path(__file__).parents[3] / "shared" / "data"
T = np.arange(200) * 0.1  # ms
V = -70.0 + 20.0 * np.sin(T / 7.0)  # mV
I = 0.3 * (T > 10.0)  # nA
SWC = "# a neuron\n1 1 0 0 0 5 -1\n2 3 10 0 0 1 1\n3 3 20 0 0 1.5 2\n4 3 30 5 0 0.5 3\n5 3 30 -5 0 0.5 3\n6 2 0 -9 0 0.5 1\n"
ASC = """; V3 text file
("CellBody" (Color Red) (CellBody) (9 1 0 0.2) (7 5 0 0.2) (-6 4 0 0.2) (-10 -1 0 0.2) (0 -7 0 0.2))
((Color Yellow) (Dendrite) (0 6 0 3.2) (1 14 0 2.6) <(1 14 0 0.1)> ( (5 20 1 1.4) (9 28 3 1.2) Normal | (-5 20 0 1.9) ))
((Axon) (0 -6 0 1.5) (Dot (0 -9 0 1) (Name "a | b)")) (0 -50 0 0.5) Incomplete)
"""


def seeds(folder: Path) -> dict[str, Path]:
    """One good file for each reader, each in a folder of its own, as far as the libraries and the data are there."""
    written: dict[str, Path] = {}
    for name, (file, write) in WRITERS.items():
        path = folder / name / file
        path.parent.mkdir(parents=True)
        try:
            write(path)
        except (ImportError, FileNotFoundError):
            continue
        written[name] = path
    return written


def table(path: Path) -> None:
    rows = ["time_ms,voltage_mV,current_nA", *(f"{t:g},{v:g},{i:g}" for t, v, i in zip(T, V, I, strict=True))]
    path.write_text("\n".join(rows) + "\n")


def nwb(path: Path) -> None:
    import pynwb

    file = pynwb.NWBFile("a cell", "1", datetime(2024, 1, 1, tzinfo=UTC))
    device = file.create_device("amplifier", description="test")
    electrode = file.create_icephys_electrode(name="e", description="patch", device=device)
    common = {"electrode": electrode, "rate": 1e4, "starting_time": 0.0, "sweep_number": np.uint64(4), "gain": 1.0}
    file.add_acquisition(pynwb.icephys.CurrentClampSeries(name="v", data=V, conversion=1e-3, **common))
    file.add_stimulus(pynwb.icephys.CurrentClampStimulusSeries(name="i", data=I, conversion=1e-9, **common))
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(file)


def shd(path: Path) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        for name, values, kind in (("times", ([0.25, 0.5], [0.125]), "f2"), ("units", ([3, 699], [0]), "u2")):
            data = file.create_dataset(f"spikes/{name}", (2,), h5py.vlen_dtype(np.dtype(kind)))
            for i, value in enumerate(values):
                data[i] = np.asarray(value, kind)
        file["labels"] = np.array([7, 19], np.uint16)


def nir_graph(path: Path) -> None:
    import nir

    neurons = nir.LIF(tau=np.full(2, 0.01), r=np.ones(2), v_leak=np.zeros(2), v_threshold=np.ones(2))
    nodes = {
        "input": nir.Input(input_type=np.array([3])),
        "weights": nir.Affine(weight=np.ones((2, 3)), bias=np.zeros(2)),
        "lif": neurons,
        "output": nir.Output(output_type=np.array([2])),
    }
    nir.write(str(path), nir.NIRGraph(nodes, [("input", "weights"), ("weights", "lif"), ("lif", "output")]))


def rate_map(path: Path) -> None:
    import scipy.io

    scipy.io.savemat(path, {"heat_map": np.ones((5, 6))})
    (path.parent / "gridscores.csv").write_text("filename,file_number,gridness3score\na,1,0.5\n")


def grid_table(path: Path) -> None:
    rate_map(path.parent / "n1.mat")


def copied(name: str, *others: str) -> Callable[[Path], None]:
    """The writer that takes a file of the real data, and others beside it."""

    def write(path: Path) -> None:
        for file in (name, *others):
            path.with_name(Path(file).name).write_bytes((DATA / file).read_bytes())

    return write


IGOR = ("recordings/B6_Ch0_IDRest_181.ibw", "recordings/B6_Ch3_IDRest_181.ibw")
WRITERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "swc": ("a.swc", lambda path: path.write_text(SWC)),
    "asc": ("a.asc", lambda path: path.write_text(ASC)),
    "csv": ("a.csv", table),
    "npz": ("a.npz", lambda path: np.savez(path, t_ms=T, v_mV=V, i_nA=I)),
    "abf": ("171116sh_0018.abf", copied("recordings/171116sh_0018.abf")),
    "ibw": ("B6_Ch3_IDRest_181.ibw", copied(IGOR[1], IGOR[0])),
    "nwb": ("a.nwb", nwb),
    "shd": ("a.h5", shd),
    "bs2": ("a.bs2", lambda path: path.write_bytes(bytes([33, 2, 0x81, 0, 2, 3, 4, 0, 0, 9] * 20))),
    "spikes": ("a.txt", lambda path: path.write_text("# µs\n6700\n9900\n12000.5\n")),
    "waveform": ("a.txt", lambda path: path.write_text("".join(f"{50 * n} {n % 7}\n" for n in range(30)))),
    "trajectory": ("a.npz", lambda path: np.savez(path, t=T, pos=np.stack([np.sin(T), np.cos(T)], -1))),
    "grid_map": ("n1.mat", rate_map),
    "grid_table": ("gridscores.csv", grid_table),
    "nir": ("a.nir", nir_graph),
    "cell": ("cell.json", lambda path: jn.save_cell(path, jn.cells.hodgkin_huxley())),
}
READERS: dict[str, Callable[[Path], Any]] = {
    "swc": jn.data.read_morphology,
    "asc": jn.data.read_morphology,
    "shd": jn.data.read_shd,
    "bs2": jn.data.read_bs2,
    "spikes": jn.data.read_spike_times,
    "waveform": jn.data.read_waveform,
    "trajectory": jn.data.read_trajectory,
    "grid_map": lambda path: jn.data.read_grid_maps(path.parent),
    "grid_table": lambda path: jn.data.read_grid_maps(path.parent),
    "nir": lambda path: jn.spiking.from_nir(path, dt=1.0),
    "cell": jn.load_cell,
}


def outcome(reader: str, path: Path) -> dict[str, Any]:
    """What came of it: the type and the message of an error, where it was raised, and the time of the processor [s]."""
    begun, error = time.process_time(), None
    try:
        READERS.get(reader, jn.data.read_recording)(path)
    except BaseException as fault:
        place = traceback.extract_tb(fault.__traceback__)
        ours = [f"{Path(f.filename).name}:{f.lineno}" for f in place if "jaxneuro" in f.filename]
        error = [type(fault).__name__, str(fault)[:2000], ours[-1] if ours else "", place[-1].name]
    return {"error": error, "seconds": time.process_time() - begun}


def main(folder: Path) -> None:
    warnings.simplefilter("ignore")
    written = seeds(folder)
    wrong = {name: said["error"] for name, path in written.items() if (said := outcome(name, path))["error"]}
    if STATISTICS.exists():  # on Linux; elsewhere memory is not bounded
        used = int(STATISTICS.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))
    answers = sys.stdout
    sys.stdout = sys.stderr  # libraries print
    print(json.dumps({"files": {n: str(p) for n, p in written.items()}, "wrong": wrong}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(outcome(line.strip(), written[line.strip()])), file=answers, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
