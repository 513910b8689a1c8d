"""The first tier of a predictor: images of its links, and the autoencoder that makes a few numbers of each."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..digital_twin import DigitalTwin
from ..errors import InputError
from ..foliage import Foliage, FoliageReport
from ..frame import LocalFrame, moved
from ..measurements import Measurements, Points
from ..measuring.association import Association
from ..models.base import FEWEST_ROWS
from ..models.likelihood import LATENT
from ..models.vae import Autoencoder
from ..scene import Scene
from .checkpointed import keeping

NO_IMAGES = "no images (images=0)"
MARGIN_M = 200.0
"""Around masts and measurements: maps reach farther than these."""
BATCH, EPOCHS = 2, 2
"""Where no autoencoder with settings of its own is given: few images teach more in small batches than in the paper's of
50 (``models/autoencoder_attempts.csv``). An image takes some 0.1 s of a processor in each epoch."""


@dataclass(frozen=True, eq=False)
class ImageTier:
    """What draws and encodes the links of one site.

    Attributes
    ----------
    autoencoder : Autoencoder, fitted
    foliage : Foliage that images show beside the buildings; None = none
    frame : LocalFrame of the foliage and of the bounds
    bounds_m : (x_min, y_min, x_max, y_max) of the site that images show, with every mast and measurement
    average : mean of each of its columns over the training rows

    Notes
    -----
    An autoencoder sees no level, so it is trained once, on images of all training rows, and stays as it is where a
    model is judged on some of them; arXiv:2207.00166 trains it once and offline, too.
    """

    autoencoder: Autoencoder
    foliage: Foliage | None
    frame: LocalFrame
    bounds_m: tuple[float, float, float, float]
    average: Mapping[str, float]

    @classmethod
    def train(
        cls,
        scene: Scene,
        measurements: Measurements,
        number: int,
        *,
        foliage: Foliage | None = None,
        autoencoder: Autoencoder | None = None,
        seed: int = 0,
        checkpoint: Path | None = None,
        progress: bool | None = None,
    ) -> tuple[ImageTier, dict[str, np.ndarray]]:
        """Train on the images of some links, and encode all.

        Parameters
        ----------
        scene : Scene, with buildings and the measurements' base stations
        measurements : Measurements, N rows
        number : int
            Images to train on, of rows drawn at random; they lie in a temporary file of 192 KiB each meanwhile.
        foliage : Foliage, optional
            In the scene's frame.
        autoencoder : Autoencoder, optional
            Settings of its own; it is trained in place. Default: eight features, batches of two, two epochs.
        checkpoint : Path, optional
            File of its epochs; a killed training goes on from there.

        Returns
        -------
        ImageTier, and (N,) z1, z2, ... of the rows by name

        Raises
        ------
        InputError
            There are no buildings or no stations, or the number does not fit the rows.
        """
        check_images(number, scene, len(measurements))
        station_m, user_m = link_ends(scene, measurements.associated(scene))
        corners_m = np.vstack([station_m, user_m, np.reshape(scene.receiver_bounds_m, (2, 2))])
        low_m, high_m = corners_m.min(axis=0) - MARGIN_M, corners_m.max(axis=0) + MARGIN_M
        autoencoder = autoencoder or Autoencoder(latent=len(LATENT), batch=BATCH, epochs=EPOCHS, seed=seed)
        untold = cls(autoencoder, _near(foliage, low_m, high_m), scene.frame, (*low_m.tolist(), *high_m.tolist()), {})
        twin = untold._twin(scene)
        rows = np.sort(np.random.default_rng(seed).permutation(len(measurements))[:number])
        with tempfile.TemporaryDirectory(prefix="radiocore-") as folder, keeping(autoencoder, checkpoint=checkpoint):
            file = Path(folder) / "images.npy"
            twin.write(file, station_m[rows], user_m[rows], progress=progress)
            autoencoder.fit(file, progress=progress)
        columns = autoencoder.columns(twin, station_m, user_m, progress=progress)
        return replace(untold, average={name: float(column.mean()) for name, column in columns.items()}), columns

    def columns(self, scene: Scene, points: Points | Measurements, progress: bool | None = False):
        """(N,) z1, z2, ... of links by name; images are drawn and forgotten, block by block.

        Raises
        ------
        InputError
            A point or its station lies outside the site.
        """
        ends_m = link_ends(scene, points.associated(scene))
        twin = self._twin(scene)
        west, south, east, north = twin.bounds_m
        for what, xy_m in zip(("the station", "it"), ends_m, strict=True):
            inside = ((xy_m >= (west, south)) & (xy_m <= (east, north))).all(axis=1)
            if not inside.all():
                row = points.row[int(np.argmin(inside))]
                raise InputError(
                    f"{points.report.source}: row {row}: {what} lies outside the site of {east - west:.0f} m x "
                    f"{north - south:.0f} m that the model has images of; leave such rows out, or train with "
                    "measurements there"
                )
        return self.autoencoder.columns(twin, *ends_m, progress=progress)

    def averages(self, number: int) -> dict[str, np.ndarray]:
        """(number,) columns of links whose images are not drawn: what the training rows have on average."""
        return {name: np.full(number, value) for name, value in self.average.items()}

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What :meth:`of` makes it of again: plain values for JSON, and arrays."""
        import shapely

        learned, weights = self.autoencoder.state()
        config = {
            "autoencoder": {"settings": self.autoencoder.settings, "state": learned},
            "frame": asdict(self.frame),
            "bounds_m": list(self.bounds_m),
            "average": dict(self.average),
            "foliage": None,
        }
        arrays = {f"autoencoder.{name}": array for name, array in weights.items()}
        if self.foliage is not None:
            _, corners_m, (rings, polygons) = shapely.to_ragged_array(self.foliage.polygon)
            arrays |= {"foliage.corners_m": corners_m, "foliage.rings": rings, "foliage.polygons": polygons}
            report = self.foliage.report
            config["foliage"] = {
                "id": self.foliage.id.tolist(),
                "kind": self.foliage.kind.tolist(),
                "source": report.source,
                "attribution": report.attribution,
            }
        return config, arrays

    @classmethod
    def of(cls, config: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> ImageTier:
        """The tier that :meth:`state` told."""
        import shapely

        frame, told = LocalFrame(**config["frame"]), config["foliage"]
        learned = config["autoencoder"]
        weights = {name.partition(".")[2]: array for name, array in arrays.items() if name.startswith("autoencoder.")}
        foliage = None
        if told is not None:
            offsets = arrays["foliage.rings"], arrays["foliage.polygons"]
            foliage = Foliage(
                shapely.from_ragged_array(shapely.GeometryType.POLYGON, arrays["foliage.corners_m"], offsets),
                np.array(told["id"], dtype=str),
                np.array(told["kind"], dtype=str),
                frame,
                FoliageReport(told["source"], told["attribution"]),
            )
        autoencoder = Autoencoder(**learned["settings"]).restore(learned["state"], weights)
        return cls(autoencoder, foliage, frame, tuple(config["bounds_m"]), config["average"])

    def _twin(self, scene: Scene) -> DigitalTwin:
        """The site as the scene has it, which may be a changed one in a frame of its own."""
        import shapely

        foliage, bounds_m = self.foliage, self.bounds_m
        if scene.frame != self.frame:
            west, south, east, north = bounds_m
            x_m, y_m = moved([west, west, east, east], [south, north, south, north], self.frame, scene.frame)
            bounds_m = (x_m.min(), y_m.min(), x_m.max(), y_m.max())
            if foliage is not None:
                polygon = shapely.transform(
                    foliage.polygon, lambda xy_m: np.column_stack(moved(*xy_m.T, self.frame, scene.frame))
                )
                foliage = replace(foliage, polygon=polygon, frame=scene.frame)
        return DigitalTwin(scene, foliage, bounds_m)


def check_images(number: int, scene: Scene | None, rows: int) -> None:
    """Refuse images that cannot be drawn, or that are too few or too many.

    Raises
    ------
    InputError
    """
    if not FEWEST_ROWS <= number <= rows:
        raise InputError(f"images: {number:,} of {rows:,} rows; give from {FEWEST_ROWS} to the number of rows, or 0")
    for what in ("base_stations", "buildings"):
        if scene is None or len(getattr(scene, what)) == 0:
            raise InputError(
                f"images: there are no {what.replace('_', ' ')} to draw; give them, or leave the images out"
            )


def link_ends(scene: Scene, links: Association) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) station and (N, 2) user of each link, scene metres."""
    stations, own = scene.base_stations, links.measurements
    return np.stack([stations.x_m, stations.y_m], axis=1)[links.station], np.stack([own.x_m, own.y_m], axis=1)


def _near(foliage: Foliage | None, low_m: np.ndarray, high_m: np.ndarray) -> Foliage | None:
    """The foliage within a site's length of the site: images show a little of what lies around it."""
    import shapely

    if foliage is None or not len(foliage):
        return None
    length_m = float((high_m - low_m).max())
    keep = shapely.intersects(foliage.polygon, shapely.box(*(low_m - length_m), *(high_m + length_m)))
    if not keep.any():
        return None
    return replace(foliage, polygon=foliage.polygon[keep], id=foliage.id[keep], kind=foliage.kind[keep])
