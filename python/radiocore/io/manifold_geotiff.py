"""Coverage manifold -> GeoTIFF: float32 bands, north up, NaN where there is no data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import InputError

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
    import rasterio
    from rasterio.io import MemoryFile

    names, units, bands = _bands(manifold)
    (west, _, _, north), (dx, dy) = manifold.extent, manifold.grid.resolution_m
    transform = rasterio.Affine(dx, 0, west, 0, -dy, north)
    own_crs = manifold.scene.frame.crs
    if crs is not None:
        if own_crs is None:
            raise InputError("crs: the scene has no CRS, so the map cannot be reprojected; give crs= when reading")
        bands, transform = _reproject(bands, own_crs, transform, crs, manifold.extent)
    # PAM would put what TIFF cannot hold in a second file beside the first.
    with rasterio.Env(GDAL_PAM_ENABLED="NO"), MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=bands.shape[2],
            height=bands.shape[1],
            count=bands.shape[0],
            dtype="float32",
            nodata=np.nan,
            crs=own_crs if crs is None else crs,
            transform=transform,
            compress="deflate",
            predictor=3,
            tiled=True,
            blockxsize=256,
            blockysize=256,
        ) as raster:
            raster.write(bands)
            raster.descriptions = names
            raster.units = units
            attributes = manifold.dataset.attrs
            raster.update_tags(
                TIFFTAG_SOFTWARE=attributes["source"],
                TIFFTAG_IMAGEDESCRIPTION=attributes["title"],
                TIFFTAG_COPYRIGHT=attributes["attribution"],
                PROVENANCE=attributes["provenance"],
            )
        path.write_bytes(memory.read())


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
