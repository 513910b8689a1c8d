"""Baseline: one line for all cells, on the logarithms of distance and frequency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .base import Model
from .inputs import Inputs
from .log_distance import LEAST_DB, NEAREST_M
from .prediction import Prediction

DISTANCE, FREQUENCY = "log10 of the distance", "log10 of the frequency"


@dataclass
class LeastSquares(Model):
    """P = a + b log10 d + c log10 f by ordinary least squares over all training rows.

    d is ``distance_m``, in plan, f is ``frequency_mhz``. A term that is constant in the training rows, or that the
    links do not tell, is left out; ``dropped`` names it after the fit.
    """

    name = "least squares"

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        self.terms, self.dropped = terms_of(inputs)
        design = design_of(inputs, self.terms)
        self.coefficients = np.linalg.lstsq(design, target, rcond=None)[0]
        rest = target - design @ self.coefficients
        self.deviation_db = max(float(np.sqrt(np.sum(rest**2) / (len(target) - design.shape[1]))), LEAST_DB)

    def _predict(self, inputs: Inputs) -> Prediction:
        mean = design_of(inputs, self.terms) @ self.coefficients
        return Prediction(mean, np.full(len(mean), self.deviation_db))

    def state(self):
        line = {"terms": list(self.terms), "dropped": self.dropped, "deviation_db": self.deviation_db}
        return line, {"coefficients": self.coefficients}

    def _load_state(self, config, arrays) -> None:
        self.terms, self.dropped = tuple(config["terms"]), dict(config["dropped"])
        self.deviation_db, self.coefficients = config["deviation_db"], arrays["coefficients"]


def terms_of(inputs: Inputs) -> tuple[tuple[str, ...], dict[str, str]]:
    """Terms that vary, beside the constant, and why the others were left out."""
    dropped = {}
    for term, column in COLUMNS.items():
        if column not in inputs:
            dropped[term] = inputs.left_out.get(column, f"the links have no {column}")
        elif np.ptp(_term(inputs, term)) == 0:
            dropped[term] = f"constant in the training rows: {column} {inputs[column][0]:g}"
    return tuple(term for term in COLUMNS if term not in dropped), dropped


def design_of(inputs: Inputs, terms: tuple[str, ...]) -> np.ndarray:
    """(N, 1 + terms): the constant, and the terms."""
    return np.stack([np.ones(len(inputs)), *(_term(inputs, term) for term in terms)], axis=1)


COLUMNS = {DISTANCE: "distance_m", FREQUENCY: "frequency_mhz"}


def _term(inputs: Inputs, term: str) -> np.ndarray:
    column = inputs[COLUMNS[term]]
    return np.log10(np.maximum(column, NEAREST_M) if term == DISTANCE else column)
