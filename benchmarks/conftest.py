"""What the benchmarks share: the cities, and the table of rates at the end."""

from __future__ import annotations

import pytest

import cities

# name: (city, arrangement of the receivers)
ARRANGEMENTS = {
    "synthetic-grid": (cities.synthetic_city, cities.on_grid),
    "synthetic-scattered": (cities.synthetic_city, cities.scattered),
    "ubc-grid": (cities.ubc, cities.on_grid),
    "ubc-scattered": (cities.ubc, cities.scattered),
    "helsinki-grid": (cities.helsinki, cities.on_grid),
    "helsinki-scattered": (cities.helsinki, cities.scattered),
    "large-grid": (cities.large_city, cities.on_fine_grid),
}


@pytest.fixture(scope="session", params=ARRANGEMENTS)
def links(request) -> cities.Links:
    """Links of a named city and arrangement of receivers; the data of a real one may be absent."""
    city, arrange = ARRANGEMENTS[request.param]
    scene = city()
    if scene is None:
        pytest.skip(f"the data of {request.param} are absent from ../shared/data")
    return arrange(scene)


def pytest_terminal_summary(terminalreporter, config):
    """A table for each group that counted its work, a line for each contender: rates, and against its rivals."""
    session = getattr(config, "_benchmarksession", None)
    tables: dict[str, dict[str, Contender]] = {}
    for bench in session.benchmarks if session else []:
        info = bench.extra_info
        if "work" in info and not bench.has_error:
            table = tables.setdefault(info.get("table", bench.group), {})
            table.setdefault(info["name"], Contender(info["name"])).add(bench)
    for title, table in tables.items():
        contenders = sorted(table.values(), key=lambda contender: contender.rate, reverse=True)
        best = max((contender.rate for contender in contenders if contender.rival), default=None)
        embree = table["embreex"].rate if "embreex" in table else None
        unit, text = rates_in(contenders)
        columns = {unit: [text(contender.rate) for contender in contenders]}
        columns["to best rival"] = [_ratio(contender.rate, best) for contender in contenders]
        columns["to embreex"] = [_ratio(contender.rate, embree) for contender in contenders]
        columns["us a station"] = [
            f"{contender.us_a_station:.0f}" if contender.us_a_station else "" for contender in contenders
        ]
        for threads in sorted({threads for contender in contenders for threads in contender.rates} - {1}):
            rates = [contender.rates.get(threads) for contender in contenders]
            columns[f"{threads} threads"] = [text(rate) if rate else "" for rate in rates]
            columns["to one"] = [
                _ratio(rate, contender.rate) for rate, contender in zip(rates, contenders, strict=True)
            ]
        columns["wrong"] = [str(contender.wrong) for contender in contenders]
        columns = {head: cells for head, cells in columns.items() if any(cells)}
        terminalreporter.section(title)
        terminalreporter.write_line(" " * 32 + "".join(f"{head:>14}" for head in columns))
        for row, contender in enumerate(contenders):
            cells = "".join(f"{cells[row]:>14}" for cells in columns.values())
            terminalreporter.write_line(f"{contender.name:32}{cells}")


class Contender:
    """What was measured of one name in one table: a benchmark for each number of threads, its best round."""

    def __init__(self, name: str):
        self.name = name
        self.rates: dict[int, float] = {}
        self.us_a_station: float | None = None
        self.wrong = 0

    def add(self, bench) -> None:
        info = bench.extra_info
        threads = info.get("threads", 1)
        self.rival, self.unit = info["rival"], info["unit"]
        self.rates[threads] = info["work"] / bench.stats.min
        self.wrong += info["wrong"]
        if threads == 1 and "stations" in info:
            self.us_a_station = bench.stats.min * 1e6 / info["stations"]

    @property
    def rate(self) -> float:
        """On one thread, or on the fewest that were timed."""
        return self.rates[min(self.rates)]


def rates_in(contenders: list[Contender]):
    """The unit of a table's rates, and what writes one in it: millions, where the fastest comes near one."""
    unit = f"{contenders[0].unit}/s"
    if contenders[0].rate < 1e5:
        return unit, lambda rate: f"{rate:,.0f}"
    return f"M {unit}", lambda rate: f"{rate / 1e6:.3f}"


def _ratio(rate: float | None, reference: float | None) -> str:
    return f"{rate / reference:.3g}" if rate and reference else ""
