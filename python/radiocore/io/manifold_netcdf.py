"""Coverage manifold -> netCDF-4 with CF conventions: the whole dataset, in double precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SUFFIXES = (".nc",)
NEEDS_CRS = False


def write(manifold, path: Path) -> None:
    """Write every variable; ``xarray.open_dataset(path, decode_coords="all")`` gives the same values back.

    Flags are 0 and 1 (int8), because netCDF has no booleans.

    Raises
    ------
    OSError
        The file could not be written; netCDF does not say why, and the usual reason is a full disk.
    """
    data = manifold.dataset
    flags = {name: data[name].astype(np.int8) for name in data.data_vars if data[name].dtype == bool}
    # An encoding given here replaces the variable's own, which names the CRS as its grid mapping.
    packing = {"zlib": True, "complevel": 4, "shuffle": True}
    packed = {name: {**variable.encoding, **packing} for name, variable in data.data_vars.items()}
    # Coordinates are never missing (CF, section 2.5.1).
    whole = {name: {"_FillValue": None} for name in ("x", "y", "threshold")}
    try:
        data.assign(flags).to_netcdf(path, engine="netcdf4", encoding=packed | whole)
    except RuntimeError as error:
        raise OSError(f"it could not be written (disk full?): {error}") from error
