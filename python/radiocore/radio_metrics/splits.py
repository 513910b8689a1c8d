"""What is held out while models of a metric are chosen and judged."""

from __future__ import annotations

from ..errors import InputError, nearest_name
from ..evaluation.folds import BLOCKED, Folds, label_folds, squares
from ..evaluation.named_folds import cells_of, copies_of, named_folds, towers_of
from ..evaluation.split import PLAIN
from ..measurements import Measurements
from ..models.conformal import INNER_FOLDS
from ..predictor import BLOCK_M

STRICT = ("geohash6", "tower")
"""Held out with their cells and towers apart; the first that can be had is the default."""
SHARE_LEARNED, FEWEST_LEARNED = 0.1, 100
"""Of the rows, and rows, that each fold of the default must leave to learn from: what is judged and calibrated on less
is not the model that all rows train."""
SPLITS = (*STRICT, "area", "operator", "squares")


def folds_of(measurements: Measurements, split: str | None, seed: int) -> Folds:
    """About five folds of measurements.

    Parameters
    ----------
    split : {"geohash6", "tower", "area", "operator", "squares"}, optional
        What is held out whole. All but squares of 100 m keep radio cells and towers apart as well; those do not, and
        the folds' caption says so. Default: geohash cells or, where these cannot be had or leave less than a tenth
        of the rows, or than 100, to learn from in a fold, towers.

    Raises
    ------
    InputError
        The split is unknown, or the measurements cannot be split so.
    """
    if split is None:
        return _strictest(measurements, seed)
    if split not in SPLITS:
        raise InputError(f"split: {split!r} is not one of {', '.join(SPLITS)}{nearest_name(split, SPLITS)}")
    if split == "squares":
        blocks = squares(measurements.x_m, measurements.y_m, BLOCK_M)
        return label_folds(blocks, INNER_FOLDS, seed, kind=f"{BLOCKED} {BLOCK_M:g} m{PLAIN}")
    if split == "tower":
        return _of_towers(measurements, seed)
    return named_folds(measurements, split, k=INNER_FOLDS, seed=seed)


def _of_towers(measurements: Measurements, seed: int) -> Folds:
    towers, cells = towers_of(measurements), cells_of(measurements)
    if (towers == towers[0]).all():
        raise InputError("split: all rows are of one tower, and several are needed to hold some out")
    folds = label_folds(towers, INNER_FOLDS, seed, kind="towers held out")
    folds.check_no_leak(copies_of(measurements), cells=cells, towers=towers)
    return folds


def _strictest(measurements: Measurements, seed: int) -> Folds:
    """The first whose folds all leave enough to learn from, or else that which leaves the most."""
    reasons, found = [], []
    enough = max(SHARE_LEARNED * len(measurements), FEWEST_LEARNED)
    for split in STRICT:
        try:
            folds = folds_of(measurements, split, seed)
        except InputError as error:
            reasons.append(f"{split}: {error}")
            continue
        fewest = min(int(training.sum()) for training, _ in folds)
        if fewest >= enough:
            return folds
        found.append((fewest, folds))
    if found:
        return max(found, key=lambda pair: pair[0])[1]
    raise InputError(
        f"split: no rows can be held out with their cells and towers apart ({'; '.join(reasons)}); take "
        "split='squares', whose numbers flatter"
    )
