"""Images of links by Pillow, which has no anti-aliasing: drawn at four times the size and averaged."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from radiocore.digital_twin import style

FINER = 4
_ZOOM = style.ZOOM_PX
_PIXEL_M = 2 * style.ZOOM_RADIUS_M / _ZOOM


class PillowImages:
    """The site map is drawn once; of the zooms, the polygons that touch them are drawn for each image."""

    def __init__(self, twin):
        trees = [] if twin.foliage is None else list(twin.foliage.polygon)
        houses = [part for item in twin.scene.buildings.footprints for part in getattr(item, "geoms", [item])]
        self._polygons = [(item, style.FOLIAGE) for item in trees] + [(item, style.BUILDING) for item in houses]
        self._bounds_m = np.array([item.bounds for item, _ in self._polygons])
        west, south, east, north = twin.bounds_m
        margin_px = 2 * style.SITE_MARGIN_PX
        self._site_pixel_m = max((east - west) / (_ZOOM - margin_px), (north - south) / (style.SIDE_PX - margin_px))
        self._site_corner_m = np.array(
            [
                (west + east - _ZOOM * self._site_pixel_m) / 2,
                (south + north + style.SIDE_PX * self._site_pixel_m) / 2,
            ]
        )
        self._site = self._panel(self._site_corner_m, self._site_pixel_m, style.SIDE_PX)

    def draw(self, station_m: np.ndarray, user_m: np.ndarray) -> np.ndarray:
        """(N, 256, 256, 3)"""
        return np.stack([self._one(*ends) for ends in zip(station_m, user_m, strict=True)])

    def _one(self, station_m, user_m) -> np.ndarray:
        image = Image.new("RGB", (style.SIDE_PX * FINER, style.SIDE_PX * FINER), style.GROUND)
        site = self._site.copy()
        self._link(site, station_m, user_m, self._site_corner_m, self._site_pixel_m)
        image.paste(site, (0, 0))
        for top, end_m in ((0, station_m), (_ZOOM, user_m)):
            whole = np.floor(end_m * (1, -1) / _PIXEL_M + 0.5) - _ZOOM // 2
            corner_m = whole * (_PIXEL_M, -_PIXEL_M)
            zoom = self._panel(corner_m, _PIXEL_M, _ZOOM)
            self._link(zoom, station_m, user_m, corner_m, _PIXEL_M)
            image.paste(zoom, (_ZOOM * FINER, top * FINER))
        return np.asarray(image.reduce(FINER))

    def _panel(self, corner_m, pixel_m: float, height_px: int) -> Image.Image:
        panel = Image.new("RGB", (_ZOOM * FINER, height_px * FINER), style.GROUND)
        pen = ImageDraw.Draw(panel)
        (west, north), low, high = corner_m, self._bounds_m[:, :2], self._bounds_m[:, 2:]
        east_south = (west + _ZOOM * pixel_m, north - height_px * pixel_m)
        seen = (
            (high[:, 0] >= west) & (low[:, 0] <= east_south[0]) & (high[:, 1] >= east_south[1]) & (low[:, 1] <= north)
        )
        for row in np.flatnonzero(seen):
            polygon, colour = self._polygons[row]
            mask = None
            if polygon.interiors:
                mask = Image.new("1", panel.size)
                pen_of_mask = ImageDraw.Draw(mask)
                pen_of_mask.polygon(_fine(polygon.exterior.coords, corner_m, pixel_m), fill=1)
                for ring in polygon.interiors:
                    pen_of_mask.polygon(_fine(ring.coords, corner_m, pixel_m), fill=0)
                panel.paste(colour, mask=mask)
            else:
                pen.polygon(_fine(polygon.exterior.coords, corner_m, pixel_m), fill=colour)
        return panel

    @staticmethod
    def _link(panel, station_m, user_m, corner_m, pixel_m: float) -> None:
        pen = ImageDraw.Draw(panel)
        x, y, u, v = _fine([station_m, user_m], corner_m, pixel_m)
        radius = style.MARKER_RADIUS_PX * FINER
        pen.line((x, y, u, v), fill=style.LINK, width=round(style.LINK_WIDTH_PX * FINER))
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=style.BASE_STATION)
        half = 0.75**0.5 * radius
        pen.polygon((u, v - radius, u - half, v + radius / 2, u + half, v + radius / 2), fill=style.USER)


def _fine(xy_m, corner_m, pixel_m: float) -> list[float]:
    """x, y, x, y, ... in fine pixels; Pillow counts from the middle of the first."""
    return ((np.asarray(xy_m) - corner_m) * (FINER, -FINER) / pixel_m - 0.5).ravel().tolist()
