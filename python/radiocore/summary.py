"""What a planner quotes from a coverage map."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ManifoldSummary:
    """What a planner quotes from a map. Shares are of the outdoor cells; None where there is no such cell."""

    threshold_db: tuple[float, ...]  # (T,)
    share_served: tuple[float | None, ...]  # (T,) mean coverage = expected share of the area that is served
    share_at_half: tuple[float | None, ...]  # (T,) coverage >= 0.5
    share_at_ninety: tuple[float | None, ...]  # (T,) coverage >= 0.9
    share_served_by_carrier: dict[str, tuple[float | None, ...]]  # (T,) of each carrier on its own
    share_line_of_sight: float | None
    """To the server; None also where the method names no server."""
    share_without_server: float | None
    """Outdoors, no station being within the reach of the method."""
    share_outside_terrain_fit: float | None
    """Of the outdoor receivers, where the method clamps the terrain; None = the method does not ask for it."""
    share_links_leaving_map: float | None
    """Share of links that leave the mapped area, where buildings are not known; None = not told."""
    outdoor_cells: int
    cells: int
    outdoor_area_km2: float
    serving_stations: int
    stations: int
    carrier: str
    method: str
    seed: int | None
    largest_standard_error: float | None
    """Of any cell and threshold; None where the map is not sampled."""

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain values, ready for JSON."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The summary as sentences, one a line."""
        sampled = "" if self.seed is None else f", seed {self.seed}"
        out = [
            f"Map: {self.outdoor_area_km2:.3f} km^2 outdoors ({self.outdoor_cells:,} of {self.cells:,} cells), "
            f"method {self.method}{sampled}",
            f"Carrier: {self.carrier}",
        ]
        for index, threshold_db in enumerate(self.threshold_db):
            out.append(
                f"SINR > {threshold_db:g} dB: {_percent(self.share_served[index])} of the outdoor area is expected "
                f"to be served; P >= 0.5 on {_percent(self.share_at_half[index])} of it, "
                f"P >= 0.9 on {_percent(self.share_at_ninety[index])}"
            )
            for name, share in self.share_served_by_carrier.items():
                out.append(f"  {name or 'unnamed carrier'} alone: {_percent(share[index])}")
        if len(self.share_served_by_carrier) > 1:
            out.append(
                "The best carrier at each point is a mixture that no single subscriber gets where carriers belong to "
                "different operators; a subscriber's map is that of scene.with_carrier(...)"
            )
        if self.largest_standard_error is not None:
            out.append(f"Sampled: the standard error of a cell is at most {self.largest_standard_error:.4f}")
        if self.share_outside_terrain_fit:
            out.append(
                f"Terrain outside the range of the line-of-sight model: {_percent(self.share_outside_terrain_fit)} of "
                "the outdoor receivers; its chances of line of sight are poor there, the exact method needs none"
            )
        if self.outdoor_cells and not self.serving_stations:
            out.append(f"Serving stations: method {self.method} names none")
        else:
            out.append(f"Line of sight to the server: {_percent(self.share_line_of_sight)} of the outdoor area")
            out.append(f"Serving stations: {self.serving_stations} of {self.stations}")
            if self.share_without_server:
                out.append(
                    f"No station within the method's reach: {_percent(self.share_without_server)} of the outdoor area, "
                    "taken as not served"
                )
        if self.share_links_leaving_map:
            out.append(
                f"Links that leave the mapped area: {_percent(self.share_links_leaving_map)}; buildings out there are "
                "not known and block nothing"
            )
        return out

    def __str__(self) -> str:
        return "\n".join(self.lines())


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.1f} %"
