"""Predicted maps -> GeoTIFF: a band each, north up, NaN where there is no data."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .atomic import atomic_path
from .geotiff import geotiff_bytes


def write_predicted_map(dataset, names: Iterable[str], path: str | Path) -> None:
    """Write layers of a map of :meth:`RsrpPredictor.predict_map` or :meth:`RadioMetricModel.predict_map`.

    Parameters
    ----------
    dataset : xarray.Dataset
    names : of its layers, in the order of the bands, which are float32; a layer of several heights is a band each
    path : the file, written whole or not at all

    Raises
    ------
    InputError
        The file cannot be written.
    """
    from rasterio import Affine

    dx, dy = dataset.attrs["resolution_m"]
    west, north = float(dataset["x"].values[0]) - dx / 2, float(dataset["y"].values[0]) + dy / 2
    bands = [band for name in names for band in _bands(dataset[name])]
    content = geotiff_bytes(
        np.stack([values for values, _, _ in bands]),
        [description for _, description, _ in bands],
        [unit for _, _, unit in bands],
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


def _bands(layer) -> list[tuple[np.ndarray, str, str]]:
    """Values (y, x), description and unit of each."""
    name, unit = layer.attrs["long_name"], layer.attrs["units"]
    if layer.ndim == 2:
        return [(layer.values, name, unit)]
    heights_m = layer[layer.dims[0]].values
    return [(values, f"{name}, {height:g} m", unit) for values, height in zip(layer.values, heights_m, strict=True)]
