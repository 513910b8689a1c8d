"""Delimited text: its first line, its fields as they stand, and tables with a line of names."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from ..errors import FileFormatError

if TYPE_CHECKING:
    import numpy
    import pandas

DELIMITERS = ",;\t"
COMMENT = b"#"

RAGGED = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
"""Of pandas' message about a line with too many fields."""


def first_line(content: bytes) -> str:
    """The first line of text, without byte order mark; "" for binary content."""
    line = content[:4096].removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].strip()
    return "" if b"\0" in line else line.decode("utf-8", "replace")


def read_fields(content: bytes, source: str, delimiter: str = ",") -> pandas.DataFrame:
    """Every line, the first among them, as a row of text; the first line decides how many columns there are.

    Raises
    ------
    FileFormatError
        A line has too many fields, or the text is not UTF-8.
    """
    import pandas as pd

    try:
        return pd.read_csv(
            io.BytesIO(content),
            sep=delimiter,
            header=None,  # a header given to pandas would let longer lines shift their columns
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
        )
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{source}: is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    except pd.errors.ParserError as error:
        if ragged := RAGGED.search(str(error)):
            wanted, line, found = ragged.groups()
            raise FileFormatError(
                f"{source}, line {line}: has {found} fields where line 1 has {wanted}; put fields that hold the "
                f"delimiter {delimiter!r} in quotes, or remove those too many"
            ) from None
        raise FileFormatError(f"{source}: cannot be read as a table: {str(error).strip()}") from None
    except pd.errors.EmptyDataError:
        raise FileFormatError(f"{source}: is empty") from None


def uncommented(content: bytes) -> tuple[bytes, int]:
    """The text from its first line on that is no comment, and how many lines of comment stand before it."""
    lines = 0
    while content.startswith(COMMENT):
        content, lines = content.partition(b"\n")[2], lines + 1
    return content, lines


def read_named_columns(content: bytes, source: str, example: str) -> tuple[pandas.DataFrame, numpy.ndarray]:
    """The columns of a table whose first line names them, as text, and the line number of each row; blank lines go.

    ``example`` is a line of names for the message where there is none.

    Raises
    ------
    FileFormatError
        The first line holds numbers or a name twice, a row has fewer fields than names, or the table cannot be read.
    """
    import numpy as np

    header = first_line(content)
    delimiter = max(DELIMITERS, key=header.count)
    fields = read_fields(content, source, delimiter)
    names = [str(name).strip() for name in fields.iloc[0]]
    if any(is_number(name) for name in names):
        raise FileFormatError(
            f"{source}: line 1 holds numbers ({header[:80]!r}) where the names of the columns are wanted; add a header "
            f"line such as {example}"
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise FileFormatError(f"{source}: line 1 names the column {twice!r} twice; rename one")
    columns = fields.iloc[1:].set_axis(names, axis=1)
    filled = (columns.fillna("") != "").any(axis=1).to_numpy()
    if (columns.iloc[:, -1][filled] == "").any():  # as pandas has fields that are not there
        _refuse_short(content, delimiter, names, source)
    return columns[filled], np.arange(2, 2 + len(columns))[filled]


def _refuse_short(content: bytes, delimiter: str, names: list[str], source: str) -> None:
    """A row with fewer fields than names is the end of a broken copy, or a slip; it would pass for empty fields."""
    wanted = max(at for at, name in enumerate(names, start=1) if name or at == 1)
    text = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
    try:
        for line, fields in enumerate(csv.reader(text, delimiter=delimiter), start=1):
            if len(fields) < wanted and any(field.strip() for field in fields):
                raise FileFormatError(
                    f"{source}, line {line}: has {len(fields)} fields where line 1 names {wanted}; is the file cut "
                    "short? Copy it again, or write the empty fields of the line too"
                )
    except csv.Error as error:
        raise FileFormatError(f"{source}: cannot be read as a table: {error}") from None


def is_number(text: str) -> bool:
    """Whether a text is one."""
    try:
        float(text)
    except ValueError:
        return False
    return True
