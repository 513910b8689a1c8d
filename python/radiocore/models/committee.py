"""Ours: the plain mean of several models, for places so unlike those measured that weights cannot be learned."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from . import models
from .base import Model
from .bent_line import BentLine
from .inputs import Inputs
from .network_effects import NetworkEffects
from .prediction import Prediction


@dataclass
class Committee(Model):
    """The mean and the variance of a mixture of equal parts.

    A stack learns weights on held-out blocks. Where these are two or three areas, weights fit what is peculiar to them;
    equal ones err less on the next. Of a line that knows no cell and of one that knows all, the mean is a line that
    believes half of what a cell was found to add.

    Attributes
    ----------
    members : the models; None = a bent line, and one with effects of operators, sites and cells
    """

    name = "committee"

    members: tuple[Model, ...] | None = None

    def __post_init__(self):
        super().__post_init__()
        if self.members is not None and not self.members:
            raise InputError("members: there are none; give one model or more")

    @property
    def settings(self):
        """As of every model; members are told by :meth:`state`."""
        return {"members": None}

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        members = (BentLine(), NetworkEffects()) if self.members is None else self.members
        self._fitted = [deepcopy(model).fit(inputs, target, blocks=blocks, progress=progress) for model in members]

    def _predict(self, inputs: Inputs) -> Prediction:
        return mixture([model.predict(inputs) for model in self._fitted])

    def state(self):
        config, arrays = {"members": []}, {}
        for number, member in enumerate(self._fitted):
            own, own_arrays = member.state()
            config["members"].append({"name": member.name, "settings": member.settings, "state": own})
            arrays |= {f"{number}.{name}": array for name, array in own_arrays.items()}
        return config, arrays

    def _load_state(self, config, arrays) -> None:
        self._fitted = []
        for number, told in enumerate(config["members"]):
            prefix = f"{number}."
            own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
            self._fitted.append(models()[told["name"]](**told["settings"]).restore(told["state"], own))


def mixture(predictions: Sequence[Prediction]) -> Prediction:
    """The mean and the deviation of normal distributions in equal parts."""
    means = np.stack([prediction.mean for prediction in predictions])
    variances = np.stack([prediction.deviation_db for prediction in predictions]) ** 2
    return Prediction(means.mean(axis=0), np.sqrt(variances.mean(axis=0) + means.var(axis=0)))
