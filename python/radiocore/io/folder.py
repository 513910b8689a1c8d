"""Output folders that are written whole or not at all, and never over anything else. A listing tells what is theirs."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from ..errors import InputError


def check_folder(folder: str | Path, kind: str, listing: str) -> Path:
    """The real path of a folder that an output of this kind may be written to.

    Raises
    ------
    InputError
        It is a file, or holds what is not a former one's; or its parent is absent or not writable.
    """
    target = Path(os.path.realpath(folder))
    if not target.parent.is_dir():
        raise InputError(f"output: the folder {str(target.parent)!r} does not exist; make it first")
    try:  # by doing it: rights alone do not tell, and minutes of work follow
        os.rmdir(tempfile.mkdtemp(prefix=".radiocore-", dir=target.parent))
    except OSError:
        raise InputError(f"output: the folder {str(target.parent)!r} is not writable; choose another one") from None
    if target.exists() and not target.is_dir():
        raise InputError(f"output: {folder} is a file; name a folder")
    if target.is_dir():
        foreign = sorted({item.name for item in target.iterdir()} - _own_files(target, kind, listing))
        if foreign:
            raise InputError(
                f"output: {folder} holds {foreign[0]!r}, which is not a former {kind}'s; name a new or an empty folder"
            )
    return target


def write_folder(folder: str | Path, kind: str, files: dict[str, bytes], about: dict, listing: str) -> None:
    """Put the files into the folder in place of a former one's: all of them, or none.

    Parameters
    ----------
    kind : what is in it; a folder of another kind is not replaced
    files : content by name
    about : what made them, plain values for the listing
    listing : name of the JSON file that says what is in the folder, and which files are its own

    Raises
    ------
    InputError
        The folder cannot be written, or holds what is not a former one's.
    """
    target = check_folder(folder, kind, listing)
    text = json.dumps({"kind": kind, "files": sorted(files), **about}, indent=2, sort_keys=True) + "\n"
    unfinished = target.with_name(f".radiocore-{secrets.token_hex(8)}.part")
    former = target.with_name(f".radiocore-{secrets.token_hex(8)}.old")
    try:
        unfinished.mkdir()
        for name, content in files.items():
            (unfinished / name).write_bytes(content)
        (unfinished / listing).write_text(text, encoding="utf-8")
        if target.exists():
            os.rename(target, former)
        try:
            os.rename(unfinished, target)
        except BaseException:  # an interrupt too: the former one would be gone
            if former.exists():
                os.rename(former, target)
            raise
    except OSError as error:
        raise InputError(f"output: {folder} cannot be written: {error.strerror or error}") from error
    finally:
        for leftover in (unfinished, former):
            shutil.rmtree(leftover, ignore_errors=True)


def _own_files(folder: Path, kind: str, listing: str) -> set[str]:
    """The files that the listing of a former output of this kind names, and the listing itself."""
    try:
        about = json.loads((folder / listing).read_text(encoding="utf-8"))
        return {listing, *about["files"]} if about["kind"] == kind else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()
