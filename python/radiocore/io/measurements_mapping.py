"""Which column of a file holds what, and in which unit: by argument or by a small TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from ..errors import ConfigError, FileFormatError, InputError, nearest_name
from ..measurements import COLUMNS

PAIRS = (("lon", "lat"), ("x", "y"), ("x_m", "y_m"))
"""Positions: WGS 84 in degrees, coordinates in a CRS, scene metres."""

ALIASES: dict[str, tuple[str, ...]] = {
    "lon": ("longitude", "lng"),
    "lat": ("latitude",),
    "x": ("easting",),
    "y": ("northing",),
    "time": ("timestamp", "unix_s"),
    "frequency_mhz": ("freq_mhz",),
    "network": ("mno", "operator", "plmn"),
    "mcc": (),
    "mnc": ("net",),
    "tac": ("lac",),
    **{name: () for name in COLUMNS if name not in ("row", "time", "frequency_mhz", "network", "tac")},
}
"""Canonical column names and the other names under which files hold them; case does not matter.

``mcc`` and ``mnc`` are made into ``network``.
"""

UNITS: dict[str, dict[str, float]] = {
    **{name: {"deg": 1.0} for name in ("lon", "lat")},
    **{name: {"m": 1.0, "km": 1000.0} for pair in PAIRS[1:] for name in pair},
    **{name: {"dbm": 1.0} for name in ("rsrp_dbm", "rssi_dbm")},
    **{name: {"db": 1.0} for name in ("rsrq_db", "sinr_db")},
    "frequency_mhz": {"mhz": 1.0, "ghz": 1e3, "khz": 1e-3, "hz": 1e-6},
    "time": {"s": 1e3, "ms": 1.0},
}
"""Units that a column may come in, and what they are multiplied with to give its own (ms, for the time)."""

NEVER_CONSTANT = {"rsrp_dbm", "mcc", "mnc", *(name for pair in PAIRS for name in pair)}

KNOWN_UNITS = {unit for units in UNITS.values() for unit in units} | {"mw", "w", "uw", "nw", "dbuv", "dbw", "rad", "ft"}
UNIT_IN_NAME = re.compile(r"(?:_|\s*[(\[])([A-Za-z]+)[)\]]?$")
"""``rsrp_dbm``, ``RSRP [dBm]``, ``RSRP (dBm)``."""


def _as_source(value):
    return {"column": value} if isinstance(value, str) else value


class Source(BaseModel):
    """Where the values of a column come from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    unit: str | None = None


class ColumnMapping(BaseModel):
    """The keys of a mapping file.

    ``columns`` leads from canonical names to the file's own, ``constants`` gives a column one value, ``missing`` are
    texts that mean "not measured", ``crs`` is that of x and y, and ``features`` are the file's names of further columns
    of numbers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, Annotated[Source, BeforeValidator(_as_source)]] = {}
    constants: dict[str, str | int | float] = {}
    missing: tuple[str, ...] = ()
    crs: str | None = None
    features: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, columns: Mapping[str, Any] | str | Path | None, crs=None, missing=(), features: Sequence[str] = ()
    ) -> ColumnMapping:
        """The mapping of an argument: names, or a TOML file; the other arguments go before what the file says of them.

        Raises
        ------
        ConfigError
            Names the key that is unknown or unusable, and the file.
        """
        where = "columns"
        values: dict[str, Any] = {} if columns is None else {"columns": columns}
        if isinstance(columns, str | Path):
            where = str(columns)
            try:
                values = tomllib.loads(Path(columns).read_text(encoding="utf-8"))
            except OSError as error:
                raise ConfigError(f"{columns}: cannot be read: {error.strerror or error}") from None
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise ConfigError(f"{columns}: is not a TOML file: {error}") from None
        values |= {"crs": str(crs)} if crs is not None else {}
        values |= {"missing": tuple(missing)} if missing else {}
        values |= {"features": tuple(features)} if features else {}
        try:
            mapping = cls(**values)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(str(part) for part in first["loc"])
            hint = nearest_name(key, cls.model_fields) if first["type"] == "extra_forbidden" else ""
            raise ConfigError(f"{where}: {key}: {first['msg']}{hint}") from None
        for name in (*mapping.columns, *mapping.constants):
            if name not in ALIASES:
                raise ConfigError(f"{where}: {name!r} is no column of measurements{nearest_name(name, ALIASES)}")
        for name in mapping.constants:
            if name in NEVER_CONSTANT or name in mapping.columns:
                raise ConfigError(f"{where}: constants.{name}: it is a column of the file; leave the constant out")
        for name in mapping.features:
            if name in COLUMNS:
                raise ConfigError(f"{where}: features: {name!r} is a column of its own; leave it out")
            if mapping.features.count(name) > 1:
                raise ConfigError(f"{where}: features: {name!r} is named twice")
        return mapping

    def resolve(self, present: list[str], source: str, layout: Mapping[str, Source] | None = None) -> dict[str, Source]:
        """Where each known column and each feature is in a file that has the ``present`` ones.

        ``layout`` tells where the file's format has columns; the mapping goes before it.

        Raises
        ------
        FileFormatError
            A column of the mapping or a feature is not in the file, or a feature is a known column too.
        """
        in_file = {name.strip().lower(): name for name in reversed(present)}
        asked = {name: Source(column=name) for name in self.features}
        found = {}
        for name, wanted in (self.columns | asked).items():
            key = wanted.column.strip().lower()
            if key not in in_file:
                hint = nearest_name(wanted.column, present)
                remedy = "name another feature" if name in asked else f"name the one that holds {name}"
                raise FileFormatError(
                    f"{source}: there is no column {wanted.column!r}{hint}; it has {listed(present)}; {remedy}"
                )
            found[name] = wanted.model_copy(update={"column": in_file[key]})
        features = {found.pop(name).column: name for name in asked}
        for name, item in (layout or {}).items():
            if name not in found and name not in self.constants:
                found[name] = item
        taken = {item.column for item in found.values()}
        for name, aliases in ALIASES.items():
            hit = next((in_file[key] for key in (name, *aliases) if key in in_file and in_file[key] not in taken), None)
            if name not in found and name not in self.constants and hit is not None:
                found[name] = Source(column=hit)
        for name, item in found.items():
            if item.column in features:
                raise FileFormatError(f"{source}: the feature {item.column!r} already is {name}; leave one of them out")
        return found | {name: Source(column=column) for column, name in features.items()}

    def position(self, found: dict[str, Source], present: list[str], source: str) -> tuple[str, str]:
        """The pair of columns that holds the position: the one that was asked for, else the only one.

        Raises
        ------
        FileFormatError
            There is none, or more than one.
        """
        asked = [pair for pair in PAIRS if set(pair) & set(self.columns)]
        pairs = asked or [pair for pair in PAIRS if set(pair) & set(found)]
        if len(pairs) > 1:
            first, other = (", ".join(name for name in pair if name in found) for pair in pairs[:2])
            raise FileFormatError(
                f"{source}: has {first} and also {other}; drop one of the two pairs, or name the one that counts with "
                "columns="
            )
        pair = (pairs or PAIRS)[0]
        for name in pair:
            if name not in found:
                self.refuse_missing(name, found, present, source)
        return pair

    def refuse_missing(self, name: str, found: dict[str, Source], present: list[str], source: str) -> None:
        """Raise FileFormatError about a column that the file needs and lacks."""
        free = [column for column in present if column not in {item.column for item in found.values()}]
        raise FileFormatError(
            f"{source}: the column {name!r} is missing from {listed(present)}{nearest_name(name, free)}; name it with "
            f"columns={{{name!r}: ...}}. Needed are lon and lat (or x and y with their CRS, or x_m and y_m in scene "
            "metres) and rsrp_dbm"
        )


def factor_to_own_unit(name: str, source: Source, where: str) -> float:
    """What the values of a column are multiplied with, by the unit that it states, or that stands in its name.

    Raises
    ------
    InputError
        The unit is another one than the column can come in.
    """
    allowed = UNITS.get(name, {})
    unit = source.unit
    if unit is None and (match := UNIT_IN_NAME.search(source.column)) and match[1].lower() in KNOWN_UNITS:
        unit = match[1]
    if unit is None or not allowed:
        return next(iter(allowed.values()), 1.0)
    if unit.lower() not in allowed:
        raise InputError(
            f"{where}: the column {source.column!r} is in {unit}, and {name} is wanted in "
            f"{' or '.join(allowed)}; convert it first, or state its unit with "
            f"columns={{{name!r}: {{'column': ..., 'unit': ...}}}}"
        )
    return allowed[unit.lower()]


def listed(names: list) -> str:
    """The names of the columns of a file, for messages."""
    shown = ", ".join(repr(str(name)) for name in names[:20])
    return shown + (f" and {len(names) - 20} more" if len(names) > 20 else "")
