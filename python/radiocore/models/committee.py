"""Ours: the plain mean of several models, for places so unlike those measured that weights cannot be learned."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from .base import Model
from .bent_line import BentLine
from .inputs import Inputs
from .members import check_members, members_state, mixture, restored_members
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
        check_members(self.members)

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
        told, arrays = members_state(self._fitted)
        return {"members": told}, arrays

    def _load_state(self, config, arrays) -> None:
        self._fitted = restored_members(config["members"], arrays)
