"""Coverage manifold -> GeoTIFF: float32 bands, north up, NaN where there is no data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import InputError
from .geotiff import geotiff_bytes

SUFFIXES = (".tif", ".tiff")
NEEDS_CRS = False


def write(manifold, path: Path, *, crs=None) -> None:
    """Write coverage at each threshold, then standard errors (where sampled), then the server's power.

    Parameters
    ----------
    crs : anything rasterio takes, optional
        Reproject to this CRS, nearest neighbour; default: the scene's own.

    Notes
    -----
    The file holds no time and no machine, so equal maps have equal bytes.
    """
    from rasterio import Affine

    names, units, bands = _bands(manifold)
    (west, _, _, north), (dx, dy) = manifold.extent, manifold.grid.resolution_m
    transform = Affine(dx, 0, west, 0, -dy, north)
    own_crs = manifold.scene.frame.crs
    if crs is not None:
        if own_crs is None:
            raise InputError("crs: the scene has no CRS, so the map cannot be reprojected; give crs= when reading")
        bands, transform = _reproject(bands, own_crs, transform, crs, manifold.extent)
    attributes = manifold.dataset.attrs
    tags = {
        "TIFFTAG_SOFTWARE": attributes["source"],
        "TIFFTAG_IMAGEDESCRIPTION": attributes["title"],
        "TIFFTAG_COPYRIGHT": attributes["attribution"],
        "PROVENANCE": attributes["provenance"],
    }
    raster = geotiff_bytes(bands, names, units, transform, own_crs if crs is None else crs, tags)
    path.write_bytes(raster)


def _bands(manifold) -> tuple[tuple[str, ...], tuple[str, ...], np.ndarray]:
    data = manifold.dataset
    names, units, bands = [], [], []
    for name, text in (("coverage", "P(SINR > {:g} dB)"), ("standard_error", "standard error of P(SINR > {:g} dB)")):
        if name in data:
            layers = np.reshape(data[name].values, (-1, *manifold.grid.shape))
            names += [text.format(threshold_db) for threshold_db in manifold.threshold_db]
            units += ["1"] * len(layers)
            bands += list(layers)
    names.append("mean received power of the server")
    units.append("dBm")
    bands.append(data["server_power_dbm"].values)
    return tuple(names), tuple(units), np.stack(bands).astype(np.float32)


def _reproject(bands, source_crs, source_transform, target_crs, extent):
    from rasterio.errors import CRSError
    from rasterio.warp import Resampling, calculate_default_transform, reproject

    try:
        transform, width, height = calculate_default_transform(
            source_crs, target_crs, bands.shape[2], bands.shape[1], *extent
        )
    except CRSError as error:
        raise InputError(f"crs: {target_crs!r} is not a CRS: {error}") from None
    out = np.full((len(bands), height, width), np.nan, dtype=np.float32)
    reproject(
        bands,
        out,
        src_transform=source_transform,
        src_crs=source_crs,
        src_nodata=np.nan,
        dst_transform=transform,
        dst_crs=target_crs,
        dst_nodata=np.nan,
        resampling=Resampling.nearest,
    )
    return out, transform
