"""Delimited text: its first line, and its fields as they stand."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from ..errors import FileFormatError

if TYPE_CHECKING:
    import pandas


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
