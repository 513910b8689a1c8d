"""What a report is made of: figures with their tables, and the paper's claims with what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

VERDICTS = ("holds", "differs", "does not hold")


@dataclass(frozen=True)
class Table:
    """Rows under named columns, written as one CSV file.

    Attributes
    ----------
    name : of the file, without suffix
    columns : (C,) headings, with units
    rows : each of C plain values
    is_timing : its numbers are times, which no seed repeats
    shown : whether the page shows it too; long ones are for programs
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple, ...]
    is_timing: bool = False
    shown: bool = True


@dataclass(frozen=True)
class Claim:
    """A statement of the paper, and what was found.

    Attributes
    ----------
    text : the paper's statement
    verdict : one of VERDICTS; "differs" is for what is true in part
    number : the figures that the verdict rests on
    """

    text: str
    verdict: str
    number: str


@dataclass(frozen=True)
class Figure:
    """One figure or table of the paper, or one of ours.

    Attributes
    ----------
    name : of its files, without suffix
    title : with the paper's number, where it has one
    paper : what the paper says
    finding : what is found here
    tables : the numbers behind it
    picture : PNG, None for a table alone
    claims : of the paper, that it decides
    attachments : further files by name
    """

    name: str
    title: str
    paper: str
    finding: str
    tables: tuple[Table, ...] = ()
    picture: bytes | None = None
    claims: tuple[Claim, ...] = ()
    attachments: Mapping[str, bytes] = field(default_factory=dict)


def verdict(holds: bool, in_part: bool = False) -> str:
    """The word for a claim that holds, else for one that holds in part, else for one that does not."""
    return VERDICTS[0] if holds else VERDICTS[1] if in_part else VERDICTS[2]
