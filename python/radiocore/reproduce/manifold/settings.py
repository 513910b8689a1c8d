"""How much work a report takes."""

from __future__ import annotations

from dataclasses import dataclass

ENVIRONMENTS = ("suburban", "urban", "dense-urban", "high-rise")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes of an evaluation.

    Attributes
    ----------
    environments : made-up cities that losses are measured on
    side_m : side of a made-up city; receivers stand ``margin_m`` inside it
    stations_per_km2 : of a made-up city
    test_receivers : about how many a town is tested at
    draws : Monte Carlo draws a receiver
    exact_radii_m, neighbourhood_radii_m : of Fig. 7
    neighbourhood_radius_m, exact_radius_m : what methods use elsewhere
    database_sizes : pairs of coefficients, Fig. 8
    sample_numbers : training samples, Fig. 9
    map_cells : about how many cells the maps of Fig. 10 to 12 have
    tiles, tile_cells : number of tiles a city whose delay is measured, and cells along a side of each, Fig. 13
    """

    environments: tuple[str, ...] = ENVIRONMENTS
    side_m: float = 2000.0
    margin_m: float = 500.0
    stations_per_km2: float = 20.0
    test_receivers: int = 1600
    draws: int = 1000
    exact_radii_m: tuple[float, ...] = (25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)
    neighbourhood_radii_m: tuple[float, ...] = (60.0, 200.0, 500.0, 1000.0)
    neighbourhood_radius_m: float = 500.0
    exact_radius_m: float = 200.0
    database_sizes: tuple[int, ...] = (4, 9, 25, 49, 100, 225)
    sample_numbers: tuple[int, ...] = (20, 50, 100, 200, 500, 1000)
    map_cells: int = 40_000
    tiles: int = 16
    tile_cells: int = 16

    @classmethod
    def quick(cls) -> Settings:
        """Minutes on two cores."""
        return cls()

    @classmethod
    def full(cls) -> Settings:
        """More receivers, finer maps and longer axes: tens of times the work of the quick one."""
        return cls(
            side_m=3000.0,
            margin_m=750.0,
            test_receivers=5000,
            draws=4000,
            exact_radii_m=(12.5, 25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0),
            neighbourhood_radii_m=(60.0, 120.0, 250.0, 500.0, 1000.0, 2000.0),
            database_sizes=(4, 9, 25, 49, 100, 225, 400),
            sample_numbers=(20, 50, 100, 200, 500, 1000, 2000, 5000),
            map_cells=250_000,
            tiles=100,
        )
