"""Predicted map of RSRP -> GeoTIFF: mean and standard deviation, north up, NaN where there is no data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .atomic import atomic_path
from .geotiff import geotiff_bytes

BANDS = ("rsrp_mean_dbm", "rsrp_deviation_db")


def write_rsrp_map(dataset, path: str | Path) -> None:
    """Write a map of :meth:`RsrpPredictor.predict_map`, whole or not at all; bands are float32, dBm and dB.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    from rasterio import Affine

    dx, dy = dataset.attrs["resolution_m"]
    west, north = float(dataset["x"].values[0]) - dx / 2, float(dataset["y"].values[0]) + dy / 2
    layers = [dataset[name] for name in BANDS]
    content = geotiff_bytes(
        np.stack([layer.values for layer in layers]),
        [layer.attrs["long_name"] for layer in layers],
        [layer.attrs["units"] for layer in layers],
        Affine(dx, 0, west, 0, -dy, north),
        dataset["spatial_ref"].attrs["crs_wkt"] if "spatial_ref" in dataset.coords else None,
        {
            "TIFFTAG_SOFTWARE": dataset.attrs["source"],
            "TIFFTAG_IMAGEDESCRIPTION": dataset.attrs["title"],
            "TRAINING_SHA256": dataset.attrs["training_sha256"],
        },
    )
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
