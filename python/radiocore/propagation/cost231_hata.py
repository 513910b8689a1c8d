"""The COST-231 extension of Hata's model to 2 GHz."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .loss_model import PathLossModel, log10
from .ranges import Range

CLAUSE = "COST 231 final report, section 4.4.1"
METROPOLITAN_DB = 3.0


@dataclass(frozen=True)
class Cost231Hata(PathLossModel):
    """Median loss of large and small macro-cells whose antennas stand above the roofs around them.

    1500 to 2000 MHz, 1 to 20 km in plan, transmitters at 30 to 200 m and receivers at 1 to 10 m. Line of sight plays no
    part. Source: COST Action 231, Digital mobile radio towards future generation systems, final report (EUR 18957,
    1999), section 4.4.1.

    Attributes
    ----------
    metropolitan : 3 dB more, for the centres of metropolises; else medium cities and suburbs with some trees
    """

    metropolitan: bool = False
    name: ClassVar[str] = "cost231-hata"
    inputs: ClassVar[tuple[str, ...]] = (
        "frequency_mhz",
        "distance_2d_m",
        "transmitter_height_m",
        "receiver_height_m",
    )
    source: ClassVar[str] = CLAUSE

    @property
    def ranges(self):
        return (
            Range("frequency_mhz", 1500.0, 2000.0, CLAUSE),
            Range("distance_2d_m", 1000.0, 20_000.0, CLAUSE),
            Range("transmitter_height_m", 30.0, 200.0, CLAUSE),
            Range("receiver_height_m", 1.0, 10.0, CLAUSE),
            # Beyond, the law falls with distance.
            Range("transmitter_height_m", 1.0, 1e6, CLAUSE, firm=True),
        )

    def _loss_db(self, frequency_mhz, distance_2d_m, transmitter_height_m, receiver_height_m):
        log_f, log_h = log10(frequency_mhz), log10(transmitter_height_m)
        receiver_db = (1.1 * log_f - 0.7) * receiver_height_m - (1.56 * log_f - 0.8)
        city_db = METROPOLITAN_DB if self.metropolitan else 0.0
        slope_db = 44.9 - 6.55 * log_h
        return 46.3 + 33.9 * log_f - 13.82 * log_h - receiver_db + slope_db * log10(distance_2d_m / 1000.0) + city_db
