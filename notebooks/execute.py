"""Execute notebooks and keep their pictures, small: python notebooks/execute.py [01_first_spike.ipynb ...]."""

import base64
import hashlib
import io
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

HERE = Path(__file__).parent


def digest(notebook: nbformat.NotebookNode) -> str:
    """Of the code: pictures belong to it, and a test holds that nobody changed it since."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256("\0".join(code).encode()).hexdigest()[:16]


def small(picture: str) -> str:
    """A PNG in base64, of 128 colours."""
    written = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB").quantize(128).save(written, "PNG", optimize=True)
    return base64.b64encode(written.getvalue()).decode()


def shown(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """An output with its picture made small."""
    if "image/png" in output.get("data", {}):
        output.data["image/png"] = small(output.data["image/png"])
    return output


def execute(path: Path) -> None:
    """Run a notebook in its folder and write it back, without progress bars."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=1200, record_timing=False, resources={"metadata": {"path": str(HERE)}}).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [shown(out) for out in cell.outputs if out.get("name") != "stderr"]
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec, "executed": digest(notebook)}
    nbformat.write(notebook, path)


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "matplotlibrc").write_text("figure.dpi: 64\n")
        os.environ["MATPLOTLIBRC"] = folder
        for path in [HERE / name for name in names] or sorted(HERE.glob("*.ipynb")):
            execute(path)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
