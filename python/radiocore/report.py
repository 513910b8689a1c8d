"""What a scene was made of, what was assumed and left out, and what that does to the answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from .buildings import BuildingReport
from .network import StationReport
from .units import MM_PER_M, USUAL_ANTENNA_HEIGHT_M, height_notes

SHOWN_IDS = 5
"""Ids named in a line before the rest are only counted."""


@dataclass(frozen=True)
class CarrierReport:
    """The stations of one carrier, and the cells of the file that they stand for."""

    name: str
    stations: int
    cells: int


@dataclass(frozen=True)
class SceneReport:
    """The data report of a scene; ``str()`` of it is for reading, :meth:`to_dict` for machines.

    Attributes
    ----------
    hosted : dict
        Stations whose antenna stands in a building's outline, by where it is against that
        building's roof (the highest, where several outlines hold it): "above", "at" or "below".
    receiver_bounds_m, building_bounds_m, station_bounds_m : (x_min, y_min, x_max, y_max)
        Scene metres; None where there is nothing.
    stations_off_map : int
        Stations outside the extent of the buildings.
    remarks : tuple of str
        What was assumed, in plain words, with what it does to the answer.
    """

    buildings: BuildingReport
    number_of_buildings: int
    number_of_prisms: int
    base_stations: StationReport
    carriers: tuple[CarrierReport, ...]
    host_building: str
    hosted: dict[str, int]
    crs: str | None
    metric_crs: str | None
    receiver_bounds_m: tuple[float, float, float, float]
    building_bounds_m: tuple[float, float, float, float] | None
    station_bounds_m: tuple[float, float, float, float] | None
    stations_off_map: int
    remarks: tuple[str, ...]

    @classmethod
    def of(cls, scene) -> SceneReport:
        """The report of a :class:`radiocore.Scene`."""
        town, network = scene.buildings, scene.base_stations
        building_bounds_m = town.bounds_m if len(town) else None
        off_map = _off_map(network, building_bounds_m)
        return cls(
            buildings=town.report,
            number_of_buildings=len(town),
            number_of_prisms=town.number_of_prisms,
            base_stations=network.report,
            carriers=tuple(_carrier(network, name) for name in network.carriers),
            host_building=scene.host_building,
            hosted=_hosted(scene),
            crs=scene.frame.input_crs,
            metric_crs=_crs_name(scene.frame.crs),
            receiver_bounds_m=tuple(float(value) for value in scene.receiver_bounds_m),
            building_bounds_m=building_bounds_m,
            station_bounds_m=_bounds_m(network),
            stations_off_map=off_map,
            remarks=(*town.report.notes, *network.report.notes, *_scene_remarks(town, network, off_map)),
        )

    def to_dict(self) -> dict:
        """The report as plain dicts, lists, numbers and strings."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The report as lines of plain text."""
        return [
            *self._building_lines(),
            *self._station_lines(),
            *self._place_lines(),
            *(["Remarks"] if self.remarks else []),
            *(f"  - {remark.rstrip('.')}{'' if remark.endswith('?') else '.'}" for remark in self.remarks),
        ]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _building_lines(self) -> list[str]:
        found = self.buildings
        prisms = _counted(self.number_of_prisms, "prism")
        lines = [f"Buildings: {self.number_of_buildings:,} in {prisms} from {_origin(found)}"]
        if found.outlines_read:
            lines.append(f"  outlines read: {found.outlines_read:,}; outside the area: {found.outlines_outside:,}")
        lines += [f"  height from {source}: {number:,}" for source, number in sorted(found.height_sources.items())]
        lines += [f"  {name}: {number:,}" for name, number in sorted(found.counts.items())]
        if found.repaired:
            lines.append(f"  outlines repaired: {_with_examples(found.repaired)}")
        if found.refused:
            lines.append(f"  outlines refused: {_with_examples([f'{name} ({why})' for name, why in found.refused])}")
        return lines + _attribution_lines(found)

    def _station_lines(self) -> list[str]:
        found = self.base_stations
        lines = [f"Base stations: {sum(item.stations for item in self.carriers):,} from {_origin(found)}"]
        if found.rows_read:
            lines.append(f"  rows read: {found.rows_read:,}; taken: {found.rows_selected:,}")
        lines += [f"  left out, {reason}: {number:,}" for reason, number in found.left_out.items()]
        for item in self.carriers:
            cells = f", merged from {item.cells:,} cells" if item.cells > item.stations else ""
            lines.append(f"  carrier {item.name or '(unnamed)'}: {_counted(item.stations, 'station')}{cells}")
        cases = ", ".join(f"{number:,} {case} its roof" for case, number in self.hosted.items() if number)
        if cases:
            lines.append(f"  antennas in a building's outline: {cases} ({_HOST_RULE_WORDS[self.host_building]})")
        return lines + _attribution_lines(found)

    def _place_lines(self) -> list[str]:
        lines = [f"Coordinates: {self.crs or 'metres without a CRS'}"]
        if self.metric_crs is not None and self.metric_crs != self.crs:
            lines.append(f"  computed in metres of {self.metric_crs}")
        lines.append(f"  receivers: {_extent(self.receiver_bounds_m)}")
        for name, bounds_m in (("buildings", self.building_bounds_m), ("base stations", self.station_bounds_m)):
            if bounds_m is not None:
                lines.append(f"  {name}: {_extent(bounds_m)}")
        return lines


_HOST_RULE_WORDS = {
    "transparent": "a building never blocks the links of its own antenna",
    "literal": "a building blocks the links of its own antenna like any other",
    "raise": "refused",
}


def _carrier(network, name: str) -> CarrierReport:
    own = network.carrier == name
    return CarrierReport(name, int(own.sum()), int(network.cells[own].sum()))


def _hosted(scene) -> dict[str, int]:
    count = {"above": 0, "at": 0, "below": 0}
    if len(scene.buildings) == 0:
        return count
    roof_mm = np.rint(scene.buildings.height_m * MM_PER_M).astype(np.int64)
    antenna_mm = scene.base_stations.position_mm[:, 2]
    for station in np.flatnonzero(np.diff(scene.host_start)):
        hosts = scene.host_list[scene.host_start[station] : scene.host_start[station + 1]]
        difference_mm = antenna_mm[station] - roof_mm[hosts].max()
        count["above" if difference_mm > 0 else "below" if difference_mm < 0 else "at"] += 1
    return count


def _bounds_m(network) -> tuple[float, float, float, float] | None:
    if len(network) == 0:
        return None
    corners = (network.x_m.min(), network.y_m.min(), network.x_m.max(), network.y_m.max())
    return tuple(float(value) for value in corners)


def _off_map(network, bounds_m) -> int:
    if bounds_m is None:
        return 0
    west, south, east, north = bounds_m
    x_m, y_m = network.x_m, network.y_m
    return int(np.count_nonzero((x_m < west) | (x_m > east) | (y_m < south) | (y_m > north)))


def _scene_remarks(town, network, off_map: int) -> list[str]:
    remarks = []
    if len(town) == 0:
        remarks.append("there are no buildings: every link has line of sight")
    if off_map:
        remarks.append(
            "the map ends inside the stations' margin (stations outside the buildings' extent: "
            f"{off_map:,} of {len(network):,}); links to these cross ground whose buildings are not known and can "
            "count as unblocked although something stands there, which makes them too strong, as servers and as "
            "interferers"
        )
    remarks += height_notes("antenna", network.height_m, USUAL_ANTENNA_HEIGHT_M)
    read_from_file = bool(network.report.format)  # whose reader has said this already
    isotropic = int(np.count_nonzero(np.isnan(network.azimuth_deg)))
    if isotropic and not read_from_file:
        remarks.append(isotropic_remark(isotropic, len(network)))
    return remarks


def isotropic_remark(isotropic: int, stations: int) -> str:
    """What stations without azimuth do to the answer."""
    return (
        f"{isotropic:,} of {_counted(stations, 'station')} have no azimuth and are taken as isotropic: served areas "
        "come out round instead of in sectors, and behind a real sector the map shows too much signal and interference"
    )


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _origin(found: BuildingReport | StationReport) -> str:
    return found.source + (f" ({found.format})" if found.format else "")


def _attribution_lines(found: BuildingReport | StationReport) -> list[str]:
    return [f"  attribution: {found.attribution}"] if found.attribution else []


def _with_examples(names) -> str:
    shown = ", ".join(str(name) for name in names[:SHOWN_IDS])
    more = f" and {len(names) - SHOWN_IDS:,} more" if len(names) > SHOWN_IDS else ""
    return f"{len(names):,}: {shown}{more}"


def _extent(bounds_m) -> str:
    west, south, east, north = bounds_m
    size = f"{east - west:,.0f} m x {north - south:,.0f} m"
    return f"{size}, x {west:,.0f} to {east:,.0f} m, y {south:,.0f} to {north:,.0f} m"


def _crs_name(wkt: str | None) -> str | None:
    """A short name: the authority's code, or the projection where it has none."""
    if wkt is None:
        return None
    from pyproj import CRS

    crs = CRS.from_wkt(wkt)
    authority = crs.to_authority()
    if authority:
        return ":".join(authority)
    values = {item.name: item.value for item in crs.coordinate_operation.params} if crs.coordinate_operation else {}
    latitude = values.get("Latitude of natural origin")
    longitude = values.get("Longitude of natural origin")
    if latitude is None or longitude is None:
        return crs.name
    return f"{crs.coordinate_operation.method_name} about {latitude:g}, {longitude:g} degrees (latitude, longitude)"
