"""Table IV: blind errors of ours, of the paper's network and of baselines, overall, indoors and outdoors."""

from __future__ import annotations

from ..figure import Claim, Figure, Table, verdict
from .methods import ESTIMATE, LINE, MEAN, NETWORK, OURS
from .metrics import METRICS
from .splits import splits_of
from .study import Result, Study

NAME = "table_4"
TITLE = "Table IV. Blind errors overall, indoors and outdoors"
PRINTED = (
    ("dpz833", "indoors", 14.68, 3.15, 12.22),
    ("dpz833", "outdoors", 10.68, 2.82, 9.12),
    ("dpz833", "overall", 11.69, 2.90, 9.90),
    ("Montreal", "indoors", 8.87, 2.91, 9.01),
    ("Montreal", "outdoors", 10.18, 3.30, 9.74),
    ("Montreal", "overall", 9.76, 3.18, 9.50),
    ("Vancouver", "indoors", 9.85, 2.95, 10.67),
    ("Vancouver", "outdoors", 10.79, 3.39, 10.16),
    ("Vancouver", "overall", 10.44, 3.23, 10.36),
)
PAPER = "RMSE of 9.76 to 11.69 dB of RSRP, 2.90 to 3.23 dB of RSRQ and 9.50 to 10.36 dB of RSSI."
SHOWN = (MEAN, LINE, ESTIMATE, NETWORK, OURS)


def make(study: Study) -> Figure:
    """RMSE by area and place; the first split of each data set, which holds an area out."""
    rows = []
    for data_set in study.data_sets:
        split = splits_of(data_set)[0]
        area, inside = data_set.measurements.area, data_set.is_indoors
        for name in data_set.areas:
            own = area == name
            for where, mask in (("indoors", own & inside), ("outdoors", own & ~inside), ("overall", own)):
                if mask.any():
                    rows.append((data_set.title, name, where, int(mask.sum()), *_errors(study, data_set, split, mask)))
    columns = ("data", "blind", "place", "rows")
    columns += tuple(f"{metric.title}, {name}, dB" for metric in METRICS for name in _shown(study, metric))
    printed = ("blind", "place", "RSRP, dB", "RSRQ, dB", "RSSI, dB")
    tables = (Table(NAME, columns, tuple(rows)), Table("table_4_printed", printed, PRINTED))
    finding = (
        "Root mean squared errors where an area or city was left out. The correction network is the paper's, as Table "
        "V has it; beta is the estimate of RSRP, set against RSSI too, as in Fig. 6. What the paper printed "
        "stands below, of data that are closed."
    )
    return Figure(NAME, TITLE, PAPER, finding, tables, claims=tuple(_claims(study)))


def _shown(study: Study, metric) -> list[str]:
    return [name for name in SHOWN if name in study.methods and (metric.has_estimate or name != ESTIMATE)]


def _errors(study: Study, data_set, split, mask) -> list[float]:
    found = []
    for metric in METRICS:
        results: dict[str, Result] = study.results(data_set, split, metric)
        found += [results[name].rmse_db(mask) for name in _shown(study, metric)]
    return found


def _claims(study: Study):
    if not {NETWORK, ESTIMATE} <= set(study.methods):
        return
    rsrp = METRICS[0]
    pairs = {
        (data_set.title, name): tuple(
            study.results(data_set, splits_of(data_set)[0], rsrp)[method].rmse_db(data_set.measurements.area == name)
            for method in (NETWORK, ESTIMATE)
        )
        for data_set in study.data_sets
        for name in data_set.areas
    }
    better = [network < estimate for network, estimate in pairs.values()]
    yield Claim(
        "The correction network refines the initial estimate: it errs less than beta in cities it never saw (Fig. 4).",
        verdict(all(better), any(better)),
        ", ".join(f"{name} {network:.2f} against {beta:.2f} dB" for (_, name), (network, beta) in pairs.items()),
    )
    close = [network <= 7.46 + 4 for network, _ in pairs.values()]
    yield Claim(
        "Errors of RSRP stay within 2 to 4 dB of the path-loss network's 7.46 dB (section III).",
        verdict(all(close), any(close)),
        ", ".join(f"{name} {network:.2f} dB" for (_, name), (network, _) in pairs.items()),
    )
