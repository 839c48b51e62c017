"""The heaps of text in an HDF5 file, which the HDF5 library walks without an end where they are damaged."""

from pathlib import Path

SIGNATURE, HEADER, OBJECT = b"GCOL", 16, 16  # bytes of the heads of a heap and of an object in it


def check_heaps(path: str | Path) -> None:
    """Refuse a file in which an object of a heap reaches beyond it.

    A heap is: signature (4 bytes), version (4), size of the heap (8), objects; an object: number (2), references (2), reserved
    (4), size (8), and as many bytes, padded to a multiple of 8. Number 0 is what is free, its head included in its size.

    Raises:
        ValueError: with the place.

    Source: The HDF Group, HDF5 File Format Specification, version 3.0, section III.E.
    """
    raw = Path(path).read_bytes()
    at = raw.find(SIGNATURE)
    while at >= 0:
        end = at + int.from_bytes(raw[at + 8 : at + HEADER], "little")
        if end > len(raw) or not _whole(raw, at + HEADER, end):
            raise ValueError(f"the text in it, at byte {at}, is damaged: copy the file again")
        at = raw.find(SIGNATURE, max(end, at + 1))


def _whole(raw: bytes, at: int, end: int) -> bool:
    """Whether the objects of a heap end within it."""
    while at + OBJECT <= end:
        number, size = (int.from_bytes(raw[at + a : at + b], "little") for a, b in ((0, 2), (8, 16)))
        if number == 0 and size < OBJECT:
            return False
        at += size if number == 0 else OBJECT + (size + 7) // 8 * 8
    return at <= end
