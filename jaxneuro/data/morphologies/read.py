"""One door to the formats of reconstructed neurons."""

from pathlib import Path

from ...biophysics.shape import Morphology
from ..source import existing
from .asc import read_asc
from .swc import read_swc
from .traced import THIN


def read_morphology(path: str | Path, *, zero_radius: float = THIN) -> Morphology:
    """A neuron in an SWC or a Neurolucida ASC file, told apart by the suffix, else by the first bracket.

    Args:
        path: The file.
        zero_radius: Radius for points that have none and whose parent has none either [µm].

    Returns:
        The tree, parents before children: positions and radii [µm].

    Raises:
        FileNotFoundError, ValueError: each names line, value, rule and fix.
    """
    path = existing(path)
    suffix = path.suffix.lower()
    if suffix not in (".swc", ".asc"):
        with path.open("rb") as file:
            suffix = ".asc" if file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"(", b";") else ".swc"
    return (read_asc if suffix == ".asc" else read_swc)(path, zero_radius=zero_radius)
