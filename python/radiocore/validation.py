"""A coverage map against a drive test: predicted and measured RSRP, served and not served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError, nearest_name

if TYPE_CHECKING:
    import pandas

    from .manifold import CoverageManifold

LTE_RESOURCE_BLOCKS = {1.4e6: 6, 3e6: 15, 5e6: 25, 10e6: 50, 15e6: 75, 20e6: 100}
"""Resource blocks of an LTE carrier by its bandwidth in Hz (3GPP TS 36.101, table 5.6-1)."""

SUBCARRIERS_PER_BLOCK = 12
"""3GPP TS 36.211, table 6.2.3-1, normal cyclic prefix."""

NO_RSRP_DBM = -141.0
"""Below the reporting range, which ends at -140 dBm (3GPP TS 36.133, clause 9.1.4): phones write it for "none"."""

ROWS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class ValidationReport:
    """How well a map predicts measurements; every figure is over the rows of ``table``.

    Attributes
    ----------
    table : DataFrame, one row a measurement that could be compared, indexed as it was given
        x_m, y_m, rsrp_dbm, predicted_rsrp_dbm, error_db (predicted - measured), predicted_coverage,
        station (row that the prediction is for), cell, carrier and, where it is known whether the
        receiver was served, served.
    threshold_db : float
        SINR above which a receiver is served.
    resource_blocks : int
        Over which the power of a carrier is spread.
    rows_read : int
    left_out : rows left out, by reason
    """

    table: pandas.DataFrame
    threshold_db: float
    resource_blocks: int
    rows_read: int
    left_out: dict[str, int]

    @cached_property
    def bias_db(self) -> float:
        """Mean of predicted - measured RSRP, dB."""
        return float(self.table["error_db"].mean())

    @cached_property
    def rmse_db(self) -> float:
        """Root mean square of the error, dB."""
        return float(np.sqrt(np.mean(self.table["error_db"] ** 2)))

    @cached_property
    def mae_db(self) -> float:
        """Mean absolute error, dB."""
        return float(self.table["error_db"].abs().mean())

    @cached_property
    def standard_deviation_db(self) -> float:
        """Standard deviation of the error, dB: the RMSE that would be left if the bias were removed."""
        return float(self.table["error_db"].std(ddof=0))

    @cached_property
    def baseline_rmse_db(self) -> float:
        """RMSE of predicting the mean of these measurements everywhere: their own standard deviation."""
        return float(self.table["rsrp_dbm"].std(ddof=0))

    @cached_property
    def confusion(self) -> dict[str, int] | None:
        """Rows by (measured, predicted) served or not; None where no row tells whether it was served."""
        if "served" not in self.table:
            return None
        measured = self.table["served"].to_numpy()
        predicted = self.table["predicted_coverage"].to_numpy() >= 0.5
        return {
            "served_predicted_served": int((measured & predicted).sum()),
            "served_predicted_not_served": int((measured & ~predicted).sum()),
            "not_served_predicted_served": int((~measured & predicted).sum()),
            "not_served_predicted_not_served": int((~measured & ~predicted).sum()),
        }

    @property
    def agreement(self) -> float | None:
        """Share of rows where measured and predicted agree on served or not served."""
        counts = self.confusion
        if counts is None:
            return None
        return (counts["served_predicted_served"] + counts["not_served_predicted_not_served"]) / len(self.table)

    @property
    def by_cell(self) -> pandas.DataFrame:
        """rows, bias_db, rmse_db and standard_deviation_db for each carrier and cell."""
        return _grouped(self.table, ["carrier", "cell"])

    @property
    def by_carrier(self) -> pandas.DataFrame:
        """rows, bias_db, rmse_db and standard_deviation_db for each carrier."""
        return _grouped(self.table, ["carrier"])

    def to_dict(self) -> dict[str, Any]:
        """The figures without the table, ready for JSON."""
        names = ("bias_db", "rmse_db", "mae_db", "standard_deviation_db", "baseline_rmse_db", "agreement", "confusion")
        settings = ("threshold_db", "resource_blocks", "rows_read", "left_out")
        return {"rows": len(self.table), **{name: getattr(self, name) for name in (*settings, *names)}}

    def lines(self) -> list[str]:
        """The report as sentences, one a line."""
        out = [f"Compared: {len(self.table):,} of {self.rows_read:,} measurements"]
        out += [f"  left out: {number:,} {reason}" for reason, number in self.left_out.items() if number]
        better = "beats" if self.rmse_db < self.baseline_rmse_db else "does not beat"
        out += [
            f"RSRP (over {self.resource_blocks} resource blocks): bias {self.bias_db:+.1f} dB, "
            f"RMSE {self.rmse_db:.1f} dB, mean absolute error {self.mae_db:.1f} dB, "
            f"standard deviation {self.standard_deviation_db:.1f} dB",
            f"Baseline: the mean of the measurements has RMSE {self.baseline_rmse_db:.1f} dB; the map {better} it",
        ]
        counts = self.confusion
        if counts is None:
            out.append("Served or not: not told by the measurements (give sinr_db, or served_rsrp_dbm)")
        else:
            out += [
                f"Served or not (SINR > {self.threshold_db:g} dB against coverage >= 0.5): "
                f"{100 * self.agreement:.1f} % agree",
                f"  served: {counts['served_predicted_served']:,} predicted so, "
                f"{counts['served_predicted_not_served']:,} missed",
                f"  not served: {counts['not_served_predicted_not_served']:,} predicted so, "
                f"{counts['not_served_predicted_served']:,} missed",
            ]
        if len(self.by_carrier) > 1:
            for name, row in self.by_carrier.iterrows():
                rows, bias_db, rmse_db = int(row["rows"]), row["bias_db"], row["rmse_db"]
                out.append(f"  {name}: {rows:,} rows, bias {bias_db:+.1f} dB, RMSE {rmse_db:.1f} dB")
        return out

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def plot(self, axes=None):
        """Predicted against measured, and the distribution of the error; see :func:`radiocore.plot.plot_validation`."""
        from .plot import plot_validation

        return plot_validation(self, axes)


def validate(
    manifold: CoverageManifold,
    measurements: pandas.DataFrame | Mapping[str, Any],
    *,
    threshold_db: float | None = None,
    resource_blocks: int | None = None,
    served_rsrp_dbm: float | None = None,
) -> ValidationReport:
    """Compare a map with N measurements.

    Parameters
    ----------
    measurements : DataFrame or mapping of columns, N rows
        ``lon`` and ``lat`` (WGS 84, degrees) or ``x_m`` and ``y_m`` (scene metres); ``rsrp_dbm``;
        optionally ``sinr_db`` and ``cell`` (id of the serving station in the scene; empty = unknown).
    threshold_db : float, optional
        One of the map's thresholds; default: the first.
    resource_blocks : int, optional
        Default: those of an LTE carrier of ``channel.bandwidth_hz``.
    served_rsrp_dbm : float, optional
        Without ``sinr_db``: a receiver counts as served at this RSRP and above.

    Returns
    -------
    ValidationReport

    Raises
    ------
    InputError
        A column is missing or not a number in some row, an id is ambiguous, the bandwidth is not
        one of LTE's, or no row is left.

    Notes
    -----
    RSRP is the power of one resource element (3GPP TS 36.214, clause 5.1.1). A carrier of N blocks
    has 12 N elements side by side, so the prediction is the received power of the carrier less
    10 log10(12 N). It is that of the named cell at the measured position, and where the cell is not
    known that of the map's server. Left out and counted: rows outside the map or where it has no
    data, rows of cells that are not in the scene, and sentinels (-141 dBm and below).
    """
    import pandas

    try:
        given = pandas.DataFrame(measurements)
    except ValueError as error:
        raise InputError(f"measurements: they are not a table: {error}") from None
    row_of_threshold = manifold.threshold_row(threshold_db)
    blocks = _resource_blocks(manifold.channel.bandwidth_hz, resource_blocks)
    x_m, y_m = _positions(manifold, given)
    rsrp_dbm = _numbers(given, "rsrp_dbm")
    sinr_db = _numbers(given, "sinr_db") if "sinr_db" in given else None
    station, cell_known, cell_missing = _stations_of(manifold.scene.base_stations, given)

    sentinel = rsrp_dbm <= NO_RSRP_DBM
    row, column, mapped = manifold.cells_at(x_m, y_m)
    server = manifold.dataset["server"].values[row, column]
    power_dbm = manifold.dataset["server_power_dbm"].values[row, column]
    station = np.where(cell_known, station, server)
    named = np.flatnonzero(mapped & cell_known & ~sentinel)
    if named.size:
        power_dbm[named] = _power_of_stations(manifold, x_m[named], y_m[named], station[named])
    coverage = manifold.coverage[row_of_threshold][row, column]
    has_data = np.isfinite(power_dbm) & np.isfinite(coverage)

    left_out, keep = {}, np.ones(len(given), dtype=bool)
    for reason, usable in (
        ("without a value (-141 dBm and below)", ~sentinel),
        ("outside the map", mapped),
        ("of a cell that is not in the scene", ~cell_missing),
        ("where the map has no data", has_data),
    ):
        left_out[reason] = int((keep & ~usable).sum())
        keep &= usable
    if not keep.any():
        reasons = ", ".join(f"{number} {reason}" for reason, number in left_out.items() if number) or "there is none"
        raise InputError(f"measurements: none of the {len(given)} rows can be compared: {reasons}")

    predicted_dbm = power_dbm - 10 * np.log10(SUBCARRIERS_PER_BLOCK * blocks)
    stations = manifold.scene.base_stations
    columns = {
        "x_m": x_m,
        "y_m": y_m,
        "rsrp_dbm": rsrp_dbm,
        "predicted_rsrp_dbm": predicted_dbm,
        "error_db": predicted_dbm - rsrp_dbm,
        "predicted_coverage": coverage,
        "station": station,
        "cell": stations.id[station],
        "carrier": stations.carrier[station],
    }
    shown_db = manifold.threshold_db[row_of_threshold]
    if sinr_db is not None:
        columns["served"] = sinr_db > shown_db
    elif served_rsrp_dbm is not None:
        columns["served"] = rsrp_dbm >= served_rsrp_dbm
    table = pandas.DataFrame(columns, index=given.index)[keep]
    return ValidationReport(table, shown_db, blocks, len(given), left_out)


def _resource_blocks(bandwidth_hz: float, given: int | None) -> int:
    if given is not None:
        if isinstance(given, bool) or int(given) != given or given < 1:
            raise InputError(f"resource_blocks: {given!r} must be a positive whole number")
        return int(given)
    if bandwidth_hz not in LTE_RESOURCE_BLOCKS:
        raise InputError(
            f"resource_blocks: a bandwidth of {bandwidth_hz / 1e6:g} MHz is not one of LTE's "
            "(1.4, 3, 5, 10, 15, 20 MHz); give the number of resource blocks"
        )
    return LTE_RESOURCE_BLOCKS[bandwidth_hz]


def _positions(manifold: CoverageManifold, given: pandas.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    degrees, metres = ({"lon", "lat"} & set(given)), ({"x_m", "y_m"} & set(given))
    if degrees and metres:
        raise InputError("measurements: they have lon, lat and also x_m, y_m; drop one of the two pairs")
    if metres:
        return _numbers(given, "x_m"), _numbers(given, "y_m")
    longitude, latitude = _numbers(given, "lon"), _numbers(given, "lat")
    wrong = (np.abs(longitude) > 180) | (np.abs(latitude) > 90)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InputError(
            f"measurements: row {given.index[at]} has lon {longitude[at]:g}, lat {latitude[at]:g}, "
            "which are not degrees; give degrees, or scene metres as x_m, y_m"
        )
    return manifold.scene.frame.from_lonlat(longitude, latitude)


def _numbers(given: pandas.DataFrame, name: str) -> np.ndarray:
    """A column as finite numbers, or an error that names the row."""
    import pandas

    if name not in given:
        raise InputError(
            f"measurements: the column {name!r} is missing from {list(given)}{nearest_name(name, given)}; "
            "they need lon and lat (or x_m and y_m), rsrp_dbm, and optionally sinr_db and cell"
        )
    values = pandas.to_numeric(given[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~np.isfinite(values)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InputError(
            f"measurements: {name} of row {given.index[at]} is {given[name].iloc[at]!s}, not a finite number; "
            "drop the row"
        )
    return values


def _stations_of(stations, given: pandas.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row of each measurement's station, whether it is known, and whether a cell is named that the scene lacks."""
    row = np.full(len(given), -1)
    if "cell" not in given:
        return row, row >= 0, np.zeros(len(given), dtype=bool)
    cell = given["cell"].convert_dtypes()  # ids that are numbers with gaps came as floats
    named = (cell.notna() & (cell.astype(str) != "")).to_numpy()
    rows_by_id: dict[str, list[int]] = {}
    for station, name in enumerate(stations.id):
        rows_by_id.setdefault(str(name), []).append(station)
    for name, members in cell[named].astype(str).groupby(cell[named].astype(str)).indices.items():
        found = rows_by_id.get(name, [])
        if len(found) > 1:
            raise InputError(
                f"measurements: the cell {name!r} is the id of {len(found)} stations (carriers "
                f"{sorted(set(stations.carrier[found]))}); compare with a map of scene.with_carrier(...)"
            )
        if found:
            row[np.flatnonzero(named)[members]] = found[0]
    return row, row >= 0, named & (row < 0)


def _power_of_stations(manifold: CoverageManifold, x_m, y_m, station) -> np.ndarray:
    """Mean received power (dBm) of one station at each position; in blocks, because the core gives all stations."""
    from .simulate import received_power_dbm

    receivers_m = np.column_stack([x_m, y_m, np.full(len(x_m), manifold.grid.height_m)])
    out = np.empty(len(x_m))
    for start in range(0, len(out), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        power_dbm = received_power_dbm(manifold.scene, receivers_m[part], channel=manifold.channel)
        out[part] = power_dbm[np.arange(len(power_dbm)), station[part]]
    return out


def _grouped(table: pandas.DataFrame, keys: list[str]) -> pandas.DataFrame:
    error_db = table["error_db"].groupby([table[key] for key in keys])
    return error_db.agg(
        rows="size",
        bias_db="mean",
        rmse_db=lambda values: float(np.sqrt(np.mean(values**2))),
        standard_deviation_db=lambda values: float(values.std(ddof=0)),
    )
