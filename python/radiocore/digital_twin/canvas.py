"""Polygons, lines and markers on pixels, drawn by Agg as it comes with matplotlib.

Agg computes with fixed-point coordinates and knows of no vector units: same input, same bytes. Pixels are counted from
the upper left corner, rightwards and down; nothing of the user's matplotlib settings takes part.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_DOTS_PER_INCH = 72.0  # a point is a pixel
_MOVE, _LINE, _CLOSE = 1, 2, 79  # codes of matplotlib.path.Path


class Outlines:
    """Polygons as they are filled together: where two overlap or touch there is no seam."""

    def __init__(self, polygon: np.ndarray):
        import shapely

        # Normal form turns outer rings clockwise and holes the other way, as the non-zero rule wants.
        rings, owner = shapely.get_rings(shapely.normalize(polygon), return_index=True)
        self._xy, ring = shapely.get_coordinates(rings, return_index=True)
        first = np.diff(ring, prepend=-1) != 0
        last = np.diff(ring, append=len(rings)) != 0
        self._code = np.select([first, last], [_MOVE, _CLOSE], _LINE).astype(np.uint8)
        self._start = np.searchsorted(owner[ring], np.arange(len(polygon) + 1))

    def of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates and codes of some of the polygons."""
        points = np.concatenate([np.arange(self._start[row], self._start[row + 1]) for row in rows])
        return self._xy[points], self._code[points]


class Canvas:
    """(height, width) pixels, white at first."""

    def __init__(self, height_px: int, width_px: int):
        from matplotlib.backends.backend_agg import RendererAgg

        self._renderer = RendererAgg(width_px, height_px, _DOTS_PER_INCH)
        self._how = self._renderer.new_gc()
        self._how.set_snap(False)
        self._height_px = height_px
        self.pixels = np.asarray(self._renderer.buffer_rgba())
        """(height, width, 4) uint8, written through: red, green, blue and a constant 255."""
        self.pixels[...] = 255
        self.clip(0, 0, height_px, width_px)

    def clip(self, top_px: int, left_px: int, height_px: int, width_px: int) -> None:
        """Draw within this box only, from now on."""
        from matplotlib.transforms import Bbox

        bottom_px = self._height_px - top_px - height_px
        self._how.set_clip_rectangle(Bbox.from_bounds(left_px, bottom_px, width_px, height_px))

    def copy_to(self, image: np.ndarray) -> None:
        """Its colours, to (height, width, 3) bytes."""
        for channel in range(3):  # five times as fast as all in one slice
            image[..., channel] = self.pixels[..., channel]

    def fill(self, xy_px: np.ndarray, colour: Sequence[int], code: np.ndarray | None = None) -> None:
        """Fill the inside of rings; ``code`` says where they begin and end (default: one ring)."""
        self._draw(xy_px, colour, code, 0.0)

    def line(self, xy_px: np.ndarray, colour: Sequence[int], width_px: float) -> None:
        """Draw along (n, 2) points."""
        self._draw(xy_px, colour, None, width_px)

    def disc(self, centre_px: np.ndarray, radius_px: float, colour: Sequence[int]) -> None:
        from matplotlib.path import Path

        circle = Path.unit_circle()
        self._draw(centre_px + radius_px * circle.vertices, colour, circle.codes, 0.0)

    def _draw(self, xy_px, colour, code, width_px: float) -> None:
        from matplotlib.path import Path
        from matplotlib.transforms import IdentityTransform

        path = Path((0, self._height_px) + xy_px * (1, -1), code)  # Agg counts rows upwards
        path.should_simplify = False
        rgba = (*(value / 255 for value in colour), 1.0)
        self._how.set_foreground(rgba, isRGBA=True)
        self._how.set_linewidth(width_px)
        self._renderer.draw_path(self._how, path, IdentityTransform(), None if width_px else rgba)
