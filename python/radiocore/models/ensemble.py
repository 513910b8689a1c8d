"""Several of one model, with other seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..errors import InputError
from ..measuring.synthetic import check_whole
from .base import Model
from .inputs import Inputs
from .likelihood import LikelihoodNetwork
from .members import members_state, mixture, restored_members
from .prediction import Prediction
from .training import renamed


@dataclass
class Ensemble(Model):
    """The mean and the variance of a mixture of equal parts: what its members say, and how far they differ.

    Attributes
    ----------
    member : a model with a seed
    size : members
    seed : members have the seed of ``member`` and those after it; each further one here takes the next ``size``
    files : as of the members; each puts its place into the names
    """

    name = "ensemble"
    files: ClassVar[Mapping[str, str | Path]] = {}

    member: Model = field(default_factory=LikelihoodNetwork)
    size: int = 5
    seed: int = 0

    def __post_init__(self):
        super().__post_init__()
        if not hasattr(self.member, "seed"):
            raise InputError(f"member: {self.member.name!r} has no seed, all would be equal; give a network")
        check_whole(1, size=self.size)
        check_whole(0, seed=self.seed)

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        self.members = self._new_members()
        for model in self.members:
            model.fit(inputs, target, blocks=blocks, progress=progress)

    def _predict(self, inputs: Inputs) -> Prediction:
        return mixture([model.predict(inputs) for model in self.members])

    def state(self):
        told, arrays = members_state(self.members)
        return {"members": told}, arrays

    def _load_state(self, config, arrays) -> None:
        self.members = restored_members(config["members"], arrays)

    def _new_members(self) -> list[Model]:
        first = self.member.seed + self.size * self.seed
        members = [replace(self.member, seed=first + place) for place in range(self.size)]
        for place, model in enumerate(members):
            model.files = renamed(self.files, f"-{place}")
        return members
