"""The made-up drive test, of which the truth is known."""

from __future__ import annotations

import numpy as np

from ...measurements import Measurements
from ...scene import Scene
from .data_set import DataSet
from .settings import Settings

NAME = "synthetic"
SITES = 3
ENVIRONMENT = "urban"
MAST_HEIGHT_M = 30.0
SECTOR_POWER_DBM = 60.0
DEVICE_SPREAD_DB = 3.0


def load(settings: Settings, seed: int) -> DataSet:
    """Three sites of three sectors in a made-up town, in two months; chance as :mod:`radiocore.measuring.synthetic`."""
    per_km2 = SITES / (settings.side_m / 1000) ** 2
    scene = Scene.synthetic(ENVIRONMENT, side_m=settings.side_m, stations_per_km2=per_km2, seed=seed)
    scene = scene.with_sectors(power_dbm=SECTOR_POWER_DBM, height_m=MAST_HEIGHT_M)
    measurements = Measurements.synthetic(scene, settings.samples, seed=seed, device_spread_db=DEVICE_SPREAD_DB)
    note = (
        f"{settings.samples:,} samples over {settings.side_m:g} m x {settings.side_m:g} m of a made-up {ENVIRONMENT} "
        "town; shadowing 6 dB with 50 m correlation, 0.15 dB for each metre inside buildings up to 25 dB, phones "
        f"{DEVICE_SPREAD_DB:g} dB apart, positions off by 5 m, August 3 dB below January"
    )
    # Letters alone repeat from site to site; which phone will ask for a level is not known where it is planned.
    sector = np.array([_site_and_letter(cell) for cell in measurements.cell])
    measurements = measurements.select(slice(None), sector=sector, device="")
    return DataSet(NAME, "made-up town", measurements.cleaned(), scene, is_real=False, notes=(note,))


def _site_and_letter(cell: str) -> str:
    """As 2B of "synthetic-0002 B"."""
    station, letter = cell.split()
    return f"{int(station.rpartition('-')[2])}{letter}"
