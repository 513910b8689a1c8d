"""Several of one model, with other seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..errors import InputError
from .base import Model
from .inputs import Inputs
from .likelihood import LikelihoodNetwork
from .prediction import Prediction
from .training import renamed


@dataclass
class Ensemble(Model):
    """The mean and the variance of a mixture of equal parts: what its members say, and how far they differ.

    Attributes
    ----------
    member : a model with a seed; members have that one and those after it
    size : members
    files : as of the members; each puts its place into the names
    """

    name = "ensemble"
    files: ClassVar[Mapping[str, str | Path]] = {}

    member: Model = field(default_factory=LikelihoodNetwork)
    size: int = 5

    def __post_init__(self):
        super().__post_init__()
        if not hasattr(self.member, "seed"):
            raise InputError(f"member: {self.member.name!r} has no seed, all would be equal; give a network")
        if self.size < 1:
            raise InputError(f"size: {self.size}; give 1 or more")

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        self.members = self._new_members()
        for model in self.members:
            model.fit(inputs, target, blocks=blocks, progress=progress)

    def _predict(self, inputs: Inputs) -> Prediction:
        predictions = [model.predict(inputs) for model in self.members]
        means = np.stack([prediction.mean for prediction in predictions])
        variances = np.stack([prediction.deviation_db for prediction in predictions]) ** 2
        return Prediction(means.mean(axis=0), np.sqrt(variances.mean(axis=0) + means.var(axis=0)))

    def state(self):
        states = [model.state() for model in self.members]
        arrays = {f"{place}/{name}": array for place, (_, own) in enumerate(states) for name, array in own.items()}
        return {"members": [config for config, _ in states]}, arrays

    def _load_state(self, config, arrays) -> None:
        self.members = self._new_members()
        for place, (model, own) in enumerate(zip(self.members, config["members"], strict=True)):
            start = f"{place}/"
            named = {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
            model.restore(own, named)

    def _new_members(self) -> list[Model]:
        members = [replace(self.member, seed=self.member.seed + place) for place in range(self.size)]
        for place, model in enumerate(members):
            model.files = renamed(self.files, f"-{place}")
        return members
