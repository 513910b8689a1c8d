"""One model of a metric chosen among several, and judged, on rows held out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import InputError
from ..evaluation.cross_validation import cross_validate
from ..evaluation.folds import Folds
from ..evaluation.scores import Scores
from ..models.base import Model
from ..models.bent_line import BentLine
from ..models.boosting import Boosting
from ..models.committee import Committee
from ..models.conformal import Calibration
from ..models.correction import CorrectionNetwork
from ..models.estimate import EstimateAlone
from ..models.inputs import Inputs
from ..models.least_squares import LeastSquares
from ..models.link_inputs import ANTENNA, BETA, PENETRATION, TABLE_2, TIME
from ..models.plain_mean import PlainMean
from ..models.prediction import Prediction
from ..predictor.judging import calibrated_scores, levels_of, random_scores
from ..predictor.probing import used_columns
from .difficulty import deviations, deviations_held_out, difficulty_model


@dataclass(frozen=True, eq=False)
class TrainedMetric:
    """A metric's part of a :class:`RadioMetricModel`.

    Attributes
    ----------
    model : Model, fitted to all rows that tell the metric
    difficulty : Model of its absolute errors on rows held out, fitted to these
    mean_error_db : mean of these errors
    calibration : Calibration of its intervals, on rows held out
    used : columns of links that its answer depends on
    rows : that it was fitted to
    held_out : what was held out, as of ``Split.caption``: it says where numbers flatter
    tried : candidate and its RMSE on the rows held out, dB
    scores : of rows held out: "blocked" (each fold by the candidate that did best on the others), of these "indoors"
        and "outdoors" where buildings are known; "least squares", "plain mean" and, of RSRP, "estimate" on the same
        folds; "random", which flatters
    """

    model: Model
    difficulty: Model
    mean_error_db: float
    calibration: Calibration
    used: tuple[str, ...]
    rows: int
    held_out: str
    tried: Mapping[str, float]
    scores: Mapping[str, Scores]

    @cached_property
    def levels(self) -> tuple[float, ...]:
        """Levels of intervals that there were rows enough to calibrate, of 50, 80 and 95 %."""
        return levels_of(self.calibration)

    def predict(self, links: Inputs) -> Prediction:
        """Of each link, with calibrated intervals.

        Raises
        ------
        InputError
            A column that the model uses is missing.
        """
        missing = next((name for name in self.used if name not in links), None)
        if missing is not None:
            why = links.left_out.get(missing, "it is not known")
            source = (
                "state one: time=" if missing in TIME else "give what tells it, or the column itself: features=[...]"
            )
            raise InputError(f"{missing}: {self.model.name} uses it, and {why}; {source}")
        deviation_db = deviations(self.difficulty, links, self.mean_error_db)
        return Prediction(self.model.predict(links).mean, deviation_db, self.calibration)


def candidates(metric: str, inputs: Inputs, further: Sequence[str], seed: int) -> tuple[Model, ...]:
    """What is worth trying for a metric: none knows a place by its coordinates, so that all speak of other cities too.

    Parameters
    ----------
    further : columns of the file beside those of Table II
    """
    time = () if metric == "rsrp" else TIME
    network = CorrectionNetwork(
        metric=metric,
        features=network_features(further),
        layers=(64, 64),
        channels=(64, 1),
        loss="mse",
        batch=256,
        rate=1e-3,
        weight_decay=1e-4,
        seed=seed,
        may_collapse=True,  # the choice is by how it errs
    )
    features = dict.fromkeys((*TABLE_2, ANTENNA, BETA, *time, *further))
    trees = Boosting(features=tuple(features), leaves=8, seed=seed)
    with_effects = (Committee(),) if "cell" in inputs or "sector" in inputs else ()
    return LeastSquares(), BentLine(), *with_effects, trees, network


def network_features(further: Iterable[str]) -> tuple[str, ...]:
    """What a correction network learns from beside beta and the time: Table II, the antenna and further columns."""
    return tuple(name for name in dict.fromkeys((*TABLE_2, ANTENNA, *further)) if name not in (BETA, *TIME))


def choose(
    models: Sequence[Model],
    metric: str,
    inputs: Inputs,
    target: np.ndarray,
    folds: Folds,
    blocks: np.ndarray,
    seed: int,
    progress: bool | None = None,
) -> TrainedMetric:
    """The model that errs least on rows held out, fitted to all.

    Parameters
    ----------
    models : with different names; one is judged, of several one is chosen
    inputs : Inputs, N links, with ``beta_dbm``
    target : (N,) dBm or dB
    folds : Folds of N rows
    blocks : (N,) integers, as in :meth:`radiocore.models.base.Model.fit`
    seed : of the random rows

    Raises
    ------
    InputError, FitError
        A model cannot be fitted to a part of the rows.
    """
    baselines = (PlainMean(), LeastSquares(), *((EstimateAlone(),) if metric == "rsrp" else ()))
    found: dict[str, Prediction] = {}
    for model in (*models, *(item for item in baselines if item.name not in {model.name for model in models})):
        each = cross_validate(model, inputs, target, folds, blocks=blocks, levels=(), progress=progress)
        found[model.name] = each.prediction
    of_models = [found[model.name] for model in models]
    best = models[_least(of_models, target, np.ones(len(target), dtype=bool))]
    chosen = deepcopy(best).fit(inputs, target, blocks=blocks, progress=progress)
    used = used_columns(chosen, inputs)
    difficulty = difficulty_model(used, seed)
    judged = _with_deviations(found[best.name].mean, difficulty, inputs, target, folds, blocks)
    blind_mean = _cross_chosen(of_models, folds, target)
    blind = judged
    if not np.array_equal(blind_mean, judged.mean):
        blind = _with_deviations(blind_mean, difficulty, inputs, target, folds, blocks)
    error_db = np.abs(judged.mean - target)
    scores = {"blocked": calibrated_scores(blind, folds, target), **_by_building(blind, inputs, target)}
    scores |= {item.name: Scores.of(found[item.name], target, levels=()) for item in baselines}
    scores["random"] = random_scores(chosen, inputs, target, blocks, seed, progress)
    return TrainedMetric(
        model=chosen,
        difficulty=difficulty.fit(inputs, error_db, blocks=blocks, progress=False),
        mean_error_db=float(error_db.mean()),
        calibration=Calibration.of(judged, target),
        used=used,
        rows=len(target),
        held_out=folds.caption,
        tried={model.name: Scores.of(found[model.name], target, levels=()).rmse_db for model in models},
        scores=scores,
    )


def _least(predictions: Sequence[Prediction], target: np.ndarray, rows: np.ndarray) -> int:
    """Number of the candidate with the least squared error over some rows."""
    return int(np.argmin([np.mean((found.mean[rows] - target[rows]) ** 2) for found in predictions]))


def _cross_chosen(predictions: Sequence[Prediction], folds: Folds, target: np.ndarray) -> np.ndarray:
    """(N,) mean of each fold by the candidate that did best on what it is kept apart from."""
    mean = np.empty(len(target))
    for rest, own in folds:
        mean[own] = predictions[_least(predictions, target, rest)].mean[own]
    return mean


def _with_deviations(mean, difficulty: Model, inputs: Inputs, target: np.ndarray, folds: Folds, blocks) -> Prediction:
    """Means of rows held out, with a deviation of each that was not learned from its own error."""
    error_db = np.abs(mean - target)
    return Prediction(mean, deviations_held_out(difficulty, inputs, error_db, folds, blocks))


def _by_building(prediction: Prediction, inputs: Inputs, target: np.ndarray) -> dict[str, Scores]:
    if PENETRATION not in inputs:
        return {}
    indoors = inputs[PENETRATION] > 0
    return {
        name: Scores.of(prediction.select(rows), target[rows], levels=())
        for name, rows in (("indoors", indoors), ("outdoors", ~indoors))
        if rows.any()
    }
