"""Line of sight on one thread: radiocore's engines and their rivals on the same links.

A link is one (station, outdoor receiver). The slow are given every n-th receiver, and judged on those.
"""

from __future__ import annotations

import numpy as np
import pytest


def _embree(links):
    pytest.importorskip("embreex", reason="embreex is not installed: pip install radiocore[bench]")
    from rivals.embree import EmbreeLineOfSight

    return EmbreeLineOfSight(links)


def _numpy(links):
    from rivals.array_geometry import NumpyLineOfSight

    return NumpyLineOfSight(links)


def _shapely(links):
    from rivals.array_geometry import ShapelyLineOfSight

    return ShapelyLineOfSight(links)


CONTENDERS = {
    # name: (make, is a rival, at most this many links are asked, rounds)
    "radiocore index": (lambda links: lambda: links.traced("index"), False, None, 7),
    "embreex": (_embree, True, None, 7),
    "radiocore brute-force": (lambda links: lambda: links.traced("brute-force"), False, 100_000, 3),
    "shapely STRtree": (_shapely, True, 10_000, 3),
    "NumPy loop": (_numpy, True, 5_000, 3),
}


@pytest.mark.parametrize("name", CONTENDERS)
def bench_line_of_sight(benchmark, links, name, request):
    city = request.node.callspec.params["links"]
    benchmark.group = f"line of sight, {city}: {links.number / 1e6:.2f} million links, one thread"
    make, rival, most_links, rounds = CONTENDERS[name]
    step = 1 if most_links is None else max(1, links.number // most_links)
    asked = links.every(step)
    trace = make(asked)
    los = benchmark.pedantic(trace, rounds=rounds, warmup_rounds=1 if most_links is None else 0)
    wrong = int((los != links.expected[:, ::step]).sum())
    benchmark.extra_info.update(name=name, rival=rival, work=asked.number, unit="links", wrong=wrong)
    if rival:
        # Rounded to single precision, or with ties decided otherwise, a rival may miss a link in ten thousand.
        assert wrong <= 1e-4 * np.size(los)
    else:
        assert wrong == 0
