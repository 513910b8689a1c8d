"""The paper's evaluation, figure by figure, and the report of it."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ... import _core
from ...device import resolve_threads
from ...errors import InputError
from ...scene import Scene
from ..report import Report
from . import (
    attempts,
    figure_4,
    figure_5,
    figure_7,
    figure_8,
    figure_9,
    figure_13,
    figures_10_12,
    line_of_sight,
    methods,
    table_4,
)
from .delay import NOISE
from .settings import Settings
from .study import Study
from .style import METHOD_LABELS
from .towns import made_up_towns, mixed_town, real_town

FIGURES = (
    table_4,
    figure_4,
    figure_5,
    figure_7,
    figure_8,
    figure_9,
    figures_10_12,
    figure_13,
    line_of_sight,
    attempts,
    methods,
)
"""In the order of work; the comparison of methods takes delays from the two before it."""

KIND = "radiocore manifold report"

FIRST = ("methods",)
"""Shown before the others."""

TITLE = "Terrain-based coverage manifolds: machine learning, stochastic geometry, or simulation?"


def reproduce_manifold(
    *,
    settings: Settings | None = None,
    scene: Scene | None = None,
    name: str = "town",
    seed: int = 0,
    threads: int | None = None,
    progress: bool | None = None,
    inputs: dict[str, Any] | None = None,
    figures: Sequence = FIGURES,
) -> Report:
    """The evaluation of arXiv:2312.01826 on made-up cities, and on a town of the user's.

    Parameters
    ----------
    settings : Settings, optional
        Default: the quick ones.
    scene : Scene, optional
        A town to draw maps of; default: a made-up one of four quarters.
    name : str
        How it is called.
    seed : int
        Of everything that is drawn; the same numbers come out for the same seed, but for timings.
    threads, progress : as of ``simulate_manifold``
    inputs : what the scene was read from, kept in the report
    figures : modules with ``make(study)``, in the order of work

    Raises
    ------
    InputError
        The scene's name is that of a made-up city.
    """
    settings = Settings.quick() if settings is None else settings
    made_up = made_up_towns(settings, seed)
    if name in {town.name for town in made_up}:
        raise InputError(f"name: {name!r} is that of a made-up city; choose another")
    shown = mixed_town(settings, seed) if scene is None else real_town(scene, name, settings)
    study = Study(settings, seed, made_up, shown, scene is not None, threads, progress)
    done = []
    for number, module in enumerate(figures, start=1):
        study.stage = f"{number} of {len(figures)}"
        done.append(module.make(study))
    ordered = sorted(done, key=lambda figure: figure.name not in FIRST)
    about = {
        "version": f"radiocore {_core.build_info()['version']}",
        "machine": f"{platform.machine()}, {resolve_threads(None)} processors",
        "seed": seed,
        "towns": ", ".join(
            f"{town.name} ({len(town.scene.buildings):,} buildings, {len(town.scene.base_stations)} stations)"
            for town in study.towns
        ),
        "settings": asdict(settings),
        "inputs": inputs or {},
    }
    credits = dict.fromkeys(
        report.attribution
        for report in (shown.scene.buildings.report, shown.scene.base_stations.report)
        if report.attribution
    )
    if credits:
        about["attribution"] = "; ".join(credits)
    return Report(KIND, TITLE, _headline(study), tuple(ordered), about)


def _headline(study: Study) -> tuple[str, ...]:
    """First of all whether the approximations are worth their loss, then what refused."""
    lines = []
    delay = study.map_delay_us
    if "exact" in delay:
        slower = {name: value for name, value in delay.items() if value > delay["exact"] * NOISE}
        faster = {name: value for name, value in delay.items() if value < delay["exact"] / NOISE}
        alike = {name: value for name, value in delay.items() if name not in {"exact", *slower, *faster}}
        told = f"On one thread the exact method takes {delay['exact']:.3g} microseconds a receiver of the map"
        for words, others in (("less than", slower), ("as much, within the noise, as", alike), ("more than", faster)):
            if others:
                told += f"; {words} {', '.join(f'{METHOD_LABELS[name]} ({us:.3g})' for name, us in others.items())}"
        worth = "" if faster else " The approximations cost accuracy and save no time."
        lines.append(f"{told}.{worth}")
    losses = [f"{METHOD_LABELS[name]} {loss:.2g}" for name, loss in study.mean_losses.items() if name != "exact"]
    if losses:
        lines.append(
            "The exact method decides every link exactly and samples nothing, so it is what losses are measured "
            f"against. Mean difference of a receiver's coverage from it: {', '.join(losses)}. That of traditional "
            f"simulation, which is exact but for its sampling, is the noise of {study.settings.draws} draws."
        )
    lines += [f"{town}, {METHOD_LABELS[method]}: no map. {why}" for (town, method), why in study.refusals.items()]
    return tuple(lines)
