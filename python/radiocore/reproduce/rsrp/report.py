"""The paper's evaluation, figure by figure, and the report of it."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ... import _core
from ...device import resolve_threads
from ...run import file_identity
from ..folder import check_data
from ..report import Report
from . import (
    attempts,
    calibration,
    dortmund,
    dtu,
    figure_3,
    figure_4,
    huawei,
    latent,
    reconstructions,
    synthetic,
    table_1,
    targets,
)
from .settings import Settings
from .study import Study

FIGURES = (figure_3, table_1, figure_4, calibration, latent, reconstructions, attempts, targets)
"""In the order of work."""

KIND = "radiocore rsrp report"
FIRST = ("targets", "table_1")
"""Shown before the others."""

TITLE = "Variational autoencoder assisted neural network likelihood RSRP prediction model"
PUBLIC = (dortmund, dtu, huawei)


def reproduce_rsrp(
    *,
    settings: Settings | None = None,
    data: str | Path | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: bool | None = None,
    figures: Sequence = FIGURES,
) -> Report:
    """The evaluation of arXiv:2207.00166 on a made-up drive test, and on public ones.

    Parameters
    ----------
    settings : Settings, optional
        Default: the quick ones.
    data : path, optional
        Folder of the public measurements, a folder each: ``dortmund_multimno``, ``dtu_rsrp``, ``huawei2019_jeske``.
    seed : int
        Of everything that is drawn.
    threads : processors that share the work; None: all
    progress : as of :func:`radiocore.progress.progress_bar`
    figures : modules with ``make(study)``, in the order of work

    Raises
    ------
    InputError
        The folder lacks one of the data sets.
    """
    settings = Settings.quick() if settings is None else settings
    folder = None if data is None else check_data(data, [module.FOLDER for module in PUBLIC])
    data_sets = [synthetic.load(settings, seed)]
    if folder is not None:
        data_sets += [module.load(folder).thinned(settings.rows, seed) for module in PUBLIC]
    study = Study(settings, tuple(data_sets), seed, progress, threads)
    done = []
    for number, module in enumerate(figures, start=1):
        study.stage = f"{number} of {len(figures)}"
        done.append(module.make(study))
    names = [*FIRST, *(figure.name for figure in done if figure.name not in FIRST)]
    ordered = sorted(done, key=lambda figure: names.index(figure.name))
    about = {
        "version": f"radiocore {_core.build_info()['version']}",
        "machine": f"{platform.machine()}, {resolve_threads(None)} processors",
        "seed": seed,
        "data": "; ".join(f"{data_set.title}: {', '.join(data_set.notes)}" for data_set in data_sets),
        "settings": asdict(settings),
        "inputs": {
            f"{module.FOLDER}/{name}": file_identity(folder / module.FOLDER / name)
            for module in (PUBLIC if folder is not None else ())
            for name in module.FILES
        },
    }
    credits = dict.fromkeys(
        data_set.scene.buildings.report.attribution
        for data_set in data_sets
        if data_set.scene.buildings.report.attribution
    )
    if credits:
        about["attribution"] = "; ".join(credits)
    return Report(KIND, TITLE, targets.headline(study), tuple(ordered), about)
