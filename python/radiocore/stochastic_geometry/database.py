"""Trained coefficients in a file: JSON that people can read, checked before use.

The file holds what the coefficients were trained for and a checksum of all that it says. A pair is one line.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..channel import Channel
from ..errors import FileFormatError, InputError
from ..io.atomic import atomic_path
from .closed_form import ClosedForm

FORMAT = "radiocore stochastic-geometry database"
VERSION = 1
DEFAULT_FILE = Path(__file__).with_name("default.json")
TRAIN_COMMAND = "radiocore train sg"

Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Fit = tuple[tuple[Number, ...], tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...]]
"""Weights and decays of a closed form."""
Fits = tuple[tuple[Fit, ...], ...]
"""(heights, thresholds) of them."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Conditions(_Part):
    """What the coefficients were trained for."""

    path_loss_exponent_los: Positive
    path_loss_exponent_nlos: Positive
    gain_at_1m_db_los: Number
    gain_at_1m_db_nlos: Number
    fading_m_los: Positive
    fading_m_nlos: Positive
    noise_dbm: Number
    power_dbm: Number
    antenna_height_m: tuple[Positive, ...]  # above the receivers
    threshold_db: tuple[Number, ...]
    max_distance_m: Positive
    density_per_km2: tuple[Positive, Positive]
    nlos_interference: bool
    line_of_sight_model: Literal["air-to-ground"]

    @model_validator(mode="after")
    def _ascending(self) -> Conditions:
        for name in ("antenna_height_m", "threshold_db", "density_per_km2"):
            values = getattr(self, name)
            if len(values) == 0 or any(low >= high for low, high in pairwise(values)):
                raise ValueError(f"{name} must ascend")
        return self

    @property
    def channel(self) -> Channel:
        """The channel; which threshold is asked is not part of it."""
        known = set(Channel.__dataclass_fields__) & set(type(self).model_fields) - {"threshold_db"}
        return Channel(**{name: getattr(self, name) for name in known})


class Pair(_Part):
    """One terrain: its sigmoid, and the closed forms of its coverage."""

    a: Positive
    b: Positive
    fits: Fits


class Database(_Part):
    """Closed forms of coverage over the density of stations, for many terrains: Algorithm 4.

    Attributes
    ----------
    name : of the database, kept in the provenance of maps made with it
    conditions : what it was trained for
    layout : {"plane", "curve"}
        Pairs of all alpha_beta by all gamma_m, the latter running fastest; or pairs (a, b) on the curve b = f(a).
    alpha_beta, gamma_m : axes of a plane, else empty
    pairs : the terrains
    open_ground : closed forms where every link is in line of sight
    """

    format: Literal["radiocore stochastic-geometry database"] = FORMAT
    version: Literal[1] = VERSION
    name: str
    conditions: Conditions
    layout: Literal["plane", "curve"]
    alpha_beta: tuple[Positive, ...]
    gamma_m: tuple[Positive, ...]
    open_ground: Fits
    pairs: tuple[Pair, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Database:
        if self.layout == "plane" and len(self.pairs) != len(self.alpha_beta) * len(self.gamma_m):
            raise ValueError("pairs must be one for each alpha_beta and gamma_m")
        if self.layout == "curve" and (self.alpha_beta or self.gamma_m):
            raise ValueError("a curve has no axes")
        if not self.pairs:
            raise ValueError("pairs are missing")
        for axis in (self.alpha_beta, self.gamma_m):
            if any(low >= high for low, high in pairwise(axis)):
                raise ValueError("an axis must ascend")
        shape = (len(self.conditions.antenna_height_m), len(self.conditions.threshold_db))
        for fits in (self.open_ground, *(pair.fits for pair in self.pairs)):
            if len(fits) != shape[0] or any(len(row) != shape[1] for row in fits):
                raise ValueError("a pair must have one fit for each antenna height and threshold")
            if any(len(weight) != len(decay) or not weight for row in fits for weight, decay in row):
                raise ValueError("a fit must have one decay for each weight")
        return self

    @classmethod
    def read(cls, path: str | Path) -> Database:
        """Read a database that ``radiocore train sg`` wrote.

        Raises
        ------
        FileFormatError
            The file is another one, of another version, cut off or changed; named with the remedy.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise _unfit(path, "it is not text") from None
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise _unfit(path, f"it is cut off or no JSON (line {error.lineno})") from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise _unfit(path, "it is no database of stochastic geometry")
        if document.get("version") != VERSION:
            raise _unfit(path, f"it has version {document.get('version')!r}, and this program reads {VERSION}")
        stated = document.pop("sha256", None)
        canonical = _canonical(document)
        if stated != _checksum(canonical):
            raise _unfit(path, "its checksum does not fit what it says: it was changed or damaged")
        try:
            return cls.model_validate_json(canonical)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise _unfit(path, f"{place or 'contents'}: {first['msg']}") from None

    @classmethod
    @cache
    def default(cls) -> Database:
        """The one that comes with radiocore."""
        return cls.read(DEFAULT_FILE)

    def write(self, path: str | Path) -> None:
        """Write the database, whole or not at all."""
        document = {**self.model_dump(mode="json"), "sha256": self.sha256}
        lines = []
        for key, value in document.items():
            if key == "pairs":
                rows = ",\n".join("  " + json.dumps(pair) for pair in value)
                lines.append(f' "pairs": [\n{rows}\n ]')
            else:
                lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
        with atomic_path(path) as temporary:
            temporary.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")

    @cached_property
    def sha256(self) -> str:
        """Of everything else in the file."""
        return _checksum(_canonical(self.model_dump(mode="json")))

    def settings(self) -> dict:
        """What the provenance tells of the database."""
        trained = self.conditions.model_dump(mode="json")
        return {"name": self.name, "version": self.version, "sha256": self.sha256, "pairs": len(self.pairs), **trained}

    def coefficients(self, height: int) -> tuple[np.ndarray, np.ndarray]:
        """(T, K + 1, terms) weights and decays at one of the antenna heights, the last of the pairs' axis being open
        ground; unused terms have weight 0.
        """
        fits = [*(pair.fits[height] for pair in self.pairs), self.open_ground[height]]
        most = max(len(weight) for of_pair in fits for weight, _ in of_pair)
        weight, decay = np.zeros((2, len(fits[0]), len(fits), most))
        for k, of_pair in enumerate(fits):
            for t, (weights, decays) in enumerate(of_pair):
                weight[t, k, : len(weights)], decay[t, k, : len(decays)] = weights, decays
        return weight, decay

    def form(self, pair: int, *, height: int = 0, threshold: int = 0) -> ClosedForm:
        """The closed form of a pair, by the rows of its height and threshold."""
        return ClosedForm(*self.pairs[pair].fits[height][threshold])


def _canonical(document: dict) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _unfit(path, why: str) -> FileFormatError:
    return FileFormatError(f"{path}: {why}; make a database with: {TRAIN_COMMAND} --output FILE")
