"""Image files: a NumPy array of bytes on disk, written block by block and read through a memory map."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..errors import FileFormatError
from ..io.atomic import atomic_path
from ..io.sniff import local_file
from .style import SIDE_PX

SHAPE = (SIDE_PX, SIDE_PX, 3)


def write_blocks(path: str | Path, number: int, blocks: Iterable[np.ndarray]) -> None:
    """A .npy file of (number, 256, 256, 3) uint8, whole or not at all.

    It is written as a stream, since a memory map on a full disk ends the process without a word.
    """
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (number, *SHAPE)}
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(np.ascontiguousarray(block).data)


def read_images(path: str | Path) -> np.ndarray:
    """The images of a file, (N, 256, 256, 3) uint8: north up, red, green and blue, not loaded before they are used.

    Raises
    ------
    FileFormatError
        The file holds no such array, or is cut short.
    """
    file = local_file(path)
    try:
        images = np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise FileFormatError(f"{path}: is no whole .npy file ({error}); write the images again") from None
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != SHAPE:
        raise FileFormatError(f"{path}: holds no images of {SHAPE} bytes; write them by DigitalTwin.write")
    return images


def scaled(images: np.ndarray) -> np.ndarray:
    """Bytes to single precision: 0 to -1, 255 to 1."""
    return np.asarray(images, dtype=np.float32) / np.float32(127.5) - np.float32(1)
