"""Whether error bars hold."""

from __future__ import annotations

from ...evaluation.scores import LEVELS, crps_db
from ..figure import Claim, Figure, Table, verdict
from ..style import label, legend_below, panels, png
from .splits import BLOCKED, SPLITS
from .study import LEVELS as CURVE_LEVELS
from .study import Study
from .style import METHOD_COLOURS

NAME = "calibration"
TITLE = "Error bars: nominal against found"
PAPER = "The network gives a variance; it is called meaningless for some tiles, and never checked."
DRAWN = BLOCKED[0]


def make(study: Study) -> Figure:
    """Coverage of intervals, as the models state them and after calibration, and the CRPS."""
    rows, curves = [], []
    for split in SPLITS:
        for data_set in study.data_sets:
            for name, result in study.results(data_set, split).items():
                raw = [result.coverage(level) for level in LEVELS]
                mended = [result.coverage(level, calibrated=True) if result.is_calibrated else None for level in LEVELS]
                score = crps_db(result.prediction.mean, result.prediction.deviation_db, result.target)
                rows.append((data_set.title, split.name, name, *raw, *mended, float(score.mean())))
                for level in CURVE_LEVELS:
                    after = result.coverage(level, calibrated=True) if result.is_calibrated else None
                    curves.append((data_set.title, split.name, name, level, result.coverage(level), after))
    shares = [f"{level:.0%}" for level in LEVELS]
    columns = ("data", "folds", "method", *shares, *(f"{share} calibrated" for share in shares), "CRPS, dB")
    curve_columns = ("data", "folds", "method", "nominal", "found", "found, calibrated")
    tables = (
        Table(NAME, columns, tuple(rows)),
        Table("reliability", curve_columns, tuple(curves), shown=False),
    )
    finding = (
        "Share of held-out samples inside the 50, 80 and 95 % intervals: of the normal distribution that the model "
        "states, and after conformal calibration on inner folds of what it learns from (a dash: not calibrated). In "
        "the picture, lines are as stated and dots calibrated; above the diagonal error bars are too wide, below too "
        "narrow."
    )
    return Figure(NAME, TITLE, PAPER, finding, tables, _picture(study), tuple(_claims(study)))


def _claims(study: Study):
    off = {
        data_set.title: max(abs(result.coverage(level) - level) for level in LEVELS)
        for data_set in study.with_images
        for name, result in study.results(data_set, DRAWN).items()
        if name == "proposed"
    }
    if off:
        yield Claim(
            "The likelihood network's variance is a measure of its error, for tiles of many samples (section V).",
            verdict(max(off.values()) <= 0.03, min(off.values()) <= 0.06),
            f"in {DRAWN.title}, intervals as stated are off by up to "
            + ", ".join(f"{100 * value:.0f} points ({title})" for title, value in off.items()),
        )


def _picture(study: Study) -> bytes:
    figure, axes = panels(1, len(study.data_sets), size_in=(3.0, 3.1), sharey=True)
    for panel, data_set in zip(axes[0], study.data_sets, strict=True):
        panel.plot([0, 1], [0, 1], color="0.6", lw=0.8)
        for name, result in study.results(data_set, DRAWN).items():
            colour = METHOD_COLOURS[name]
            panel.plot(
                CURVE_LEVELS, [result.coverage(level) for level in CURVE_LEVELS], color=colour, lw=1.2, label=name
            )
            if result.is_calibrated:
                after = [result.coverage(level, calibrated=True) for level in CURVE_LEVELS]
                panel.plot(CURVE_LEVELS, after, "o", color=colour, ms=3)
        panel.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        label(panel, data_set.title, xlabel="nominal share")
    label(axes[0, 0], study.data_sets[0].title, ylabel=f"found, {DRAWN.name.replace('_', ' ')}")
    legend_below(figure, axes[0, 0], columns=8 if len(study.data_sets) > 2 else 3)
    return png(figure)
