"""What the benchmarks share: the cities, and the table of links per second at the end."""

from __future__ import annotations

import pytest

import cities

CITIES = {"synthetic": cities.synthetic_city, "ubc": cities.ubc}
RECEIVERS = {"grid": cities.on_grid, "scattered": cities.scattered}


@pytest.fixture(scope="session", params=[f"{city}-{places}" for city in CITIES for places in RECEIVERS])
def links(request) -> cities.Links:
    """Links of a named city and arrangement of receivers; the data of a real one may be absent."""
    city, places = request.param.split("-")
    scene = CITIES[city]()
    if scene is None:
        pytest.skip("UBC buildings or OpenCelliD cells are absent")
    return RECEIVERS[places](scene)


def pytest_terminal_summary(terminalreporter, config):
    """One line for each benchmark that counted its work: how much a second, and against the rival to beat."""
    session = getattr(config, "_benchmarksession", None)
    groups: dict[str, list] = {}
    for bench in session.benchmarks if session else []:
        if "work" in bench.extra_info and not bench.has_error:
            groups.setdefault(bench.group, []).append(bench)
    for group, benches in groups.items():
        rate = {bench: bench.extra_info["work"] / bench.stats.median for bench in benches}
        rivals = [bench for bench in benches if bench.extra_info["rival"]]
        strongest = max((rate[bench] for bench in rivals), default=float("nan"))
        terminalreporter.section(group)
        unit = benches[0].extra_info["unit"]
        terminalreporter.write_line(f"{'':34}{'million ' + unit + '/s':>26}{'to best rival':>16}   wrong")
        for bench in sorted(benches, key=rate.get, reverse=True):
            info = bench.extra_info
            terminalreporter.write_line(
                f"{info['name']:34}{rate[bench] / 1e6:26.3f}{rate[bench] / strongest:16.3f}   {info['wrong']}"
            )
