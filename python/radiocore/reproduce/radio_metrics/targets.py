"""What was to be reached, and what was."""

from __future__ import annotations

import numpy as np

from ..figure import Claim, Figure, Table, verdict
from .data_set import DataSet
from .methods import ESTIMATE, LINE, MEAN, OURS
from .metrics import METRICS, Metric
from .splits import AREA, AREA_STRICT, CITY, OPERATOR, Split
from .study import Study

NAME = "targets"
TITLE = "What was to be reached"
PAPER = "These targets are ours; the paper's own claims stand in the table above."
NEAR_NOISE_DB = 2.0
SAVED = 0.30
WORSE_DB = 0.2
MEAN_COVERED, LEAST_COVERED = (0.93, 0.97), 0.88
NEEDED = {MEAN, LINE, ESTIMATE, OURS}


def make(study: Study) -> Figure:
    """The targets with their verdicts."""
    found = targets(study)
    rows = tuple((target.text, target.verdict, target.number) for target in found) or (("none was judged", "", ""),)
    return Figure(NAME, TITLE, PAPER, _summary(found), (Table(NAME, ("target", "found", "number"), rows),))


def headline(study: Study) -> tuple[str, ...]:
    """First of all what holds and what does not."""
    found = targets(study)
    lines = [_summary(found), *(f"{target.verdict}: {target.text} {target.number}." for target in found)]
    if not study.real:
        lines.append("Only the made-up crowd was judged; --data names the folder of the public data.")
    if study.settings.rows is not None:
        lines.append(
            f"A quick run: networks and trees learn from {study.settings.rows:,} rows at most. --full takes every row."
        )
    return tuple(lines)


def _summary(found: list[Claim]) -> str:
    held = sum(target.verdict == "holds" for target in found)
    return f"{held} of {len(found)} targets hold." if found else "No target was judged."


def targets(study: Study) -> list[Claim]:
    """Those that can be judged on the data sets and methods at hand."""
    if not set(study.methods) >= NEEDED:
        return []
    found = []
    for data_set in study.data_sets:
        if data_set.is_real:
            for split in (AREA, AREA_STRICT, OPERATOR):
                found += [_beats(study, data_set, split, metric) for metric in METRICS[:2]]
            found += [
                _covers(study, data_set, split, metric) for split in (AREA, AREA_STRICT) for metric in METRICS[:2]
            ]
        else:
            found += [_near_noise(study, data_set, metric) for metric in METRICS]
            found.append(_saves(study, data_set))
    return found


def _near_noise(study: Study, data_set: DataSet, metric: Metric) -> Claim:
    result = study.results(data_set, CITY, metric)[OURS]
    area, inside = data_set.measurements.area, data_set.is_indoors
    told, off = [], []
    for name in data_set.areas:
        own = area == name
        noise_db = data_set.crowd.noise_db(metric.column, own)
        off.append(result.rmse_db(own) - noise_db)
        told.append(
            f"{name} {result.rmse_db(own):.2f} over a floor of {noise_db:.2f} dB (indoors "
            f"{result.rmse_db(own & inside):.2f} over {data_set.crowd.noise_db(metric.column, own & inside):.2f})"
        )
    return Claim(
        f"Made-up crowd, blind city: {metric.title} errs within {NEAR_NOISE_DB:g} dB of what chance alone does.",
        verdict(max(off) <= NEAR_NOISE_DB, min(off) <= NEAR_NOISE_DB),
        "; ".join(told),
    )


def _saves(study: Study, data_set: DataSet) -> Claim:
    results = study.results(data_set, CITY, METRICS[0])
    area, inside = data_set.measurements.area, data_set.is_indoors
    told, saved = [], []
    for name in data_set.areas:
        for word, mask in (("", area == name), (" indoors", (area == name) & inside)):
            saved.append(1 - results[OURS].rmse_db(mask) / results[ESTIMATE].rmse_db(mask))
            told.append(f"{name}{word} {saved[-1]:.0%}")
    return Claim(
        f"Made-up crowd, blind city: the corrected RSRP errs at least {SAVED:.0%} less than beta alone, indoors too.",
        verdict(min(saved) >= SAVED, max(saved) >= SAVED),
        ", ".join(told),
    )


def _beats(study: Study, data_set: DataSet, split: Split, metric: Metric) -> Claim:
    results = study.results(data_set, split, metric)
    per_fold = {name: np.array(results[name].per_fold()) for name in (MEAN, LINE, OURS)}
    mean = {name: float(values.mean()) for name, values in per_fold.items()}
    worst = max(float((per_fold[OURS] - per_fold[name]).max()) for name in (LINE, MEAN))
    is_best = mean[OURS] < min(mean[LINE], mean[MEAN])
    parts = ", ".join(
        f"{part} {ours:.2f} against {line:.2f}"
        for part, ours, line in zip(split.names(data_set), per_fold[OURS], per_fold[LINE], strict=True)
    )
    return Claim(
        f"{data_set.title}, {metric.title}, {split.title}: ours errs less on average than least squares and the plain "
        f"mean, and nowhere {WORSE_DB:g} dB more than either.",
        verdict(is_best and worst <= WORSE_DB, is_best),
        f"{mean[OURS]:.2f} against {mean[LINE]:.2f} and {mean[MEAN]:.2f} dB; {parts}; at worst {worst:+.2f} dB",
    )


def _covers(study: Study, data_set: DataSet, split: Split, metric: Metric) -> Claim:
    result = study.results(data_set, split, metric)[OURS]
    shares = [result.coverage(result.judged.fold == fold) for fold in range(len(split.names(data_set)))]
    mean = float(np.mean(shares))
    is_mean = MEAN_COVERED[0] <= mean <= MEAN_COVERED[1]
    return Claim(
        f"{data_set.title}, {metric.title}, {split.title}: 95 % intervals of ours cover 93 to 97 % on average over "
        f"areas, and none below {LEAST_COVERED:.0%}.",
        verdict(is_mean and min(shares) >= LEAST_COVERED, is_mean or min(shares) >= LEAST_COVERED),
        f"{mean:.1%}; "
        + ", ".join(f"{part} {share:.1%}" for part, share in zip(split.names(data_set), shares, strict=True)),
    )
