"""Bands of a raster as the bytes of a GeoTIFF: float32, tiled, NaN where there is no data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def geotiff_bytes(
    bands: np.ndarray, names: Sequence[str], units: Sequence[str], transform, crs, tags: Mapping[str, str]
) -> bytes:
    """A GeoTIFF file.

    Parameters
    ----------
    bands : (B, ny, nx), north first
    names, units : (B,)
    transform : rasterio.Affine, of the pixels to the CRS
    crs : anything rasterio takes, or None
    tags : texts about the file

    Notes
    -----
    The file holds no time and no machine, so equal rasters have equal bytes.
    """
    import rasterio
    from rasterio.io import MemoryFile

    # PAM would put what TIFF cannot hold in a second file beside the first.
    with rasterio.Env(GDAL_PAM_ENABLED="NO"), MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=bands.shape[2],
            height=bands.shape[1],
            count=bands.shape[0],
            dtype="float32",
            nodata=np.nan,
            crs=crs,
            transform=transform,
            compress="deflate",
            predictor=3,
            tiled=True,
            blockxsize=256,
            blockysize=256,
        ) as raster:
            raster.write(np.asarray(bands, dtype=np.float32))
            raster.descriptions = tuple(names)
            raster.units = tuple(units)
            raster.update_tags(**tags)
        return memory.read()
