"""Local files told by their content, so that a name never decides which parser runs.

Only a regular file on this machine is opened. A text that points elsewhere (a GDAL VRT, a
``/vsi`` path, a URL) matches no format here and is refused before any library sees it.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from pathlib import Path

from ..errors import FileFormatError, require

GZIP_MAGIC = b"\x1f\x8b"
HEAD_BYTES = 65536
URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+")
"""A scheme has two letters or more (``C:/`` is a drive), and a Path keeps one slash of the two."""
LARGEST_UNPACKED_BYTES = 4 * 2**30
"""A packed file that unpacks to more is refused, since it is unpacked to memory."""


def local_file(path: str | Path) -> Path:
    """The absolute path of a regular local file.

    Raises
    ------
    FileFormatError
        ``path`` is empty, a URL, a GDAL virtual path, absent, or not a regular file.
    """
    text = URL.sub(r"\1://", str(path), count=1) if URL.match(str(path)) else str(path)
    if not text.strip():
        raise FileFormatError("no file named: the path is empty")
    if "://" in text:
        raise FileFormatError(f"{text}: only local files are read; download it first")
    if text.startswith(("/vsi", "\\vsi")):
        raise FileFormatError(f"{text}: only local files are read; unpack it and give the file's own path")
    file = Path(path).expanduser()
    if not file.exists():
        raise FileFormatError(f"{text}: there is no such file")
    if not file.is_file():
        raise FileFormatError(f"{text}: is not a regular file")
    return file.resolve()


def is_gzip(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == GZIP_MAGIC


def read_head(path: Path) -> bytes:
    """The first 64 KiB of a file, unpacked where it is gzip."""
    with _open(path) as file:
        try:
            return file.read(HEAD_BYTES)
        except (EOFError, OSError, zlib.error) as error:
            raise _unreadable(path, error) from None


def read_bytes(path: Path) -> bytes:
    """The whole file, unpacked where it is gzip."""
    with _open(path) as file:
        try:
            content = file.read(LARGEST_UNPACKED_BYTES + 1)
        except (EOFError, OSError, zlib.error) as error:
            raise _unreadable(path, error) from None
    if len(content) > LARGEST_UNPACKED_BYTES:
        raise FileFormatError(f"{path}: holds more than 4 GiB; cut out the area of the map first")
    return content


def refuse_gzip(path: Path, format_name: str) -> None:
    """A format that needs random access, or is packed already, is not read through gzip."""
    if is_gzip(path):
        raise FileFormatError(f"{path}: is a {format_name} file inside gzip; unpack it first (gunzip)")


def xml_root_name(head: bytes) -> str | None:
    """Name of the root element of an XML text, or None where ``head`` does not start one.

    Raises
    ------
    FileFormatError
        The text declares a document type or entities, which may pull in other files.
    """
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return None
    parser = require("defusedxml.ElementTree")
    try:
        for _, element in parser.iterparse(io.BytesIO(head), events=("start",), forbid_dtd=True):
            return element.tag.rpartition("}")[2]
    except parser.ParseError:
        return None
    except require("defusedxml").DefusedXmlException:
        raise FileFormatError(
            "the XML declares a document type (DOCTYPE) or entities, which can point to other files; remove it"
        ) from None
    return None


def _open(path: Path):
    return gzip.open(path, "rb") if is_gzip(path) else open(path, "rb")


def _unreadable(path: Path, error: Exception) -> FileFormatError:
    return FileFormatError(f"{path}: cannot be read to its end ({error}); is the download complete?")
