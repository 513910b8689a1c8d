"""A coverage map against a drive test: predicted and measured RSRP, served and not served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError, nearest_name
from .measurements import NO_RSRP_DBM, Measurements
from .measuring.rssi import SUBCARRIERS_PER_BLOCK
from .units import linear_to_db

if TYPE_CHECKING:
    import pandas

    from .manifold import CoverageManifold

LTE_RESOURCE_BLOCKS = {1.4e6: 6, 3e6: 15, 5e6: 25, 10e6: 50, 15e6: 75, 20e6: 100}
"""Resource blocks of an LTE carrier by its bandwidth in Hz (3GPP TS 36.101, table 5.6-1)."""

ROWS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class ValidationReport:
    """How well a map predicts measurements; every figure is over the rows of ``table``.

    Attributes
    ----------
    table : DataFrame, one row a measurement that could be compared, indexed as it was given (by line, of a file)
        x_m, y_m, rsrp_dbm, predicted_rsrp_dbm, error_db (predicted - measured), predicted_coverage,
        station (row that the prediction is for), cell, carrier and, where it can be told whether
        receivers were served, served (NA in rows without sinr_db).
    threshold_db : float
        SINR above which a receiver is served.
    resource_blocks : int
        Over which the power of a carrier is spread.
    rows_read : int
    left_out : rows left out, by reason
    carriers : number of carriers in the scene; of several the coverage is the best one's
    """

    table: pandas.DataFrame
    threshold_db: float
    resource_blocks: int
    rows_read: int
    left_out: dict[str, int]
    carriers: int = 1

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
        if "served" not in self.table or self.table["served"].isna().all():
            return None
        told = self.table[self.table["served"].notna()]
        measured = told["served"].to_numpy(dtype=bool)
        predicted = told["predicted_coverage"].to_numpy() >= 0.5
        return {
            "served_predicted_served": int((measured & predicted).sum()),
            "served_predicted_not_served": int((measured & ~predicted).sum()),
            "not_served_predicted_served": int((~measured & predicted).sum()),
            "not_served_predicted_not_served": int((~measured & ~predicted).sum()),
        }

    @property
    def agreement(self) -> float | None:
        """Share of the rows that tell it where measured and predicted agree on served or not served."""
        counts = self.confusion
        if counts is None:
            return None
        return (counts["served_predicted_served"] + counts["not_served_predicted_not_served"]) / sum(counts.values())

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
            if self.carriers > 1:
                out.append(f"  the coverage is that of the best of {self.carriers} carriers, not of the measured one")
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
    measurements: Measurements | pandas.DataFrame | Mapping[str, Any] | str | Path,
    *,
    threshold_db: float | None = None,
    resource_blocks: int | None = None,
    served_rsrp_dbm: float | None = None,
) -> ValidationReport:
    """Compare a map with N measurements.

    Parameters
    ----------
    measurements : Measurements, DataFrame, mapping of columns, or path of a file, N rows
        ``lon`` and ``lat`` (WGS 84, degrees) or ``x_m`` and ``y_m`` (scene metres); ``rsrp_dbm``;
        optionally ``sinr_db``, ``cell`` (id of the serving station in the scene) and ``carrier``
        (one of the scene's); empty = unknown. A scene of several carriers needs one of the two.
        For columns of other names see :meth:`Measurements.read`.
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
        What :meth:`Measurements.read` refuses; a carrier is unknown, an id is ambiguous, no cell is
        in the scene, the bandwidth is not one of LTE's, or no row is left.

    Notes
    -----
    RSRP is the power of one resource element (3GPP TS 36.214, clause 5.1.1). A carrier of N blocks
    has 12 N elements side by side, so the prediction is the received power of the carrier less
    10 log10(12 N). It is that of the strongest station at the measured position: of the named
    cell, else of the named carrier, else of all. The coverage is that of the map's cell there; for
    several carriers it is the best one's. Left out and counted: rows without a position, an RSRP,
    or a carrier where one is needed; sentinels (-141 dBm and below); rows outside the map or where
    it has no data, and rows of cells that are not in the scene.
    """
    import pandas

    row_of_threshold = manifold.threshold_row(threshold_db)
    blocks = _resource_blocks(manifold.channel.bandwidth_hz, resource_blocks)
    given, index = _measurements(manifold, measurements)
    candidates = _Candidates.of(manifold.scene.base_stations, given)
    row, column, mapped = manifold.cells_at(given.x_m, given.y_m)
    coverage = manifold.coverage[row_of_threshold][row, column]

    left_out, keep = dict(given.report.left_out), np.ones(len(given), dtype=bool)
    for reason, usable in (
        ("without a value (-141 dBm and below)", given.rsrp_dbm > NO_RSRP_DBM),
        ("outside the map", mapped),
        ("of a cell that is not in the scene", ~candidates.cell_missing),
        ("that name neither carrier nor cell", ~candidates.carrier_missing),
        ("where the map has no data", np.isfinite(coverage)),
    ):
        left_out[reason] = left_out.get(reason, 0) + int((keep & ~usable).sum())
        keep &= usable
    if not keep.any():
        reasons = ", ".join(f"{number} {reason}" for reason, number in left_out.items() if number) or "there is none"
        raise InputError(f"measurements: none of the {given.report.rows_read} rows can be compared: {reasons}")

    group, given = candidates.group[keep], given.select(keep)
    station, power_dbm = _strongest(manifold, given.x_m, given.y_m, candidates.allowed, group)
    # Carriers of NR may have more blocks than rssi.per_element_db takes, which knows LTE's.
    predicted_dbm = power_dbm - linear_to_db(SUBCARRIERS_PER_BLOCK * blocks)
    stations = manifold.scene.base_stations
    columns = {
        "x_m": given.x_m,
        "y_m": given.y_m,
        "rsrp_dbm": given.rsrp_dbm,
        "predicted_rsrp_dbm": predicted_dbm,
        "error_db": predicted_dbm - given.rsrp_dbm,
        "predicted_coverage": coverage[keep],
        "station": station,
        "cell": stations.id[station],
        "carrier": stations.carrier[station],
    }
    table = pandas.DataFrame(columns, index=given.row if index is None else index[given.row])
    shown_db = manifold.threshold_db[row_of_threshold]
    if "sinr_db" in given.known_columns:
        sinr_db = pandas.Series(given.sinr_db, index=table.index)
        table["served"] = (sinr_db > shown_db).astype("boolean").mask(sinr_db.isna())
    elif served_rsrp_dbm is not None:
        table["served"] = table["rsrp_dbm"] >= served_rsrp_dbm
    rows_read = given.report.rows_read
    return ValidationReport(table, shown_db, blocks, rows_read, left_out, len(stations.carriers))


def _measurements(manifold: CoverageManifold, given) -> tuple[Measurements, pandas.Index | None]:
    """The measurements in the scene's frame, and the labels of the rows of a table."""
    import pandas

    if isinstance(given, str | Path):
        return Measurements.read(given, scene=manifold.scene), None
    if not isinstance(given, Measurements):
        labels = given.index if isinstance(given, pandas.DataFrame) else None
        return Measurements.from_table(given, scene=manifold.scene), labels
    if given.frame != manifold.scene.frame:
        raise InputError("measurements: they are in another frame than the map; read them for its scene, with scene=")
    return given, None


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


@dataclass(frozen=True)
class _Candidates:
    """Which of S stations may have served each of N measurements, by what its row names."""

    allowed: np.ndarray  # (G, S) bool, of each distinct pair of carrier and cell
    group: np.ndarray  # (N,) row of allowed
    cell_missing: np.ndarray  # (N,) bool, a cell is named that the scene lacks
    carrier_missing: np.ndarray  # (N,) bool, several carriers and none told

    @classmethod
    def of(cls, stations, given: Measurements) -> _Candidates:
        import pandas

        several = len(stations.carriers) > 1
        if several and len(given) and not {"carrier", "cell"} & set(given.known_columns):
            raise InputError(
                f"measurements: the scene has {len(stations.carriers)} carriers ({', '.join(stations.carriers)}): "
                "give a carrier column, or validate the map of scene.with_carrier(...)"
            )
        named = pandas.MultiIndex.from_arrays([given.carrier, given.cell])
        group, pairs = named.factorize()
        allowed = np.ones((len(pairs), len(stations)), dtype=bool)
        for row, (carrier, cell) in enumerate(pairs):
            if carrier:
                if carrier not in stations.carriers:
                    hint = nearest_name(carrier, stations.carriers)
                    raise InputError(f"measurements: carrier {carrier!r} is not among {list(stations.carriers)}{hint}")
                allowed[row] &= stations.carrier == carrier
            if cell:
                allowed[row] &= stations.id == cell
                found = sorted(set(stations.carrier[allowed[row]].tolist()))
                if len(found) > 1:
                    raise InputError(f"measurements: the cell {cell!r} is one of {found}; give a carrier column")
        has_cell = np.array([cell != "" for _, cell in pairs], dtype=bool)
        known = allowed.any(axis=1)
        if has_cell.any() and not known[has_cell].any():
            raise InputError(_no_cell_known(stations, pairs[has_cell][0][1]))
        unclear = several & ~has_cell & np.array([carrier == "" for carrier, _ in pairs], dtype=bool)
        return cls(allowed, group, ~known[group], unclear[group])


def _no_cell_known(stations, cell: str) -> str:
    example = str(stations.id[0])
    merged = any(f" {word} " in example for word in ("eNB", "gNB"))
    why = "; cells of one site were merged into one station, which is named after the site" if merged else ""
    return f"measurements: none of their cells (such as {cell!r}) is in the scene, whose ids are like {example!r}{why}"


def _strongest(manifold: CoverageManifold, x_m, y_m, allowed, group) -> tuple[np.ndarray, np.ndarray]:
    """Row and mean received power (dBm) of the strongest station that ``allowed[group]`` has at each position.

    In blocks, because the core gives all stations.
    """
    from .simulate import received_power_dbm

    receivers_m = np.column_stack([x_m, y_m, np.full(len(x_m), manifold.grid.height_m)])
    station, power_dbm = np.empty(len(x_m), dtype=np.int64), np.empty(len(x_m))
    for start in range(0, len(x_m), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        of_all_dbm = received_power_dbm(manifold.scene, receivers_m[part], channel=manifold.channel)
        of_allowed_dbm = np.where(allowed[group[part]], of_all_dbm, -np.inf)
        station[part] = of_allowed_dbm.argmax(axis=1)
        power_dbm[part] = of_allowed_dbm.max(axis=1)
    return station, power_dbm


def _grouped(table: pandas.DataFrame, keys: list[str]) -> pandas.DataFrame:
    error_db = table["error_db"].groupby([table[key] for key in keys])
    return error_db.agg(
        rows="size",
        bias_db="mean",
        rmse_db=lambda values: float(np.sqrt(np.mean(values**2))),
        standard_deviation_db=lambda values: float(values.std(ddof=0)),
    )
