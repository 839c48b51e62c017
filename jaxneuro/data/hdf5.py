"""Datasets of HDF5 files that lie in the file itself: one from strangers could name any file of the computer."""

from typing import Any


def own_dataset(file: Any, name: str) -> Any:
    """A dataset of an open file.

    Args:
        file: `h5py.File`.
        name: Its path, such as `spikes/times`.

    Raises:
        ValueError: if it, or a group on the way to it, is in another file; names that.
        KeyError: if there is none.
    """
    import h5py

    place: Any = file
    for part in name.split("/"):
        link = place.get(part, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            raise ValueError(f"{name} is a link to {link.path} in {link.filename}, which is not followed: copy it in")
        if isinstance(link, h5py.SoftLink):
            raise ValueError(f"{name} is a link to {link.path}, which is not followed: copy it there")
        place = place[part]
    if not isinstance(place, h5py.Dataset):
        raise ValueError(f"{name} is no dataset")
    if place.external or place.is_virtual:
        raise ValueError(f"the numbers of {name} lie in other files, which are not read: copy them in")
    return place
