"""A model that is another one, fitted or told in its own way."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Model
from .inputs import Inputs
from .prediction import Prediction


@dataclass
class Wrapped(Model):
    """Another model, of which it has the name and the state: in a file it is that model.

    Attributes
    ----------
    model : the other one
    """

    model: Model

    def __post_init__(self):
        super().__post_init__()
        self.name = self.model.name

    @property
    def settings(self):
        """Those of the other model."""
        return self.model.settings

    def _predict(self, inputs: Inputs) -> Prediction:
        return self.model.predict(inputs)

    def state(self):
        return self.model.state()

    def _load_state(self, config, arrays) -> None:
        self.model.restore(config, arrays)
