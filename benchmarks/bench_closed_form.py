"""Coverage of a grid in closed form on one thread, path gain included: the compiled core against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from radiocore import _core
from rivals.closed_form import GAIN_LOS, GAIN_NLOS, coverage_as_written, coverage_by_products
from rounds import in_rounds

COLUMNS, ROWS, STEP_MM = 500, 200, 5000
NOISE_MW = 10**-10.4
TOLERANCE = {"single": _core.single_precision_bound(80, 2), "double": 1e-12, None: 1e-12}
LOS_SHARE = 0.01


def _network(stations):
    """Stations, powers, and discs of line of sight as towns leave them."""
    random = np.random.default_rng(6)
    low, high = (0, 0, 20_000), (COLUMNS * STEP_MM, ROWS * STEP_MM, 40_000)
    stations_mm = random.integers(low, high, (stations, 3))
    row, column = np.divmod(np.arange(COLUMNS * ROWS), COLUMNS)
    receivers_mm = np.stack([column * STEP_MM, row * STEP_MM, np.full(len(row), 1500)], axis=1)
    offset_mm = (receivers_mm[None, :, :2] - stations_mm[:, None, :2]).astype(float)
    radius_mm = np.sqrt(LOS_SHARE * COLUMNS * ROWS * STEP_MM**2 / np.pi)
    los = (offset_mm**2).sum(axis=2) < radius_mm**2
    return receivers_mm, stations_mm, 10 ** random.uniform(3.0, 4.6, stations), los


def _radiocore(precision):
    def evaluate(los_bits, receivers_mm, stations_mm, power_mw, los, noise_mw, threshold):
        stations = len(stations_mm)
        return _core.coverage_on_grid(
            _core.ReceiverGrid(0, 0, 1500, STEP_MM, STEP_MM, COLUMNS, ROWS),
            0,
            COLUMNS * ROWS,
            stations_mm,
            power_mw,
            np.zeros((stations, 4)),
            np.ones(stations),
            los_bits,
            (GAIN_NLOS, GAIN_LOS),
            (3.0, 2.0),
            (1.0, 2.0),
            -1,
            noise_mw,
            threshold,
            precision == "double",
            1,
        )[0]

    return evaluate


def _numpy(function):
    return lambda los_bits, *arguments: function(*arguments)


CONTENDERS = {
    # name: (evaluate, precision or None for a rival)
    "radiocore, single": (_radiocore("single"), "single"),
    "radiocore, double": (_radiocore("double"), "double"),
    "NumPy, products in blocks": (_numpy(coverage_by_products), None),
    "NumPy, as written": (_numpy(coverage_as_written), None),
}


@pytest.mark.parametrize("name", CONTENDERS)
@pytest.mark.parametrize("thresholds", [1, 8])
@pytest.mark.parametrize("stations", [20, 80])
def bench_closed_form(benchmark, name, stations, thresholds):
    benchmark.group = f"closed form on a grid, {COLUMNS * ROWS:,} x {stations} links, {thresholds} thr., one thread"
    evaluate, precision = CONTENDERS[name]
    threshold = 10.0 ** (np.linspace(-10.0, 10.0, thresholds) / 10) if thresholds > 1 else np.ones(1)
    network = (*_network(stations), NOISE_MW, threshold)
    # Bits are what the line-of-sight engines give the core, booleans what NumPy selects by.
    los_bits = np.packbits(network[3], axis=1, bitorder="little")
    coverage = in_rounds(benchmark, evaluate, los_bits, *network)
    wrong = int((np.abs(coverage - coverage_by_products(*network)) > TOLERANCE[precision]).sum())
    work = stations * COLUMNS * ROWS
    benchmark.extra_info.update(name=name, rival=precision is None, work=work, unit="links", wrong=wrong)
    assert wrong == 0
