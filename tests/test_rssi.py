"""RSSI from RSRP and RSRQ."""

from __future__ import annotations

import numpy as np
import pytest

from radiocore.errors import InputError
from radiocore.measuring.rssi import per_element_db, rssi_dbm_of


def test_a_carrier_with_nothing_but_its_reference_symbols():
    """One element in six of each resource block: the RSSI is 2 N RSRP, and the RSRQ is 1/2."""
    assert rssi_dbm_of(-100.0, 10 * np.log10(1 / 2), 50) == pytest.approx(-100 + 10 * np.log10(2 * 50), abs=1e-12)


def test_rsrq_is_n_rsrp_over_rssi():
    rng = np.random.default_rng(0)
    rsrp_dbm, rsrq_db, blocks = rng.uniform(-130, -60, 99), rng.uniform(-20, -3, 99), rng.choice([6, 50, 100], 99)
    rssi_dbm = rssi_dbm_of(rsrp_dbm, rsrq_db, blocks)
    ratio = blocks * 10 ** (rsrp_dbm / 10) / 10 ** (rssi_dbm / 10)
    np.testing.assert_allclose(10 * np.log10(ratio), rsrq_db, atol=1e-9)


def test_a_resource_element_has_its_share_of_the_carrier():
    np.testing.assert_allclose(per_element_db([100, 50]), [30.792, 27.782], atol=5e-4)


def test_what_was_not_measured_stays_so():
    assert np.isnan(rssi_dbm_of([-100.0, np.nan], [np.nan, -10.0], 100)).all()


@pytest.mark.parametrize("blocks", [0, 111, 12.5, np.nan, -6])
def test_no_carrier_has_such_blocks(blocks):
    with pytest.raises(InputError, match="resource_blocks: .* is no number of resource blocks of LTE"):
        rssi_dbm_of(-100.0, -10.0, blocks)
    with pytest.raises(InputError, match="resource_blocks: row 1"):
        rssi_dbm_of(-100.0, -10.0, [100, blocks])
