"""An NWB file, versions 1 and 2, as HDF5: that it stands alone, and numbers out of it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...source import DENSEST, optional, reading

if TYPE_CHECKING:
    pass


KIND = "an NWB 2 file"
SMALL = 2**26  # bytes; up to these a series may be all of one value
# Of the Allen pipeline; before, data were in SI units whatever conversion they declare (AllenSDK, nwb_data_set.py).
FIRST_CONVERTED = (1, 1)


@contextmanager
def open_nwb(path: Path) -> Iterator[Any]:
    """An NWB file, once it is known to be one that stands alone.

    Raises:
        ValueError: for another kind of file, and for links to other files.
    """
    h5py = optional("h5py")
    with reading(path, KIND):
        file = h5py.File(path, "r")
    with file:
        with reading(path, KIND):
            linked = []
            file.visititems_links(
                lambda name, link: linked.append(name) if isinstance(link, h5py.ExternalLink) else None
            )
            if not version_of(file):
                raise ValueError("no nwb_version")
        if linked:
            target = file.get(linked[0], getlink=True).filename
            raise ValueError(
                f"{path}: {linked[0]} is a link to another file, {target}, which is not followed: write the data into one "
                "file (pynwb: export with link_data=False; h5repack)."
            )
        yield file


def version_of(file: Any) -> str:
    """The version of NWB, such as 1.0.5; empty if there is none."""
    version = file.attrs.get("nwb_version", file["nwb_version"][()] if "nwb_version" in file else b"")
    return text_of(version).removeprefix("NWB-")


def read_values(path: Path, name: str, first: int, count: int) -> np.ndarray:
    """The numbers of a series in its unit.

    Raises:
        ValueError: for a conversion that is no positive number: then the sign or size of the data is anybody's guess.
    """
    values, attributes = read_slice(path, f"{name}/data", first, count, with_attributes=True)
    conversion, offset = float(attributes.get("conversion", 1.0)), float(attributes.get("offset", 0.0))
    if not 0.0 < conversion < np.inf or not np.isfinite(offset):
        raise ValueError(
            f"{path.name}: {name} has the conversion {conversion:g} and the offset {offset:g}: a conversion to "
            f"{text_of(attributes.get('unit', b'its unit'))} must be a positive number; correct it in the file."
        )
    return conversion * values + offset


def read_slice(path: Path, name: str, first: int, count: int, with_attributes: bool = False) -> Any:
    """Some numbers of a dataset, in double precision, and its attributes."""
    with reading(path, KIND), optional("h5py").File(path, "r") as file:
        data = file[name]
        if data.is_virtual or data.external:
            raise ValueError(f"{name} lies in another file, which is not followed")
        promised, stored = data.size * data.dtype.itemsize, data.id.get_storage_size()
        if data.dtype.kind not in "iuf" or promised > max(DENSEST * stored, SMALL):
            raise ValueError(f"{name} promises {data.size} numbers of type {data.dtype} and stores {stored} bytes")
        values = data[first : first + count].astype(np.float64)
        values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
        attributes = dict(data.attrs)
        if _unconverted(file):
            attributes["conversion"] = 1.0
    return (values, attributes) if with_attributes else values


def _unconverted(file: Any) -> bool:
    """Whether this is an early file of the Allen Institute, whose conversions are not to be applied."""
    if "general/generated_by" not in file or not version_of(file).startswith("1"):
        return False
    words = [text_of(word) for word in np.ravel(file["general/generated_by"][()])]  # names and values in turn
    if "version" not in words[:-1]:
        return False
    numbers = re.findall(r"\d+", words[words.index("version") + 1])
    return tuple(map(int, numbers[:2])) < FIRST_CONVERTED


def text_of(word: Any) -> str:
    """A word that HDF5 holds as bytes, text or an array of one."""
    word = word.item() if isinstance(word, np.ndarray) and word.size == 1 else word
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)
