"""Predicted maps as xarray datasets, with their CRS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from ..frame import LocalFrame
from ..grid import ReceiverGrid

if TYPE_CHECKING:
    import xarray

STACKED = "height_m"
"""The dimension of a layer that was predicted at several heights."""


def map_dataset(
    grid: ReceiverGrid,
    frame: LocalFrame,
    layers: Mapping[str, tuple[np.ndarray, Mapping[str, str]]],
    coords: Mapping[str, Any],
    **attributes: Any,
) -> xarray.Dataset:
    """A dataset of layers over a grid.

    Parameters
    ----------
    grid : ReceiverGrid, R receivers in the frame
    layers : (R,) values by name, or (H, R) of H heights, and attributes
    coords : further coordinates, as xarray takes them; ``height_m`` of the heights

    Returns
    -------
    xarray.Dataset
        (y, x) or (height_m, y, x); x ascends and y descends, in the frame's CRS.
    """
    import xarray

    x, y = frame.to_crs(grid.x_m, grid.y_m)

    def layer(values, about):
        stacked = values.shape[:-1]
        dims = (*((STACKED,) if stacked else ()), "y", "x")
        return dims, values.reshape(*stacked, *grid.shape)[..., ::-1, :], dict(about)

    dataset = xarray.Dataset(
        {name: layer(values, about) for name, (values, about) in layers.items()},
        coords={
            "x": ("x", x, {"units": "m", "axis": "X", "long_name": "cell centre, east"}),
            "y": ("y", y[::-1].copy(), {"units": "m", "axis": "Y", "long_name": "cell centre, north"}),
            **coords,
        },
        attrs={
            "Conventions": "CF-1.11",
            "source": f"radiocore {__version__}",
            "resolution_m": list(grid.resolution_m),
            **attributes,
        },
    )
    if frame.crs is not None:
        import rioxarray  # noqa: F401  (registers the .rio accessor)
        from rasterio import Affine

        dx, dy = grid.resolution_m
        corner = Affine(dx, 0, float(x[0]) - dx / 2, 0, -dy, float(y[-1]) + dy / 2)
        dataset = dataset.rio.write_crs(frame.crs).rio.write_transform(corner)
    return dataset
