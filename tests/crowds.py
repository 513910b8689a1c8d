"""A crowd in two small cities, and its files."""

from __future__ import annotations

from radiocore.measuring.crowd import Crowd, crowd
from radiocore.measuring.crowd_cities import Cities, made_up_cities
from radiocore.measuring.crowd_files import write_crowd

NAMES = ("Lowmoor", "Middleton")


def two_cities() -> Cities:
    return made_up_cities(side_m=400, stations_per_km2=30, seed=2, names=NAMES)


def write_files(folder) -> tuple[Cities, Crowd]:
    """``crowd.csv`` of the one city and ``crowd_blind.csv`` of the other, their cells and buildings."""
    cities = two_cities()
    made = crowd(cities, 600, seed=4)
    write_crowd(made, cities.scene, NAMES[1], folder)
    return cities, made
