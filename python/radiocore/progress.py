"""A progress bar with rate, time left and a word on how it goes, for work that takes longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

QUIET_S = 1.0
"""Work that is done by then shows nothing."""


@contextmanager
def progress_bar(
    total: int, description: str, enabled: bool | None = None, *, unit: str = "receivers"
) -> Iterator[Callable[..., None]]:
    """A context that yields ``update(n, text="")``, to be called after each n items of work.

    The text, as the loss of a training, stands beside the rate.

    Parameters
    ----------
    total : int
        Items of work.
    description : str
        What is being done, in a few words.
    enabled : bool, optional
        None: only when stderr is a terminal. True asks for the same; False keeps silent.
    unit : str
        What an item is.
    """
    if enabled is False or not sys.stderr.isatty():
        yield lambda n, text="": None
        return
    bar = _Bar(total, description, unit)
    try:
        yield bar.update
    finally:
        bar.close()


class _Bar:
    def __init__(self, total: int, description: str, unit: str):
        self._total, self._description, self._unit = total, description, unit
        self._done = 0
        self._start_s = time.monotonic()
        self._rich = None

    def update(self, n: int, text: str = "") -> None:
        self._done += n
        if self._rich is None:
            if time.monotonic() - self._start_s < QUIET_S:
                return
            self._open()
        elapsed_s = time.monotonic() - self._start_s
        rate = rate_text(self._done / elapsed_s, self._unit)
        self._rich.update(self._task, completed=self._done, rate=rate, text=text)

    def close(self) -> None:
        if self._rich is not None:
            self._rich.stop()

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        self._rich = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[text]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._rich.add_task(self._description, total=self._total, rate="", text="")
        self._rich.start()


def rate_text(per_second: float, unit: str) -> str:
    """``1.2 M receivers/s`` and the like: three figures and a prefix."""
    for factor, prefix in ((1e9, "G "), (1e6, "M "), (1e3, "k ")):
        if per_second >= factor:
            return f"{per_second / factor:.3g} {prefix}{unit}/s"
    return f"{per_second:.3g} {unit}/s"
