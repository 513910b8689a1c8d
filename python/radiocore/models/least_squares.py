"""Baseline: one line for all cells, on the logarithms of distance and frequency."""

from __future__ import annotations

from dataclasses import dataclass

from .line import Line


@dataclass
class LeastSquares(Line):
    """P = a + b log10 d + c log10 f by ordinary least squares over all training rows; see :class:`Line`."""

    name = "least squares"
