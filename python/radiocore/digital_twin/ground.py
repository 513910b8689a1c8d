"""The ground: foliage and buildings, drawn once at each scale; images are cut from it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .canvas import Canvas, Outlines
from .style import BUILDING, FOLIAGE, ZOOM_PX

MOST_TILES = 2048
"""Drawn tiles that are kept: 128 MiB; a site of more than 740 km^2 has some drawn again."""


class Ground:
    """The polygons of a site: shapely Polygons in scene metres, buildings over foliage."""

    def __init__(self, foliage: np.ndarray, buildings: np.ndarray):
        import shapely

        self._layers = [
            (Outlines(polygon), shapely.STRtree(polygon), colour)
            for polygon, colour in ((foliage, FOLIAGE), (buildings, BUILDING))
        ]
        self._tile = lru_cache(MOST_TILES)(self._draw_tile)

    def drawn(self, corner_m, pixel_m: float, height_px: int, width_px: int) -> np.ndarray:
        """(height, width, 4) uint8: the ground south-east of its north-west corner."""
        import shapely

        canvas = Canvas(height_px, width_px)
        west, north = corner_m
        box = shapely.box(west, north - height_px * pixel_m, west + width_px * pixel_m, north)
        for outlines, tree, colour in self._layers:
            rows = np.sort(tree.query(box))
            if rows.size:
                xy_m, code = outlines.of(rows)
                canvas.fill((xy_m - corner_m) * (1 / pixel_m, -1 / pixel_m), colour, code)
        return canvas.pixels.copy()

    def window(self, column: int, row: int, pixel_m: float) -> np.ndarray:
        """A zoom: (ZOOM_PX, ZOOM_PX, 4) pixels from a column and row of the lattice of pixels of the whole ground.

        Pixel (column, row) lies east of x = column * pixel_m and south of y = -row * pixel_m. Tiles
        of the lattice are drawn when first seen.
        """
        out = np.empty((ZOOM_PX, ZOOM_PX, 4), dtype=np.uint8)
        (i, down), (j, right) = divmod(row, ZOOM_PX), divmod(column, ZOOM_PX)
        for tile_row, rows, from_rows in _halves(i, down):
            for tile_column, columns, from_columns in _halves(j, right):
                out[rows, columns] = self._tile(tile_row, tile_column, pixel_m)[from_rows, from_columns]
        return out

    def _draw_tile(self, tile_row: int, tile_column: int, pixel_m: float) -> np.ndarray:
        side_m = ZOOM_PX * pixel_m
        return self.drawn((tile_column * side_m, -tile_row * side_m), pixel_m, ZOOM_PX, ZOOM_PX)


def _halves(tile: int, offset: int):
    """(tile, where to, where from) of a window along an axis that starts ``offset`` pixels into a tile."""
    yield tile, slice(None, ZOOM_PX - offset), slice(offset, None)
    if offset:
        yield tile + 1, slice(ZOOM_PX - offset, None), slice(None, offset)
