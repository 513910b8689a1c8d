"""The search itself: Ray Tune asks HyperOpt or Optuna for settings, and has them judged, several at once."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import FitError, InputError, RadiocoreError, nearest_name, require
from ..evaluation.folds import Folds, duplicates_of
from ..progress import progress_bar
from .cluster import ray_at, unusable
from .space import Choice, Range, Space
from .trial import Trials
from .tuned import STOPPED, Trial, Tuned

if TYPE_CHECKING:
    from ..models.base import Model
    from ..models.inputs import Inputs

ENGINES = ("hyperopt", "optuna")
METRIC = "rmse_db"
AT_RANDOM = 10
"""Trials before an engine believes what it has seen; HyperOpt would wait for 20."""

TRIES_AGAIN = 3
"""Of a trial whose process was lost, as one that the system killed for its memory."""

KEPT_FROM = 2
"""At each fold, one in so many trials goes on, where early stopping was asked for."""


def tune(
    model: Model,
    inputs: Inputs,
    target,
    folds: Folds,
    *,
    space: Space,
    blocks=None,
    trials: int = 20,
    engine: str = "hyperopt",
    early_stop: bool = False,
    at_once: int = 2,
    seed: int = 0,
    address: str | None = None,
    storage: str | Path | None = None,
    progress: bool | None = None,
) -> Tuned:
    """The settings of a space with which a model errs least on rows that it has not seen.

    Each trial is judged by its RMSE over the rows that the folds hold out. Give folds of the rows to train on only:
    what is chosen here has seen all of them. The first trial is the model as it is.

    Parameters
    ----------
    model : Model
        Taken for its settings; the space says which of them are searched.
    inputs : Inputs, N links
    target : (N,) array_like, dBm or dB
    folds : Folds of the N rows, blocked
    blocks : (N,) integers, optional
        What the model keeps together when it judges itself, within what it learns from.
    trials : int
    engine : {"hyperopt", "optuna"}
        Either way a tree-structured Parzen estimator.
    early_stop : bool
        Asynchronous successive halving (ASHA) over the folds: only the better half of the trials known by then goes on
        to the next fold. All are compared on the same rows, whatever their rates and epochs.
    at_once : int
        Trials at a time, one processor each. The engine hears of them when all of them are done: the same seed and
        number give the same trials, however fast each is, but not with ``early_stop``, which goes by who came first,
        nor where a worker was lost more than thrice.
    seed : int
        Of the engine; that of the model is the model's own.
    address : str, optional
        HOST:PORT of the head of a Ray cluster, on whose machines this radiocore is installed. Default: this machine,
        on its loopback.
    storage : path, optional
        A folder that keeps the trials and, of a network, its epochs: what was done there is not done again, so that a
        killed search goes on, and one with more trials adds them. On a cluster all machines must see it.
    progress : bool, optional
        As of :func:`radiocore.progress.progress_bar`.

    Raises
    ------
    InputError
        An argument is unusable, folds part duplicate rows, no cluster answers or it is lost, or the storage cannot be
        written.
    FitError
        No trial came to an end.
    MissingExtraError
        Ray or the engine is not installed.
    """
    target = np.asarray(target, dtype=np.float64)
    _check(inputs, target, folds, blocks, trials, engine, at_once, seed)
    if address and storage is None:
        raise InputError("storage: on a cluster, name a folder that all its machines see")
    start = space.start(model)
    require(engine, "tune")
    with _folder(storage) as folder:
        shared = Trials(model, inputs, target, folds, None if blocks is None else np.asarray(blocks), space, folder)
        with ray_at(address, at_once):
            shared.claim()
            found = _run(shared, start, trials, engine, early_stop, at_once, seed, address, progress)
    return Tuned(model, space, tuple(found), len(folds), engine, seed)


def _run(shared: Trials, start, trials, engine, early_stop, at_once, seed, address, progress) -> list[Trial]:
    """The trials in the order in which they were drawn."""
    from ray import tune
    from ray.tune.schedulers import ASHAScheduler, FIFOScheduler
    from ray.tune.search import ConcurrencyLimiter

    def trial(point, shared):
        for report in shared.judge(point):
            tune.report(report)

    class Progress(tune.Callback):
        """Tells of each trial that ends."""

        best_db = math.inf

        def __getstate__(self):
            return {}  # Ray writes its callbacks down; a terminal cannot be

        def on_trial_complete(self, iteration, trials, trial, **info):
            if trial.last_result.get("folds") == len(shared.folds):
                self.best_db = min(self.best_db, trial.last_result[METRIC])
            advance(1, f"best {self.best_db:.2f} dB")

        def on_trial_error(self, iteration, trials, trial, **info):
            advance(1, f"best {self.best_db:.2f} dB")

    asha = {"time_attr": "folds", "max_t": len(shared.folds), "grace_period": 1, "reduction_factor": KEPT_FROM}
    own = shared.folder / "ray"
    shutil.rmtree(own, ignore_errors=True)
    with progress_bar(trials, f"Tuning {shared.model.name}", progress, unit="trials") as advance:
        try:
            tuner = tune.Tuner(
                tune.with_resources(tune.with_parameters(trial, shared=shared), {"cpu": 1}),
                param_space={name: _domain(tune, axis) for name, axis in shared.space.axes.items()},
                tune_config=tune.TuneConfig(
                    metric=METRIC,
                    mode="min",
                    num_samples=trials,
                    search_alg=ConcurrencyLimiter(_engine(engine, start, seed), max_concurrent=at_once, batch=True),
                    scheduler=ASHAScheduler(**asha) if early_stop else FIFOScheduler(),
                    reuse_actors=True,
                ),
                run_config=tune.RunConfig(
                    name=own.name,
                    storage_path=str(shared.folder),
                    failure_config=tune.FailureConfig(max_failures=TRIES_AGAIN),
                    callbacks=[Progress()],
                    verbose=0,
                ),
            )
            results = list(tuner.fit())
        except ConnectionError as error:  # an OSError, but none of the storage
            raise unusable(address, error) from error
        except OSError as error:
            raise InputError(f"storage: {shared.folder} cannot be written: {error.strerror or error}") from error
        except EOFError as error:  # Ray reads what it could not write
            raise InputError(f"storage: {shared.folder} kept a file of Ray's in part; is the disk full?") from error
        finally:
            shutil.rmtree(own, ignore_errors=True)
    refuse_own_errors(results)
    return [_trial(shared, result) for result in results]


def _trial(shared: Trials, result) -> Trial:
    report = result.metrics or {}
    folds, rmse_db = report.get("folds", 0), report.get(METRIC, math.nan)
    ended = ""
    if result.error is not None:
        ended = "lost"
    elif not math.isfinite(rmse_db):
        ended = "diverged"
    elif folds < len(shared.folds):
        ended = STOPPED
    return Trial(dict(result.config), rmse_db, folds, report.get("epochs", 0), ended)


def refuse_own_errors(results) -> None:
    """What radiocore itself refuses in a trial, as a full disk, it would refuse in all."""
    for result in results:
        cause = getattr(result.error, "cause", result.error)
        if isinstance(cause, RadiocoreError):
            raise type(cause)(str(cause)) from None
    if results and all(result.error is not None for result in results):
        reason = str(results[0].error).strip().splitlines()[-1]
        raise FitError(f"trials: none of the {len(results)} came to an end; the first: {reason}")


def _engine(name: str, start, seed: int):
    first = [dict(start)]
    if name == "hyperopt":
        from ray.tune.search.hyperopt import HyperOptSearch

        return HyperOptSearch(points_to_evaluate=first, n_initial_points=AT_RANDOM, random_state_seed=seed)
    import optuna
    from ray.tune.search.optuna import OptunaSearch

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return OptunaSearch(points_to_evaluate=first, seed=seed)  # at random, as many by its own default


def _domain(tune, axis: Range | Choice):
    """A range or choice in Ray's words; its whole numbers end before the upper one."""
    if isinstance(axis, Choice):
        return tune.choice(list(axis.values))
    if axis.is_whole:
        return (tune.lograndint if axis.is_log else tune.randint)(axis.low, axis.high + 1)
    return (tune.loguniform if axis.is_log else tune.uniform)(axis.low, axis.high)


@contextmanager
def _folder(storage) -> Iterator[Path]:
    if storage is not None:
        yield Path(storage).absolute()
        return
    with tempfile.TemporaryDirectory(prefix="radiocore-") as folder:
        yield Path(folder)


def _check(inputs, target, folds, blocks, trials, engine, at_once, seed) -> None:
    if engine not in ENGINES:
        raise InputError(f"engine: {engine!r} is not one of {', '.join(ENGINES)}{nearest_name(engine, ENGINES)}")
    for name, value, least in (("trials", trials, 1), ("at_once", at_once, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InputError(f"{name}: {value!r}; give a whole number from {least} up")
    if not len(inputs) == len(target) == len(folds.number):
        raise InputError(f"folds: of {len(folds.number)} rows, for {len(inputs)} links and {len(target)} targets")
    if blocks is not None and len(blocks) != len(target):
        raise InputError(f"blocks: {len(blocks)} for {len(target)} links; give one each")
    folds.check_no_leak(duplicates_of(inputs.columns, target))
