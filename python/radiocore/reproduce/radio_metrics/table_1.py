"""Tables I and II: the features, and what they range over."""

from __future__ import annotations

from ...models.link_inputs import BETA, TABLE_1, TABLE_2, TIME
from ..figure import Figure, Table
from .data_set import NEARBY
from .study import Study

NAME = "table_1"
TITLE = "Tables I and II. Features of links"
PAPER = "Seven features for the estimate by path loss, eleven for the correction, and of RSRQ and RSSI two of time."
PUBLISHED = {
    "downlink_frequency": "700 to 2,680 MHz",
    "distance_to_transmitter_km": "0 to 3 km",
    "tx_height_m": "5 to 120 m",
    "ue_altitude_ag_m": "0 to 325 m",
    "tx_power_dbm": "29 to 70 dBm",
    "day_of_week": "0 = Monday to 6",
    "hour_of_day": "0 to 23",
    "line_of_sight": "0 or 1",
}
OURS = (BETA, NEARBY)


def make(study: Study) -> Figure:
    """Each feature with its least, middle and greatest value in each data set."""
    rows, left_out = [], []
    for name in (*TABLE_2, *TIME, *OURS):
        use = "I and II" if name in TABLE_1 else "II" if name in TABLE_2 else "II, time" if name in TIME else "ours"
        spans = [_span(data_set.inputs, name) for data_set in study.data_sets]
        rows.append((name, use, PUBLISHED.get(name, "not told"), *spans))
        left_out += [
            f"{name} of {data_set.title} ({data_set.inputs.left_out[name]})"
            for data_set in study.data_sets
            if name in data_set.inputs.left_out
        ]
    columns = ("feature", "table", "published range", *(data_set.title for data_set in study.data_sets))
    finding = (
        "Least, median and greatest value. beta_dbm is the estimate of RSRP, an input of the correction; cells_nearby "
        "counts the cells of the same operator within 1.5 km of the phone, by the register, and tells town from "
        "country. Dortmund's register lists the cells that were heard, in the areas held out too. "
        f"Not known: {'; '.join(left_out) or 'nothing'}. What is constant is dropped by every model."
    )
    return Figure(NAME, TITLE, PAPER, finding, (Table(NAME, columns, tuple(rows)),))


def _span(inputs, name: str) -> str:
    if name not in inputs:
        return "–"
    from numpy import quantile

    low, middle, high = quantile(inputs[name], (0, 0.5, 1))
    return f"{low:.4g}, constant" if low == high else f"{low:.4g} / {middle:.4g} / {high:.4g}"
