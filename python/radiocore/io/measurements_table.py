"""The rows of a file of measurements, whatever its format: text by column, checked as it becomes numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import FailFast, FiniteFloat, TypeAdapter, ValidationError

from ..errors import FileFormatError
from ..measurements import COLUMNS, VALID, wanted_of
from .delimited_text import is_number
from .measurements_mapping import Source, factor_to_own_unit

if TYPE_CHECKING:
    import pandas

NUMBERS = TypeAdapter(Annotated[list[FiniteFloat], FailFast()])
EARLIEST, LATEST = np.datetime64("1990-01-01", "ms"), np.datetime64("2100-01-01", "ms")
"""Times outside were given in another unit."""


@dataclass(frozen=True)
class RawMeasurements:
    """What a format reads: the file's own columns as text, None or "" where empty, not yet checked."""

    columns: pandas.DataFrame  # N rows
    row: np.ndarray  # (N,) int, line or row or feature number in the file
    row_name: str
    position: np.ndarray | None = None
    """(N, 2) x and y of a geometry, longitude first; NaN = none."""
    crs: object = None
    """CRS of that geometry."""
    layout: Mapping[str, Source] = field(default_factory=dict)
    """Where the format has columns, by canonical name, and in which unit, where their names do not tell."""
    missing: tuple[str, ...] = ()
    """Texts that the format has for "not measured"."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Rows that the format holds and are no measurements of LTE, by reason; they are not among the N."""
    notes: tuple[str, ...] = ()


def rows_where(wanted: Mapping[str, np.ndarray], raw: RawMeasurements) -> RawMeasurements:
    """The rows that all (N,) masks have, each counted under the first that it misses."""
    keep, left_out = np.ones(len(raw.row), dtype=bool), dict(raw.left_out)
    for reason, has in wanted.items():
        left_out[reason] = int((keep & ~has).sum())
        keep &= has
    return replace(raw, columns=raw.columns[keep], row=raw.row[keep], left_out=left_out)


@dataclass(frozen=True)
class MeasurementFormat:
    """One file format of measurements."""

    name: str
    matches: Callable[[bytes], bool]
    """Whether the first bytes (unpacked) are of this format."""
    read: Callable[[Path, str], RawMeasurements]
    """The file, and its name for messages, to raw columns."""


@dataclass(frozen=True)
class RawColumn:
    """One column of a file on its way to numbers, times or names; errors tell file, row, column, value and fault."""

    name: str
    source: Source
    text: np.ndarray  # (N,) str, "" = missing
    row: np.ndarray
    row_name: str
    file: str

    @classmethod
    def of(cls, raw: RawMeasurements, name: str, source: Source, file: str, missing: tuple[str, ...]) -> RawColumn:
        values = raw.columns[source.column]
        text = values.where(values.notna(), "").astype(str).str.strip()
        text = text.where(~text.isin(missing), "").to_numpy(dtype=object)
        return cls(name, source, text, raw.row, raw.row_name, file)

    @classmethod
    def constant(cls, name: str, value: str | float, file: str) -> RawColumn:
        """A column of one row, with what a mapping states for all."""
        text = np.array([str(value).strip()], dtype=object)
        return cls(name, Source(column=name), text, np.array([name]), "constant", file)

    def values(self) -> np.ndarray:
        """(N,) values as the column of :class:`Measurements` takes them."""
        if self.name == "time":
            return self.times()
        if COLUMNS.get(self.name) is str:
            return self.names()
        number = self.numbers() * factor_to_own_unit(self.name, self.source, self.file)
        if self.name in VALID:
            bad = ~(np.isnan(number) | VALID[self.name][0](number))
            if bad.any():
                self._refuse_at(int(np.argmax(bad)), f"; it {wanted_of(self.name, number[np.argmax(bad)])}")
        return np.nan_to_num(number) if self.name == "month" else number

    def numbers(self) -> np.ndarray:
        """(N,) float64, NaN where the field is empty."""
        out = np.full(len(self.text), np.nan)
        filled = np.flatnonzero(self.text != "")
        try:
            out[filled] = NUMBERS.validate_python(self.text[filled].tolist())
        except ValidationError as error:
            at = filled[error.errors(include_url=False)[0]["loc"][0]]
            decimals = "write decimals with a point, or " if "," in self.text[at] else ""
            self._refuse_at(at, f", which is not a finite number; {decimals}leave it empty where nothing was measured")
        return out

    def times(self) -> np.ndarray:
        """(N,) datetime64[ms] UTC of Unix times or ISO 8601 texts, NaT where the field is empty."""
        import pandas

        filled = self.text != ""
        out = np.full(len(self.text), np.datetime64("NaT", "ms"))
        if not filled.any():
            return out
        if is_number(self.text[filled][0]):
            milliseconds = self.numbers()[filled] * factor_to_own_unit(self.name, self.source, self.file)
            within = np.abs(milliseconds) < LATEST.astype(np.int64)
            out[filled] = np.where(within, milliseconds, LATEST.astype(np.int64)).astype("datetime64[ms]")
        else:
            times = pandas.to_datetime(pandas.Series(self.text[filled]), utc=True, format="ISO8601", errors="coerce")
            out[filled] = times.dt.tz_localize(None).to_numpy().astype("datetime64[ms]")
            self.refuse(filled & np.isnat(out), ", which is no time; write 2026-01-31T12:00:00Z, or Unix seconds")
        far = filled & ~((out >= EARLIEST) & (out < LATEST))
        self.refuse(far, ", which is not between 1990 and 2100; state its unit: columns={'time': {..., 'unit': 'ms'}}")
        return out

    def names(self) -> np.ndarray:
        """(N,) text; whole numbers without the point that columns with gaps come with."""
        import pandas

        text = pandas.Series(self.text, dtype=str)
        return text.str.replace(r"^(-?\d+)\.0$", r"\1", regex=True).to_numpy(dtype=object)

    def refuse(self, bad: np.ndarray, fault: str) -> None:
        if bad.any():
            self._refuse_at(int(np.argmax(bad)), fault)

    def _refuse_at(self, at: int, fault: str) -> None:
        column = self.name if self.source.column == self.name else f"{self.name} (column {self.source.column!r})"
        raise FileFormatError(f"{self.file}, {self.row_name} {self.row[at]}: {column} is {self.text[at]!r}{fault}")


def raw_of_table(table: pandas.DataFrame) -> RawMeasurements:
    """Raw columns of a DataFrame; NaN is missing there, and numbers with gaps between them come as floats."""
    import pandas

    texts = {}
    for name in table:
        values = table[name].convert_dtypes()
        texts[str(name)] = values.astype(str).mask(values.isna(), "").to_numpy(dtype=object)
    return RawMeasurements(pandas.DataFrame(texts, dtype=object), np.arange(len(table)), "row")
