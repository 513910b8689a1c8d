"""Models within a model: their mixture, and how they are told in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from . import models
from .base import Model
from .prediction import Prediction


def check_members(members: Sequence[Model] | None) -> None:
    """Refuse members of which there are none; None stands for a default.

    Raises
    ------
    InputError
    """
    if members is not None and not members:
        raise InputError("members: there are none; give one model or more")


def mixture(predictions: Sequence[Prediction], weights: np.ndarray | None = None) -> Prediction:
    """The mean and the deviation of a mixture of M normal distributions of each of N links.

    Parameters
    ----------
    weights : (M,) with a positive sum, optional
        Default: equal ones.
    """
    means = np.stack([prediction.mean for prediction in predictions])
    variances = np.stack([prediction.deviation_db for prediction in predictions]) ** 2
    mean = np.average(means, axis=0, weights=weights)
    return Prediction(mean, np.sqrt(np.average(variances + (means - mean) ** 2, axis=0, weights=weights)))


def described(model: Model) -> dict[str, Any]:
    """Name and settings of a model; those of models within it likewise."""
    settings = {name: described(value) if isinstance(value, Model) else value for name, value in model.settings.items()}
    return {"name": model.name, "settings": settings}


def model_of(about: Mapping[str, Any]) -> Model:
    """The model that :func:`described` told, not fitted.

    Raises
    ------
    InputError
        There is none of that name.
    """
    known = models()
    if about["name"] not in known:
        raise InputError(f"the model {about['name']!r} is not among {', '.join(sorted(known))}")

    def value_of(value):
        if isinstance(value, Mapping) and set(value) >= {"name", "settings"}:
            return model_of(value)
        return tuple(map(value_of, value)) if isinstance(value, list) else value

    return known[about["name"]](**{name: value_of(value) for name, value in about["settings"].items()})


def members_state(members: Sequence[Model]) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """Fitted models as plain values, one each, and all their arrays by name."""
    told, arrays = [], {}
    for number, member in enumerate(members):
        state, own = member.state()
        told.append({**described(member), "state": state})
        arrays |= {f"{number}.{name}": array for name, array in own.items()}
    return told, arrays


def restored_members(told: Sequence[Mapping[str, Any]], arrays: Mapping[str, np.ndarray]) -> list[Model]:
    """The models that :func:`members_state` told; other arrays, whose names have no number in front, may be there."""
    found = []
    for number, about in enumerate(told):
        start = f"{number}."
        own = {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
        found.append(model_of(about).restore(about["state"], own))
    return found
