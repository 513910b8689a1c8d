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
from .prediction import Prediction

MOST_ROUNDS = 200
SETTLED_DB = 1e-2
"""Standard deviations that change less in a round are found."""

WEAK = 1e-6
"""Prior precision of the line's coefficients, 1 / dB^2: so wide that it decides only what the rows leave open."""


@dataclass
class MixedEffects(Model):
    """P = line + u(site) + v(cell) + noise, with u, v and noise normal of variances that the training rows decide.

    The line has the terms of least squares. Sites and cells take their conditional means, so that one with few rows
    stays near zero, and one that was not measured is at zero with the whole variance. Cells are ``cell``, or else
    ``sector``; the site is the column ``site``, or else the number of the cell without its lowest 8 bits, where cells
    are numbers.

    Notes
    -----
    Variances by expectation and maximisation, coefficients by the mixed-model equations: Laird and Ware, Biometrics 38
    (1982); Henderson, Biometrics 31 (1975). A round costs the cube of the number of sites and cells and does not depend
    on that of rows. statsmodels' MixedLM reaches the same by a general optimiser, much slower with nested groups.
    """

    name = "mixed effects"

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        from scipy import sparse

        self.terms, self.dropped = terms_of(inputs)
        line = design_of(inputs, self.terms)
        centre = line.mean(axis=0) * (np.arange(line.shape[1]) > 0)
        level = target.mean()
        self._by = cell_column(inputs)
        labels = {"site": _sites(inputs, self._by), "cell": cells_of(inputs, self._by)}
        groups = {name: np.unique(column, return_inverse=True) for name, column in labels.items()}
        rows = np.arange(len(target))
        members = [
            sparse.csr_array((np.ones(len(target)), (rows, of.reshape(-1))), shape=(len(target), len(words)))
            for words, of in groups.values()
        ]
        design = sparse.hstack([sparse.csr_array(line - centre), *members], format="csr")
        kind = np.repeat([0, 1, 2], [line.shape[1], *(len(words) for words, _ in groups.values())])
        found, spread, variance = _mixed_model(design, target - level, kind)
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
        sites, cells = _sites(inputs, self._by), cells_of(inputs, self._by)
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


def _mixed_model(design, target: np.ndarray, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(K,) effects, (K,) their variances, and (3,) variances of sites, of cells and of noise.

    ``kind`` tells of each column of the design whether it is of the line, 0, of a site, 1, or of a cell, 2.
    """
    gram, moment, square = (design.T @ design).toarray(), design.T @ target, float(target @ target)
    variance = np.full(3, target.var() / 3)
    least = LEAST_DB**2
    for _ in range(MOST_ROUNDS):
        site, cell, noise = variance
        prior = np.array([WEAK, 1 / site, 1 / cell])[kind]
        posterior = np.linalg.inv(gram / noise + np.diag(prior))
        found = posterior @ moment / noise
        spread = np.diag(posterior)
        rest = square - 2 * found @ moment + found @ gram @ found + np.sum(gram * posterior)
        effects = [np.mean(found[kind == k] ** 2 + spread[kind == k]) for k in (1, 2)]
        before, variance = variance, np.maximum([*effects, rest / len(target)], least)
        if np.abs(np.sqrt(variance) - np.sqrt(before)).max() < SETTLED_DB:
            break
    return found, spread, variance


def _sites(inputs: Inputs, by: str) -> np.ndarray:
    """(N,) site of each link, or of its cell, which that column tells."""
    if "site" in inputs:
        return inputs["site"].astype(str)
    cells = cells_of(inputs, by)
    words, row = np.unique(cells, return_inverse=True)
    return np.array([str(int(word) // CELLS_PER_SITE) if word.isdigit() else word for word in words])[row.reshape(-1)]
