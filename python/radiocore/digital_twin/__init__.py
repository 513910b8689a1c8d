"""Top views of the path from a base station to a user, as arXiv:2207.00166 shows them to its autoencoder.

The left half of an image is the map of the whole site; on the right are two zooms, around the base station (above) and
around the user (below). :mod:`radiocore.digital_twin.style` says how they look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..foliage import Foliage
from ..progress import progress_bar
from ..scene import Scene
from . import style
from .canvas import Canvas
from .ground import Ground
from .images import SHAPE, read_images, scaled, write_blocks

BLOCK = 64
"""Images that are held at once, by :meth:`DigitalTwin.blocks` and while a file is written: 12 MiB."""

PIXEL_M = 2 * style.ZOOM_RADIUS_M / style.ZOOM_PX
_UP = np.array([1.0, -1.0])  # metres count northwards, rows southwards
_TRIANGLE_PX = style.MARKER_RADIUS_PX * np.array([[0.0, -1.0], [-(0.75**0.5), 0.5], [0.75**0.5, 0.5]])


@dataclass(frozen=True, eq=False, repr=False)
class DigitalTwin:
    """A site as its images show it: buildings, foliage, and the box that the site map covers.

    Attributes
    ----------
    scene : the buildings; its base stations are not drawn, other than the one of an image
    foliage : read in the scene's frame, as by ``Foliage.read(path, scene.frame)``; None draws none
    bounds_m : (x_min, y_min, x_max, y_max)
        The site, scene metres; base stations and users must lie in it. Default: where the
        scene's receivers may be.

    Notes
    -----
    The site map keeps the site's proportions; where the site is wider or narrower than the left half, the ground goes
    on around it. A zoom is cut from the ground in whole pixels of ``PIXEL_M``; markers and links are drawn where they
    are to a fraction of a pixel, so nothing of a position is lost.
    """

    scene: Scene
    foliage: Foliage | None = None
    bounds_m: tuple[float, float, float, float] | None = None

    def __post_init__(self):
        foliage = self.foliage
        if foliage is not None and len(foliage) and foliage.frame != self.scene.frame:
            raise InputError("foliage: is in another frame than the scene; read it by Foliage.read(path, scene.frame)")
        if len(self.scene.buildings) == 0 and not foliage:
            raise InputError(
                "scene: it has no buildings and no foliage was given, so all images would show bare ground; give either"
            )
        object.__setattr__(self, "bounds_m", _checked_bounds_m(self.bounds_m, self.scene.receiver_bounds_m))

    def __repr__(self) -> str:
        west, south, east, north = self.bounds_m
        buildings, foliage = len(self.scene.buildings), len(self.foliage or ())
        size = f"{east - west:.0f} m x {north - south:.0f} m"
        return f"<DigitalTwin: {buildings} buildings, {foliage} foliage polygons, {size}>"

    def draw(self, base_station_m, user_m) -> np.ndarray:
        """Draw the images of some links.

        Parameters
        ----------
        base_station_m : (2,) or (N, 2) array_like
            Scene metres; one station may serve all users.
        user_m : (N, 2) array_like

        Returns
        -------
        (N, 256, 256, 3) uint8, north up; red, green and blue

        Raises
        ------
        InputError
            A position is not finite, or lies outside ``bounds_m``; the message names its row.
        """
        return self._drawn(self._ends(base_station_m, user_m))

    def write(self, path: str | Path, base_station_m, user_m, *, progress: bool | None = None) -> None:
        """Draw the images of some links to a .npy file, which :func:`read_images` reads.

        Parameters
        ----------
        path : str or Path
            Written whole or not at all; 192 KiB an image.
        base_station_m, user_m : as in :meth:`draw`
        progress : bool, optional
            A progress bar; None shows it on a terminal.
        """
        ends_m = self._ends(base_station_m, user_m)
        write_blocks(path, len(ends_m), self._in_blocks(ends_m, "drawing", progress))

    def blocks(
        self, base_station_m, user_m, *, what: str = "drawing", progress: bool | None = False
    ) -> Iterator[np.ndarray]:
        """The images of :meth:`draw`, 64 at a time; positions are checked before the first.

        The progress bar says what is done with them, and steps on when the next are asked for.
        """
        return self._in_blocks(self._ends(base_station_m, user_m), what, progress)

    def _in_blocks(self, ends_m: np.ndarray, what: str, progress: bool | None) -> Iterator[np.ndarray]:
        with progress_bar(len(ends_m), what, progress, unit="images") as update:
            for start in range(0, len(ends_m), BLOCK):
                block = self._drawn(ends_m[start : start + BLOCK])
                yield block
                update(len(block))

    @cached_property
    def _ground(self) -> Ground:
        import shapely

        trees = np.empty(0, dtype=object) if self.foliage is None else self.foliage.polygon
        return Ground(trees, shapely.get_parts(self.scene.buildings.footprints))

    @cached_property
    def _site(self) -> tuple[np.ndarray, float, np.ndarray]:
        """North-west corner of the site map, m; metres a pixel; its pixels."""
        west, south, east, north = self.bounds_m
        height_px, width_px = style.SIDE_PX, style.SIDE_PX - style.ZOOM_PX
        margin_px = 2 * style.SITE_MARGIN_PX
        pixel_m = max((east - west) / (width_px - margin_px), (north - south) / (height_px - margin_px))
        middle_m = np.array([west + east, south + north]) / 2
        corner_m = middle_m + np.array([-width_px, height_px]) / 2 * pixel_m
        return corner_m, pixel_m, self._ground.drawn(corner_m, pixel_m, height_px, width_px)

    def _drawn(self, ends_m: np.ndarray) -> np.ndarray:
        out = np.empty((len(ends_m), *SHAPE), dtype=np.uint8)
        canvas = Canvas(style.SIDE_PX, style.SIDE_PX)
        for image, both_m in zip(out, ends_m, strict=True):
            self._draw_one(canvas, both_m)
            canvas.copy_to(image)
        return out

    def _draw_one(self, canvas: Canvas, ends_m: np.ndarray) -> None:
        """One image over whatever the canvas holds; ``ends_m`` is the station above the user."""
        zoom = style.ZOOM_PX
        left = style.SIDE_PX - zoom
        corner_m, pixel_m, site = self._site
        canvas.pixels[:, :left] = site
        canvas.clip(0, 0, style.SIDE_PX, left)
        _draw_link(canvas, (ends_m - corner_m) * _UP / pixel_m)
        on_lattice_px = ends_m * _UP / PIXEL_M
        for top, middle_px in zip((0, zoom), on_lattice_px, strict=True):
            column, row = np.floor(middle_px + 0.5).astype(int) - zoom // 2
            canvas.pixels[top : top + zoom, left:] = self._ground.window(int(column), int(row), PIXEL_M)
            canvas.clip(top, left, zoom, zoom)
            _draw_link(canvas, on_lattice_px - (column, row) + (left, top))

    def _ends(self, base_station_m, user_m) -> np.ndarray:
        """(N, 2, 2) station and user of each image, checked."""
        ends = {"base_station_m": base_station_m, "user_m": user_m}
        for name, value in ends.items():
            try:
                xy_m = np.atleast_2d(np.asarray(value, dtype=np.float64))
            except (TypeError, ValueError):
                raise InputError(f"{name}: holds something other than numbers") from None
            if xy_m.ndim != 2 or xy_m.shape[1] != 2 or len(xy_m) == 0:
                raise InputError(f"{name}: shape {np.shape(value)} is not (N, 2): x and y of one or more, scene metres")
            self._check_inside(xy_m, name)
            ends[name] = xy_m
        station_m, user_m = ends.values()
        if len(station_m) not in (1, len(user_m)):
            raise InputError(
                f"base_station_m: {len(station_m)} stations for {len(user_m)} users; give one, or one each"
            )
        return np.stack([np.broadcast_to(station_m, user_m.shape), user_m], axis=1)

    def _check_inside(self, xy_m: np.ndarray, name: str) -> None:
        west, south, east, north = self.bounds_m
        inside = ((xy_m >= (west, south)) & (xy_m <= (east, north))).all(axis=1)
        if inside.all():
            return
        row = int(np.argmin(inside))
        x_m, y_m = (float(value) for value in xy_m[row])
        if not np.isfinite([x_m, y_m]).all():
            raise InputError(f"{name}: row {row} ({x_m:g}, {y_m:g}) is not finite; leave such rows out")
        raise InputError(
            f"{name}: row {row} ({x_m:.1f}, {y_m:.1f}) m lies outside the site ({west:.1f}, {south:.1f}, {east:.1f}, "
            f"{north:.1f}) m; leave it out, or give bounds_m= that hold it"
        )


def _checked_bounds_m(bounds_m, default) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(value) for value in (default if bounds_m is None else bounds_m))
    except (TypeError, ValueError):
        raise InputError(f"bounds_m: {bounds_m!r} is not four numbers x_min, y_min, x_max, y_max") from None
    if not (np.isfinite([west, south, east, north]).all() and west < east and south < north):
        raise InputError(
            f"bounds_m: ({west:g}, {south:g}, {east:g}, {north:g}) must ascend: x_min < x_max and y_min < y_max, in "
            "scene metres"
        )
    return (west, south, east, north)


def _draw_link(canvas: Canvas, ends_px: np.ndarray) -> None:
    station_px, user_px = ends_px
    canvas.line(ends_px, style.LINK, style.LINK_WIDTH_PX)
    canvas.disc(station_px, style.MARKER_RADIUS_PX, style.BASE_STATION)
    canvas.fill(user_px + _TRIANGLE_PX, style.USER)


__all__ = ["DigitalTwin", "read_images", "scaled"]
