"""netCDF files on a disk that is full."""

import resource
from types import SimpleNamespace

import numpy as np
import pytest

from radiocore.errors import InputError
from radiocore.io import manifold_netcdf
from radiocore.io.atomic import atomic_path


@pytest.fixture
def small_disk():
    """Files of this process cannot grow beyond 64 KiB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_full_disk_leaves_nothing_behind(tmp_path, small_disk):
    xarray = pytest.importorskip("xarray")
    noise = np.random.default_rng(1).normal(size=(300, 300))
    axes = {"x": np.arange(300.0), "y": np.arange(300.0), "threshold": 0.0}
    manifold = SimpleNamespace(dataset=xarray.Dataset({"sinr_db": (("y", "x"), noise)}, axes))
    with pytest.raises(InputError, match=r"map\.nc: .*could not be written \(disk full\?\)"):
        with atomic_path(tmp_path / "map.nc") as temporary:
            manifold_netcdf.write(manifold, temporary)
    assert list(tmp_path.iterdir()) == []
