"""Write morphology_areas.json: areas, lengths and numbers of sections of reconstructed neurons, as NEURON imports them.

Run as `python tests/reference/make_morphology_areas.py FOLDER` with NEURON 9 installed; FOLDER holds the SWC files. Radii of
zero, which NEURON cannot use, are first replaced with 0.5 µm, as the reader under test does.

Areas are of the frusta between the 3-d points of each section (µm²), lengths of their axes (µm). A dendrite that NEURON
connects to the soma by a wire has no area along the wire. Source: NEURON, Import3d_SWC_read and Import3d_GUI.
"""

import json
import math
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from neuron import h

ZERO_RADIUS = 0.5  # µm


def main(folder: Path) -> None:
    h.load_file("stdlib.hoc")
    h.load_file("import3d.hoc")
    areas = {path.name: measured(path) for path in sorted(folder.glob("*.swc"))}
    text = json.dumps(areas, indent=1)
    Path(__file__).with_name("morphology_areas.json").write_text(text + "\n")
    print(text)


def measured(path: Path) -> dict[str, float]:
    """What NEURON makes of a file; its sections are deleted afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        repaired = Path(folder) / path.name
        repaired.write_text("".join(map(without_zero, path.read_text().splitlines(keepends=True))))
        reader = h.Import3d_SWC_read()
        reader.input(str(repaired))
        h.Import3d_GUI(reader, 0).instantiate(None)
    sections = list(h.allsec())
    result = {
        "area": sum(map(frusta, sections)),
        "soma_area": sum(frusta(s) for s in sections if s.name().startswith("soma")),
        "length": sum(s.L for s in sections),
        "sections": len(sections),
    }
    for section in sections:
        h.delete_section(sec=section)
    return result


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
    main(Path(sys.argv[1]))
