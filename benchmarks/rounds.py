"""How often each contender of a table runs: the same time for all, since the machine's speed changes by the second."""

from __future__ import annotations

import time

SECONDS_EACH = 2.0
FEWEST, MOST = 3, 100


def in_rounds(benchmark, function, *arguments):
    """Time calls of the function by pytest-benchmark, for about two seconds after two that warm up; its last answer."""
    function(*arguments)  # may compile
    start_s = time.perf_counter()
    function(*arguments)
    rounds = int(SECONDS_EACH / (time.perf_counter() - start_s))
    return benchmark.pedantic(function, arguments, rounds=min(max(rounds, FEWEST), MOST))
