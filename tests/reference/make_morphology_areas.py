"""Write what NEURON makes of reconstructed neurons: areas, lengths and numbers of sections.

Run with NEURON 9 installed as

    python tests/reference/make_morphology_areas.py FOLDER morphology_areas.json
    python tests/reference/make_morphology_areas.py tests/reference/shapes shape_areas.json

The first FOLDER holds reconstructions (SWC); `shapes` holds files drawn by hand, each for one convention of SWC or of
Neurolucida's ASC. Radii of zero, which NEURON cannot use, are first replaced with 0.5 µm, as the reader under test does.
Each file is imported by a process of its own, as NEURON keeps what it imported.

Areas are of the frusta between the 3-d points of each section (µm²), lengths of their axes (µm). A dendrite that NEURON
connects to the soma by a wire has no area along the wire. Source: NEURON, Import3d_SWC_read,
Import3d_Neurolucida3 and Import3d_GUI.
"""

import json
import math
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path

from neuron import h

ZERO_RADIUS = 0.5  # µm


def main(folder: Path, name: str) -> None:
    files = sorted(path for path in folder.iterdir() if path.suffix in (".swc", ".asc"))
    with ProcessPoolExecutor(1, max_tasks_per_child=1) as pool:
        areas = dict(zip((path.name for path in files), pool.map(measured, files), strict=True))
    text = json.dumps(areas, indent=1)
    Path(__file__).with_name(name).write_text(text + "\n")
    print(text)


def measured(path: Path) -> dict[str, float]:
    """What NEURON makes of a file."""
    h.load_file("stdlib.hoc")
    h.load_file("import3d.hoc")
    reader = h.Import3d_SWC_read() if path.suffix == ".swc" else h.Import3d_Neurolucida3()
    reader.quiet = 1
    with tempfile.TemporaryDirectory() as folder:
        repaired = Path(folder) / path.name
        lines = path.read_text().splitlines(keepends=True)
        repaired.write_text("".join(map(without_zero, lines) if path.suffix == ".swc" else lines))
        reader.input(str(repaired))
        h.Import3d_GUI(reader, 0).instantiate(None)
    sections = list(h.allsec())
    somata = [s for s in sections if s.name().startswith("soma")]
    resistance = {"input_resistance": input_resistance(somata[0], sections)} if somata else {}
    return {
        "area": sum(map(frusta, sections)),
        "soma_area": sum(frusta(s) for s in sections if s.name().startswith("soma")),
        "length": sum(s.L for s in sections),
        "sections": len(sections),
    } | resistance


def input_resistance(soma, sections) -> float:
    """Into the middle of a soma, at rest [MΩ]: 100 Ω cm, 1e-4 S/cm², each section in 101 segments."""
    for section in sections:
        section.Ra, section.nseg = 100, 101
        section.insert("pas")
        section.g_pas = 1e-4
    impedance = h.Impedance()
    impedance.loc(0.5, sec=soma)
    impedance.compute(0)
    return impedance.input(0.5, sec=soma)


def without_zero(line: str) -> str:
    cells = line.split()
    if line.startswith("#") or len(cells) < 7 or float(cells[5]) > 0:
        return line
    return " ".join([*cells[:5], str(ZERO_RADIUS), cells[6]]) + "\n"


def frusta(section) -> float:
    """Lateral area of the frusta between a section's 3-d points [µm²]."""
    points = [(section.arc3d(i), section.diam3d(i) / 2) for i in range(section.n3d())]
    return sum(math.pi * (a + b) * math.hypot(end - start, b - a) for (start, a), (end, b) in pairwise(points))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
