"""Pattern files of MSI Planet: keys with values, then the two cuts, a row of angle and attenuation a degree.

The gain is in dBd unless it says dBi; attenuations are relative to it and positive; angles of the vertical cut grow
downwards from the horizon.
"""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np

from ..errors import FileFormatError
from .cuts import DEGREES, Cuts

SUFFIXES = (".msi", ".pln")

DIPOLE_DBI = 2.15
"""Gain of the half-wave dipole that dBd refers to."""
CUTS = ("HORIZONTAL", "VERTICAL")


def read(path: Path) -> Cuts:
    """The pattern in a file; keys other than NAME, GAIN and the two cuts are passed over.

    Raises
    ------
    FileFormatError
        GAIN or a cut is missing or there twice; a cut has not the 360 whole degrees in their order; a number is none,
        or an attenuation is negative: names file and line.
    """
    # Makers' names may hold anything; all that is read is ASCII.
    text = path.read_text(encoding="latin-1")
    lines = _Lines(str(path), [(number, line.split()) for number, line in enumerate(text.splitlines(), 1)])
    found: dict[str, object] = {}
    while lines.left:
        key, *value = lines.next()
        key = key.upper()
        if key in found:
            lines.refuse(f"{key} is there a second time")
        if key in CUTS:
            found[key] = _cut(lines, key, value)
        elif key == "GAIN":
            found[key] = _gain_dbi(lines, value)
        elif key == "NAME":
            found[key] = " ".join(value)
        elif key[0].isdigit():
            lines.refuse(f"the row {' '.join([key, *value])!r} belongs to no cut; a cut has {DEGREES} rows")
    for key in ("GAIN", *CUTS):
        if key not in found:
            raise FileFormatError(f"{path}: there is no {key}; a pattern has GAIN, {CUTS[0]} and {CUTS[1]}")
    return Cuts(found.get("NAME") or path.stem, found["GAIN"], *(found[key] for key in CUTS))


class _Lines:
    """The lines of a file that hold anything, and where the reader is."""

    def __init__(self, source: str, lines: list[tuple[int, list[str]]]):
        self.source, self.number = source, 0
        self.left = [line for line in reversed(lines) if line[1]]

    def next(self) -> list[str]:
        self.number, words = self.left.pop()
        return words

    def refuse(self, fault: str) -> NoReturn:
        raise FileFormatError(f"{self.source}, line {self.number}: {fault}")

    def number_in(self, word: str, what: str) -> float:
        try:
            value = float(word)
        except ValueError:
            value = np.nan
        if not np.isfinite(value):
            self.refuse(f"{what} is {word!r}, which is not a finite number")
        return value


def _gain_dbi(lines: _Lines, value: list[str]) -> float:
    unit = "".join(value[1:]).lower()
    if not value or unit not in ("", "dbd", "dbi"):
        lines.refuse(f"GAIN is {' '.join(value)!r}; it must be a number and dBd (as without a unit) or dBi")
    gain = lines.number_in(value[0], "GAIN")
    return gain if unit == "dbi" else gain + DIPOLE_DBI


def _cut(lines: _Lines, key: str, value: list[str]) -> np.ndarray:
    if value != [str(DEGREES)]:
        lines.refuse(f"{key} is followed by {' '.join(value)!r}; only cuts of {DEGREES} whole degrees are read")
    cut_db = np.empty(DEGREES)
    for degree in range(DEGREES):
        if not lines.left:
            lines.refuse(f"the file ends after {degree} rows of {key}; it must have {DEGREES}")
        words = lines.next()
        if len(words) != 2:
            lines.refuse(f"row {degree} of {key} is {' '.join(words)!r}; it must be an angle and an attenuation")
        angle_deg = lines.number_in(words[0], "the angle")
        cut_db[degree] = lines.number_in(words[1], "the attenuation")
        if angle_deg != degree:
            lines.refuse(f"the angle is {words[0]}; {key} must have the whole degrees from 0 on, {degree} here")
        if cut_db[degree] < 0:
            lines.refuse(f"the attenuation is {words[1]}; it is relative to the largest gain and must not be negative")
    cut_db.flags.writeable = False
    return cut_db
