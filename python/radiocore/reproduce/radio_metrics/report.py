"""The paper's evaluation, figure by figure, and the report of it."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ... import _core
from ...device import resolve_threads
from ..folder import check_data
from ..report import Report
from . import (
    attempts,
    blind,
    dortmund,
    figure_2,
    figure_3,
    figures_4_6,
    intervals,
    made_up,
    table_1,
    table_3,
    table_4,
    table_5,
    targets,
)
from .places import CELLS_FOLDER, UBC_FOLDER
from .settings import Settings
from .study import Study

FIGURES = (
    targets, table_4, blind, intervals, table_1, figure_2, figure_3, table_3, figures_4_6, table_5, attempts,
)  # fmt: skip
"""In the order of the page."""

KIND = "radiocore radio-metrics report"
TITLE = "Machine Learning for Modeling Wireless Radio Metrics with Crowdsourced Data and Local Environment Features"
FOLDERS = (dortmund.FOLDER, UBC_FOLDER, CELLS_FOLDER)


def reproduce_radio_metrics(
    *,
    settings: Settings | None = None,
    data: str | Path | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: bool | None = None,
    figures: Sequence = FIGURES,
) -> Report:
    """The evaluation of CRC-ML-4G on a made-up crowd, and on public measurements.

    Parameters
    ----------
    settings : Settings, optional
        Default: the quick ones.
    data : path, optional
        Folder of the public data, a folder each: ``dortmund_multimno``, ``ubc_vancouver_buildings``,
        ``opencellid_canada``; and ``crc_mlpl`` where the weights of CRC-MLPL are at hand.
    seed : int
        Of everything that is drawn.
    threads : processors that share the work; None: all
    progress : as of :func:`radiocore.progress.progress_bar`
    figures : modules with ``make(study)``

    Raises
    ------
    InputError
        The folder lacks one of the data sets.
    """
    settings = Settings.quick() if settings is None else settings
    folder = None if data is None else check_data(data, FOLDERS)
    data_sets = [made_up.load(settings, seed)]
    if folder is not None:
        data_sets.append(dortmund.load(folder))
    study = Study(settings, tuple(data_sets), folder, seed, threads, progress)
    done = tuple(module.make(study) for module in figures)
    about = {
        "version": f"radiocore {_core.build_info()['version']}",
        "machine": f"{platform.machine()}, {resolve_threads(None)} processors",
        "seed": seed,
        "data": "; ".join(f"{data_set.title}: {len(data_set):,} rows" for data_set in data_sets),
        "settings": asdict(settings),
    }
    if folder is not None:
        about["attribution"] = "(c) OpenStreetMap contributors; OpenCelliD Project, CC BY-SA 4.0; UBC Campus, PDDL 1.0"
    return Report(KIND, TITLE, targets.headline(study), done, about)
