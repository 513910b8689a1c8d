"""Images of links: radiocore's, in memory and to disk, and the same drawn by Pillow; on one thread."""

from __future__ import annotations

import numpy as np
import pytest

import cities
import radiocore as rc
from radiocore.digital_twin import DigitalTwin, read_images
from radiocore.foliage import Foliage
from rivals.pillow_images import PillowImages
from rounds import in_rounds

CAMPUS = cities.DATA / "dortmund_multimno" / "tudo_campus_2018.osm.gz"
IMAGES, IMAGES_OF_RIVAL = 1000, 100


def _campus() -> DigitalTwin:
    if not CAMPUS.exists():
        pytest.skip("the data of dortmund are absent from ../shared/data")
    town = rc.Buildings.read(CAMPUS)
    mast = rc.BaseStations(x_m=[0.0], y_m=[0.0], frame=town.frame)
    return DigitalTwin(rc.Scene(town, mast), Foliage.read(CAMPUS, town.frame))


def _synthetic() -> DigitalTwin:
    return DigitalTwin(rc.Scene.synthetic("urban", side_m=2000, seed=1))


@pytest.fixture(scope="module", params={"dortmund": _campus, "synthetic": _synthetic}.items(), ids=lambda item: item[0])
def site(request):
    """A twin, the stations and the users of its images; three stations serve all."""
    name, make = request.param
    twin = make()
    rng = np.random.default_rng(0)
    west, south, east, north = twin.bounds_m
    station_m = rng.uniform((west, south), (east, north), (3, 2))[rng.integers(0, 3, IMAGES)]
    return name, twin, station_m, rng.uniform((west, south), (east, north), (IMAGES, 2))


def _in_memory(twin, station_m, user_m, folder):
    return lambda: twin.draw(station_m, user_m)


def _to_disk(twin, station_m, user_m, folder):
    def write():
        twin.write(folder / "images.npy", station_m, user_m, progress=False)
        return read_images(folder / "images.npy")

    return write


def _first_call(twin, station_m, user_m, folder):
    """The ground included."""
    return lambda: DigitalTwin(twin.scene, twin.foliage).draw(station_m, user_m)


def _pillow(twin, station_m, user_m, folder):
    rival = PillowImages(twin)
    return lambda: rival.draw(station_m, user_m)


CONTENDERS = {
    "radiocore": (_in_memory, IMAGES),
    "radiocore, to disk": (_to_disk, IMAGES),
    "radiocore, ground included": (_first_call, IMAGES),
    "Pillow": (_pillow, IMAGES_OF_RIVAL),
}


@pytest.mark.parametrize("name", CONTENDERS)
def bench_images(benchmark, site, name, tmp_path):
    make, number = CONTENDERS[name]
    city, twin, station_m, user_m = site
    station_m, user_m = station_m[:number], user_m[:number]
    table = f"images of links, {city}"
    benchmark.group = table
    images = in_rounds(benchmark, make(twin, station_m, user_m, tmp_path))
    expected = twin.draw(station_m, user_m)
    rival = name == "Pillow"
    wrong = int(_differs(images, expected).sum()) if rival else int((images != expected).any(axis=(1, 2, 3)).sum())
    benchmark.extra_info.update(name=name, table=table, rival=rival, threads=1, work=number, unit="images", wrong=wrong)
    assert wrong == 0


def _differs(images: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """(N,) whether an image is another than by its anti-aliasing: half of white off in more than 6 of 65,536 pixels."""
    far = np.abs(images.astype(np.int16) - expected).max(axis=3) > 128
    return far.mean(axis=(1, 2)) > 1e-4
