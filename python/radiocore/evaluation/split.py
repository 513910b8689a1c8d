"""What every way to hold rows out promises: that nothing leaks, or that its numbers say so."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np

from ..errors import InputError

RANDOM = "random"
PLAIN = ", plain"
"""Ends the kind of a split that was asked for with rows as they are, cells and towers on both sides."""


class Split(ABC):
    """Pairs of rows to learn from and rows held out."""

    kind: str
    """How: "random", "blocked 100 m", "leave one area out", "leave one area out, plain", ..."""

    @property
    @abstractmethod
    def rows(self) -> int:
        """How many rows are split."""

    @abstractmethod
    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(N,) rows to learn from and (N,) rows held out, as masks, pair by pair."""

    @property
    def flatters(self) -> bool:
        """What is like the held out rows may be learned from, as was asked for by name."""
        return self.kind == RANDOM or self.kind.endswith(PLAIN)

    @property
    def caption(self) -> str:
        """The kind as it stands beside a number: a split that parts what is alike gives too good ones."""
        return f"{self.kind}: flatters" if self.flatters else self.kind

    def check_no_leak(self, duplicates=None, **whole) -> None:
        """Refuse a split in which a row is learned from and held out.

        Parameters
        ----------
        duplicates : (N,) array_like, optional
            Equal for rows that are exact copies, as of :func:`radiocore.evaluation.folds.duplicates_of`; no split may
            part them.
        **whole : (N,) array_like
            Labels by what they are, as ``tiles=squares(x_m, y_m, 10)`` or ``cells=...``: no split may part rows of one
            label, but those that were asked for by a name that says so: random ones, and plain ones.

        Raises
        ------
        InputError
            A label stands on both sides.
        """
        if duplicates is not None:
            self._refuse_parted("duplicate rows", duplicates, "make the folds with together=duplicates_of(...)")
        if not self.flatters:
            for what, labels in whole.items():
                self._refuse_parted(what, labels, f"take blocks that are a multiple of them, or keep {what} apart")

    def _refuse_parted(self, what: str, labels, remedy: str) -> None:
        labels = np.unique(np.asarray(labels), return_inverse=True)[1].reshape(-1)
        if len(labels) != self.rows:
            raise InputError(f"{what}: {len(labels)} labels for {self.rows} rows; give one each")
        for fold, (training, held_out) in enumerate(self):
            seen = np.zeros(len(labels), dtype=bool)
            seen[labels[training]] = True
            leaked = np.flatnonzero(held_out & seen[labels])
            if leaked.size:
                raise InputError(
                    f"folds: {what}: row {leaked[0]} is held out in fold {fold} of the {self.kind} folds, and its like "
                    f"is learned from; {remedy}"
                )


def without_like(training: np.ndarray, held_out: np.ndarray, apart) -> np.ndarray:
    """(N,) bool, the rows to learn from of which no label of ``apart``, (N,) or (L, N), stands among those held out."""
    for labels in () if apart is None else np.atleast_2d(apart):
        training = training & ~np.isin(labels, labels[held_out])
    return training
