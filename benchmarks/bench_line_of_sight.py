"""Line of sight: radiocore's engines and their rivals on the same links, on one thread and on all.

A link is one (station, outdoor receiver). On a grid radiocore is timed on the whole call, from the grid to packed
bits; a rival is given its rays. The slow are asked for every n-th receiver, and judged on those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from radiocore import _core
from rounds import in_rounds

THREADS = sorted({1, _core.available_threads()})


def _engine(name: str):
    return lambda links, threads: lambda: links.traced(name, threads)


def _mitsuba(links, threads):
    pytest.importorskip("mitsuba", reason="mitsuba is not installed: pip install radiocore[bench]")
    from rivals.mitsuba import MitsubaLineOfSight

    try:
        return MitsubaLineOfSight(links, threads)
    except ImportError as error:
        pytest.skip(f"mitsuba finds no LLVM; on Debian apt-get install libllvm15: {error}")


def _embree(links, threads):
    pytest.importorskip("embreex", reason="embreex is not installed: pip install radiocore[bench]")
    from rivals.embree import EmbreeLineOfSight

    return EmbreeLineOfSight(links, threads)


def _numpy(links, threads):
    from rivals.array_geometry import NumpyLineOfSight

    return NumpyLineOfSight(links)


def _shapely(links, threads):
    from rivals.array_geometry import ShapelyLineOfSight

    return ShapelyLineOfSight(links)


@dataclass(frozen=True)
class Contender:
    make: Callable  # of (links, threads); what it returns is timed
    rival: bool = True
    most_links: int | None = None
    threaded: bool = True
    walls_only: bool = False  # knows of no prism above ground
    grids_only: bool = False


CONTENDERS = {
    "radiocore shadow": Contender(_engine("shadow"), rival=False, grids_only=True),
    "radiocore index": Contender(_engine("index"), rival=False),
    "mitsuba": Contender(_mitsuba),
    "embreex": Contender(_embree),
    "radiocore brute-force": Contender(_engine("brute-force"), rival=False, most_links=100_000, threaded=False),
    "shapely STRtree": Contender(_shapely, most_links=10_000, threaded=False, walls_only=True),
    "NumPy loop": Contender(_numpy, most_links=5_000, threaded=False, walls_only=True),
}


@pytest.mark.parametrize(
    ("name", "threads"),
    [(name, n) for name, contender in CONTENDERS.items() for n in (THREADS if contender.threaded else [1])],
)
def bench_line_of_sight(benchmark, links, name, threads, request):
    contender = CONTENDERS[name]
    if contender.grids_only and links.grid is None:
        pytest.skip(f"{name} is for grids")
    if contender.walls_only and links.scene.buildings.base_mm.any():
        pytest.skip(f"{name} knows walls from the ground up only")
    city = request.node.callspec.params["links"]
    table = f"line of sight, {city}: {links.number / 1e6:.2f} million links, {len(links.stations_mm)} stations"
    benchmark.group = f"{table}, threads: {threads}"
    step = 1 if contender.most_links is None else max(1, links.number // contender.most_links)
    asked = links.every(step)
    trace = contender.make(asked, threads)
    answer = in_rounds(benchmark, trace)
    wrong = int((asked.los(answer) != links.expected[:, ::step]).sum())
    benchmark.extra_info.update(
        name=name, table=table, rival=contender.rival, threads=threads, work=asked.number, unit="links", wrong=wrong
    )
    if step == 1:
        benchmark.extra_info["stations"] = len(links.stations_mm)
    if contender.rival:
        # Rounded to single precision, or with ties decided otherwise, a rival may miss a link in ten thousand.
        assert wrong <= 1e-4 * asked.number
    else:
        assert wrong == 0
