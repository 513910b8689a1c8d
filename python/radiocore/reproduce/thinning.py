"""Fewer rows, but of every place."""

from __future__ import annotations

import numpy as np


def spread_rows(label: np.ndarray, rows: int, seed: int) -> tuple[np.ndarray, int]:
    """At most so many of N rows, as many of each label's as that allows, drawn at random; one of each at least.

    Parameters
    ----------
    label : (N,) whole numbers from 0, as of tiles
    rows, seed : int

    Returns
    -------
    (N,) bool, and how many a label may have
    """
    drawn = np.random.default_rng(seed).permutation(len(label))
    order = drawn[np.argsort(label[drawn], kind="stable")]
    place = np.arange(len(order)) - np.searchsorted(label[order], label[order])
    size = np.bincount(label)
    most = max(number for number in range(1, size.max() + 1) if np.minimum(size, number).sum() <= rows or number == 1)
    keep = np.zeros(len(label), dtype=bool)
    keep[order[place < most]] = True
    return keep, most
