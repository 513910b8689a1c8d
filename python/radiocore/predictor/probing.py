"""What a trained model depends on: the columns that it uses, and the rows that it has seen."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..learned.model_file import digest
from ..measurements import COLUMNS, Measurements
from ..models.base import Model
from ..models.inputs import Inputs, is_label

PROBE_ROWS = 200
"""Rows on which it is tried what a model does without a column."""


def used_columns(model: Model, inputs: Inputs) -> tuple[str, ...]:
    """The columns without which a model answers otherwise, or not at all."""
    some = inputs.select(np.unique(np.linspace(0, len(inputs) - 1, PROBE_ROWS).astype(int)))
    whole = model.predict(some)

    def is_used(name: str) -> bool:
        rest = {key: column for key, column in some.columns.items() if key != name}
        try:
            found = model.predict(Inputs(rest, some.left_out))
        except InputError:
            return True
        same = np.array_equal(found.mean, whole.mean) and np.array_equal(found.deviation_db, whole.deviation_db)
        return not same

    return tuple(name for name in inputs.columns if is_used(name))


def digest_of(measurements: Measurements) -> str:
    """SHA-256 of all columns."""
    columns = {name: getattr(measurements, name) for name in COLUMNS} | dict(measurements.features)
    texts = {name: np.char.encode(value, "utf-8") for name, value in columns.items() if is_label(value)}
    return digest("", columns | texts)
