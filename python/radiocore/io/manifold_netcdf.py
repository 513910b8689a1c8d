"""Coverage manifold -> netCDF-4 with CF conventions: the whole dataset, in double precision."""

from __future__ import annotations

from pathlib import Path

SUFFIXES = (".nc",)
NEEDS_CRS = False


def write(manifold, path: Path) -> None:
    """Write every variable; ``xarray.open_dataset(path, decode_coords="all")`` gives the same dataset back."""
    data = manifold.dataset
    # An encoding given here replaces the variable's own, which names the CRS as its grid mapping.
    packing = {"zlib": True, "complevel": 4, "shuffle": True}
    packed = {name: {**variable.encoding, **packing} for name, variable in data.data_vars.items()}
    data.to_netcdf(path, engine="netcdf4", encoding=packed)
