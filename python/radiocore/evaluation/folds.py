"""Which rows are held out together, so that what a model is judged on is not what it has seen."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..units import MM_PER_M, to_lattice_mm
from .split import RANDOM, Split, without_like

MOST_FOLDS = 20
BLOCKED = "blocked"
FEWEST_BLOCKS = 8
"""With fewer, each block is a fold of its own."""


@dataclass(frozen=True, eq=False)
class Folds(Split):
    """N rows shared out to K folds, each held out once while a model learns from the rest.

    Attributes
    ----------
    kind : how: "random", "blocked 100 m", "leave one area out", ...
    number : (N,) fold that each row is held out in, 0 to K - 1
    apart : (N,) or (L, N) labels, optional, as of cells and of towers; a row of which one stands among those held out
        is not learned from either
    """

    kind: str
    number: np.ndarray
    apart: np.ndarray | None = None

    @property
    def rows(self) -> int:
        return len(self.number)

    @property
    def is_blocked(self) -> bool:
        """Squares of a map are held out."""
        return self.kind.startswith(BLOCKED)

    def __len__(self) -> int:
        return int(self.number.max()) + 1

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(N,) rows to learn from and (N,) rows held out, as masks, fold by fold."""
        for fold in range(len(self)):
            held_out = self.number == fold
            yield without_like(~held_out, held_out, self.apart), held_out


def random_folds(rows: int, k: int = MOST_FOLDS, seed: int = 0, *, together=None) -> Folds:
    """K folds of rows drawn at random, as in the papers.

    Parameters
    ----------
    together : (N,) array_like, optional
        Labels of rows that are never parted: :func:`duplicates_of` them.

    Raises
    ------
    InputError
        There are fewer rows than folds, or fewer than two folds.
    """
    return Folds(RANDOM, _shared_out(np.arange(rows) if together is None else together, k, seed))


def blocked_folds(x_m, y_m, block_m: float, k: int = MOST_FOLDS, seed: int = 0) -> Folds:
    """K folds of whole squares of a map, so that a model is judged where it has not been.

    Each square goes to one fold, such that the folds have about as many rows. There are no more folds than squares;
    fewer than eight squares are a fold each.

    Parameters
    ----------
    x_m, y_m : (N,) array_like, metres
    block_m : float
        Side of a square, whole millimetres. With a multiple of 10 m no tile of 10 m is parted.

    Raises
    ------
    InputError
        All rows lie in one square.
    """
    return label_folds(squares(x_m, y_m, block_m), k, seed, kind=f"{BLOCKED} {block_m:g} m")


def label_folds(labels, k: int = MOST_FOLDS, seed: int = 0, *, kind: str = BLOCKED, apart=None) -> Folds:
    """K folds of whole labels, as :func:`blocked_folds` has them of whole squares; ``apart`` as of :class:`Folds`.

    Raises
    ------
    InputError
        All rows have one label.
    """
    several = len(np.unique(labels))
    if several < 2:
        raise InputError(f"folds: all {len(labels)} rows lie in one block ({kind}); take smaller blocks")
    return Folds(kind, _shared_out(labels, several if several < FEWEST_BLOCKS else min(k, several), seed), apart)


def leave_one_out(labels, what: str, *, apart=None) -> Folds:
    """A fold for each label, in ascending order: leave one ``what`` out.

    Parameters
    ----------
    labels : (N,) array_like
    what : str
        What a label is, as "area".
    apart : (N,) or (L, N) array_like, optional
        Labels that must not stand on both sides, as the cell: rows that would are not learned from.

    Raises
    ------
    InputError
        All rows have one label.
    """
    words, number = np.unique(np.asarray(labels), return_inverse=True)
    if len(words) < 2:
        raise InputError(f"folds: all rows have one {what}; several are needed to leave one out")
    return Folds(f"leave one {what} out", number.reshape(-1), apart)


def squares(x_m, y_m, side_m: float) -> np.ndarray:
    """(N,) number of the square that each point lies in; edges lie on multiples of the side and belong north-east.

    Raises
    ------
    InputError
        The side is not a positive number of whole millimetres, or a point is not finite.
    """
    side_mm = round(float(side_m) * MM_PER_M) if np.isfinite(side_m) else 0
    if side_mm < 1 or abs(side_mm - side_m * MM_PER_M) > 1e-6:
        raise InputError(f"block_m: {side_m} must be a positive number of whole millimetres")
    corners = [to_lattice_mm(y_m, "y_m") // side_mm, to_lattice_mm(x_m, "x_m") // side_mm]
    return np.unique(np.stack(corners, axis=1), axis=0, return_inverse=True)[1].reshape(-1)


def duplicates_of(columns: Mapping[str, np.ndarray], *more) -> np.ndarray:
    """(N,) number of each row's distinct combination of values: equal for exact copies."""
    codes = [np.unique(column, return_inverse=True)[1].reshape(-1) for column in (*columns.values(), *more)]
    return np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)[1].reshape(-1)


def _shared_out(labels, k: int, seed: int) -> np.ndarray:
    """(N,) fold of each row: labels whole, the largest first, each to the fold that has the fewest rows yet."""
    number, rows = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)[1:]
    if not 2 <= k <= len(rows):
        raise InputError(f"k: {k} folds of {len(rows)} distinct rows or blocks; take from 2 to that many")
    drawn = np.random.default_rng(seed).permutation(len(rows))
    fold_of = np.empty(len(rows), dtype=np.int64)
    filled = [(0, fold) for fold in range(k)]
    for label in drawn[np.argsort(-rows[drawn], kind="stable")]:
        held, fold = heapq.heappop(filled)
        fold_of[label] = fold
        heapq.heappush(filled, (held + int(rows[label]), fold))
    return fold_of[number.reshape(-1)]
