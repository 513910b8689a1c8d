"""What lines on the logarithms of distance and frequency share."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from .base import Model
from .inputs import NEAREST_M, Inputs, is_label
from .prediction import LEAST_DB, Prediction

DISTANCE, FREQUENCY = "distance_m", "frequency_mhz"


class Line(Model):
    """P = a + b log10 sqrt(d^2 + d0^2) + c log10 f + further terms, by ordinary least squares over all training rows.

    d is ``distance_m``, in plan, f is ``frequency_mhz``. A term that is constant in the training rows, or that links do
    not tell, is left out; ``dropped`` names it after the fit. A subclass that makes them fields has d0, ``bend_m``, and
    ``features``, columns that are a linear term each.
    """

    bend_m = 0.0
    features = ()

    def __post_init__(self):
        super().__post_init__()
        self.features = tuple(self.features)
        if not (np.isfinite(self.bend_m) and self.bend_m >= 0):
            raise InputError(f"bend_m: {self.bend_m} must be 0 or more metres")

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        self._take_terms(inputs)
        design = self._design(inputs)
        self.coefficients = np.linalg.lstsq(design, target, rcond=None)[0]
        rest = target - design @ self.coefficients
        self.deviation_db = max(float(np.sqrt(np.sum(rest**2) / (len(target) - design.shape[1]))), LEAST_DB)

    def _predict(self, inputs: Inputs) -> Prediction:
        mean = self._design(inputs) @ self.coefficients
        return Prediction(mean, np.full(len(mean), self.deviation_db))

    def state(self):
        line = {"terms": list(self.terms), "dropped": self.dropped, "deviation_db": self.deviation_db}
        return line, {"coefficients": self.coefficients}

    def _load_state(self, config, arrays) -> None:
        self.terms, self.dropped = tuple(config["terms"]), dict(config["dropped"])
        self.deviation_db, self.coefficients = config["deviation_db"], arrays["coefficients"]

    def _take_terms(self, inputs: Inputs) -> None:
        """Those that vary.

        Raises
        ------
        InputError
            A term is no number, or there are too many for these rows.
        """
        self.dropped = {}
        for name in (DISTANCE, FREQUENCY, *self.features):
            if name not in inputs:
                self.dropped[name] = inputs.left_out.get(name, "the links have no such column")
            elif is_label(inputs[name]):
                raise InputError(f"features: {name!r} holds names, and a line wants numbers; leave it out")
            elif np.ptp(self._term(inputs, name)) == 0:
                self.dropped[name] = f"constant in the training rows: {inputs[name][0]:g}"
        self.terms = tuple(name for name in (DISTANCE, FREQUENCY, *self.features) if name not in self.dropped)
        if len(self.terms) + 2 > len(inputs):
            raise InputError(f"features: {len(self.terms)} terms for {len(inputs)} rows; take fewer, or more rows")

    def _design(self, inputs: Inputs) -> np.ndarray:
        """(N, 1 + terms): the constant, and the terms."""
        return np.stack([np.ones(len(inputs)), *(self._term(inputs, name) for name in self.terms)], axis=1)

    def _term(self, inputs: Inputs, name: str) -> np.ndarray:
        column = inputs[name]
        if name == DISTANCE:
            return np.log10(np.hypot(np.maximum(column, NEAREST_M), self.bend_m))
        return np.log10(column) if name == FREQUENCY else column
