"""A line for all, and what each site and each cell adds to it, shrunken by what they commonly add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..measuring.association import CELLS_PER_SITE
from .base import Model
from .cell_mean import cell_column, cells_of
from .inputs import Inputs
from .least_squares import design_of, terms_of
from .log_distance import LEAST_DB
from .mixed_model import mixed_model
from .prediction import Prediction


@dataclass
class MixedEffects(Model):
    """P = line + u(site) + v(cell) + noise, with u, v and noise normal of variances that the training rows decide.

    The line has the terms of least squares. Sites and cells take their conditional means, so that one with few rows
    stays near zero, and one that was not measured is at zero with the whole variance. Cells are ``cell``, or else
    ``sector``; the site is the column ``site``, or else the number of the cell without its lowest 8 bits, where cells
    are numbers.

    Notes
    -----
    As of :func:`radiocore.models.mixed_model.mixed_model`.
    """

    name = "mixed effects"

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        from scipy import sparse

        self.terms, self.dropped = terms_of(inputs)
        line = design_of(inputs, self.terms)
        centre = line.mean(axis=0) * (np.arange(line.shape[1]) > 0)
        level = target.mean()
        self._by = cell_column(inputs)
        labels = {"site": sites_of(inputs, self._by), "cell": cells_of(inputs, self._by)}
        groups = {name: np.unique(column, return_inverse=True) for name, column in labels.items()}
        rows = np.arange(len(target))
        members = [
            sparse.csr_array((np.ones(len(target)), (rows, of.reshape(-1))), shape=(len(target), len(words)))
            for words, of in groups.values()
        ]
        design = sparse.hstack([sparse.csr_array(line - centre), *members], format="csr")
        kind = np.repeat([0, 1, 2], [line.shape[1], *(len(words) for words, _ in groups.values())])
        found, spread, variance = mixed_model(design, target - level, kind)
        self.coefficients = found[kind == 0]
        self.coefficients[0] += level - centre @ self.coefficients
        self.site_db, self.cell_db, self.noise_db = (float(np.sqrt(value)) for value in variance)
        self._of = {
            name: {
                str(word): (float(effect), float(own))
                for word, effect, own in zip(words, found[kind == k], spread[kind == k], strict=True)
            }
            for k, (name, (words, _)) in enumerate(groups.items(), start=1)
        }

    def _predict(self, inputs: Inputs) -> Prediction:
        mean = design_of(inputs, self.terms) @ self.coefficients
        variance = np.full(len(mean), self.noise_db**2)
        sites, cells = sites_of(inputs, self._by), cells_of(inputs, self._by)
        for name, labels, own_db in (("site", sites, self.site_db), ("cell", cells, self.cell_db)):
            words, row = np.unique(labels, return_inverse=True)
            known: Mapping[str, tuple[float, float]] = self._of[name]
            effect, spread = np.array([known.get(str(word), (0.0, own_db**2)) for word in words])[row.reshape(-1)].T
            mean, variance = mean + effect, variance + spread
        return Prediction(mean, np.maximum(np.sqrt(variance), LEAST_DB))

    def state(self):
        config = {
            "by": self._by,
            "terms": list(self.terms),
            "dropped": self.dropped,
            "deviations_db": {"site": self.site_db, "cell": self.cell_db, "noise": self.noise_db},
            "effects": self._of,
        }
        return config, {"coefficients": self.coefficients}

    def _load_state(self, config, arrays) -> None:
        self._by, self.terms, self.dropped = config["by"], tuple(config["terms"]), dict(config["dropped"])
        self.site_db, self.cell_db, self.noise_db = (config["deviations_db"][key] for key in ("site", "cell", "noise"))
        self._of = {name: {key: tuple(pair) for key, pair in of.items()} for name, of in config["effects"].items()}
        self.coefficients = arrays["coefficients"]


def sites_of(inputs: Inputs, by: str) -> np.ndarray:
    """(N,) site of each link, or of its cell, which that column tells."""
    if "site" in inputs:
        return inputs["site"].astype(str)
    cells = cells_of(inputs, by)
    words, row = np.unique(cells, return_inverse=True)
    return np.array([str(int(word) // CELLS_PER_SITE) if word.isdigit() else word for word in words])[row.reshape(-1)]
