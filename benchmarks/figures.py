"""The figures of the README that are not timings of `make bench`: run by `make figures`.

Methods on the UBC campus, and how far the default channel is from the Dortmund drive test.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import radiocore as rc


def methods(data: Path) -> None:
    """One line a method: CPU seconds on one core, share served at 0 dB, mean difference from exact."""
    scene = rc.Scene.read(
        buildings=data / "ubc_vancouver_buildings/ubcv_buildings.geojson.gz",
        base_stations=data / "opencellid_canada/opencellid_302_2026-01.csv.gz",
        height_column="BLDG_HEIGHT",
        radio="LTE",
    )
    town = rc.Scene.synthetic("urban")
    exact = None
    print(f"{'UBC, 5 m, 0 dB':20}{'CPU s':>8}{'served':>9}{'difference':>12}{'made-up city':>14}")
    for method in ("exact", "traditional", "accelerated", "stochastic-geometry", "learned", "convolutional"):
        start = time.process_time()
        manifold = rc.simulate_manifold(scene, method=method, threads=1)
        took_s = time.process_time() - start
        outdoor = manifold.dataset.outdoor.values.astype(bool)
        coverage = manifold.dataset.coverage.values[outdoor]
        exact = coverage if exact is None else exact
        elsewhere = rc.simulate_manifold(town, method=method).summary().share_served[0]
        difference = np.abs(coverage - exact).mean()
        counts = json.loads(manifold.dataset.attrs["provenance"])
        outside = {name: value for name, value in counts.items() if name.startswith("outdoor_receivers")}
        print(f"{method:20}{took_s:8.1f}{coverage.mean():9.1%}{difference:12.4f}{elsewhere:14.1%}  {outside or ''}")


def drive_test(data: Path) -> None:
    """The map of one carrier against the phones of its operator."""
    folder = data / "dortmund_multimno"
    scene = rc.Scene.read(buildings=folder / "tudo_campus_2018.osm.gz", base_stations=folder / "cells_nolicence.csv")
    carrier = "LTE o2 1845 MHz"
    rows = pd.read_csv(folder / "measurements.csv.gz")
    rows = rows.loc[rows.mno == "o2", ["lon", "lat", "rsrp_dbm", "sinr_db"]]
    print(f"\nDortmund campus, {carrier}")
    print(rc.simulate_manifold(scene.with_carrier(carrier), resolution_m=10.0).validate(rows))


if __name__ == "__main__":
    methods(Path(sys.argv[1]))
    drive_test(Path(sys.argv[1]))
