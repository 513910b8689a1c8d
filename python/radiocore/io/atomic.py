"""Output files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError


def check_destination(path: str | Path) -> Path:
    """The real path that an output goes to, links followed.

    Raises
    ------
    InputError
        It is a folder, or its folder does not exist or is not writable.
    """
    target = Path(os.path.realpath(path))
    folder = target.parent
    if target.is_dir():
        raise InputError(f"{path}: is a folder; give the name of a file in it")
    if not folder.is_dir():
        raise InputError(f"{path}: the folder {str(folder)!r} does not exist; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{path}: the folder {str(folder)!r} is not writable; choose another one")
    return target


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends well.

    Whatever goes wrong in the block, an interrupt included, the temporary file is removed and a
    file that was at ``path`` before is untouched.

    Raises
    ------
    InputError
        The destination cannot be written, or the system refuses a write (a full disk).
    """
    target = check_destination(path)
    # The writer creates the file itself, so that it gets the user's own permissions.
    temporary = target.with_name(f".radiocore-{secrets.token_hex(8)}.part")
    try:
        yield temporary
        with open(temporary, "rb+") as written:
            os.fsync(written.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
