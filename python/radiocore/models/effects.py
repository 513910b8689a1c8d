"""Shared by models that add site and cell effects to a line."""

from __future__ import annotations

import numpy as np

from ..measuring.association import site_of_cell
from .cell_mean import BETWEEN, cell_columns, cells_of
from .inputs import Inputs
from .line import Line
from .mixed_model import mixed_model
from .prediction import LEAST_DB, Prediction


class Effects(Line):
    """A line, and effects of nested groups, normal about zero, of variances that the training rows decide.

    Groups take their conditional means, so that one with few rows stays near zero, and one that was not measured is at
    zero with the whole variance. Cells are ``cell``, or else ``sector``; the site is the column ``site``, or else the
    number of the cell without its lowest 8 bits, where cells are numbers that tell one. What groups links have in
    training, they must have later. After the fit ``group_db`` has the standard deviation of each group,
    ``deviation_db`` that of the noise.

    Notes
    -----
    As of :func:`radiocore.models.mixed_model.mixed_model`.
    """

    groups = ("site",)
    """Columns that name a group each, the widest first; links may lack them."""

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        from scipy import sparse

        self._take_terms(inputs)
        self._by = cell_columns(inputs)
        self._named = [name for name in self.groups if name in inputs]
        line = self._design(inputs)
        centre = line.mean(axis=0) * (np.arange(line.shape[1]) > 0)
        level, rows = target.mean(), np.arange(len(target))
        groups = {name: np.unique(labels, return_inverse=True) for name, labels in self._labels(inputs).items()}
        members = [
            sparse.csr_array((np.ones(len(rows)), (rows, of.reshape(-1))), shape=(len(rows), len(words)))
            for words, of in groups.values()
        ]
        design = sparse.hstack([sparse.csr_array(line - centre), *members], format="csr")
        kind = np.repeat(np.arange(1 + len(groups)), [line.shape[1], *(len(words) for words, _ in groups.values())])
        found, spread, variance = mixed_model(design, target - level, kind)
        self.coefficients = found[kind == 0]
        self.coefficients[0] += level - centre @ self.coefficients
        self.deviation_db = float(np.sqrt(variance[-1]))
        self.group_db = dict(zip(groups, np.sqrt(variance[:-1]).tolist(), strict=True))
        self._of = {
            name: {
                str(word): (float(effect), float(own))
                for word, effect, own in zip(words, found[kind == number], spread[kind == number], strict=True)
            }
            for number, (name, (words, _)) in enumerate(groups.items(), start=1)
        }

    def _predict(self, inputs: Inputs) -> Prediction:
        mean = self._design(inputs) @ self.coefficients
        variance = np.full(len(mean), self.deviation_db**2)
        for name, labels in self._labels(inputs).items():
            known, unknown = self._of[name], (0.0, self.group_db[name] ** 2)
            words, row = np.unique(labels, return_inverse=True)
            effect, spread = np.array([known.get(str(word), unknown) for word in words])[row.reshape(-1)].T
            mean, variance = mean + effect, variance + spread
        return Prediction(mean, np.maximum(np.sqrt(variance), LEAST_DB))

    def _labels(self, inputs: Inputs) -> dict[str, np.ndarray]:
        """(N,) names by group, the widest first."""
        cells = cells_of(inputs, self._by)
        named = {name: inputs[name].astype(str) for name in self._named}
        return named | ({} if "site" in named else {"site": _sites_of(cells)}) | {"cell": cells}

    def state(self):
        config, arrays = super().state()
        return config | {"by": self._by, "named": self._named, "group_db": self.group_db, "effects": self._of}, arrays

    def _load_state(self, config, arrays) -> None:
        super()._load_state(config, arrays)
        self._by, self._named, self.group_db = tuple(config["by"]), config["named"], dict(config["group_db"])
        self._of = {name: {key: tuple(pair) for key, pair in of.items()} for name, of in config["effects"].items()}


def _sites_of(cells: np.ndarray) -> np.ndarray:
    """(N,) site of each cell, or the cell where it tells none; of the cell's carrier, where that is told apart."""

    def site_of(word: str) -> str:
        cell, between, carrier = word.partition(BETWEEN)
        number = site_of_cell(cell)
        return (f"eNB {number}" if number else cell) + between + carrier

    words, row = np.unique(cells, return_inverse=True)
    return np.array([site_of(word) for word in words.tolist()])[row.reshape(-1)]
