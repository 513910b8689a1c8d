"""What the estimators with a trained model of their own have in common."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from .base import Estimator

if TYPE_CHECKING:
    from ..learned.model_file import TrainedModel
    from ..manifold import CoverageManifold


class TrainedEstimator(Estimator):
    """An estimator whose ``model`` is a trained one, the path of its file, or None for the one in the package."""

    model: Any

    @classmethod
    @abstractmethod
    def model_class(cls) -> type[TrainedModel]:
        """Whose objects ``model`` may be."""

    @classmethod
    def fit(cls, scenes=None, **options) -> Self:
        """A trained estimator; estimators do not change, so this makes one.

        Parameters
        ----------
        scenes : sequence of Scene, optional
            Their buildings; by default made-up towns.
        **options : settings of the estimator, and of the ``train`` of its :meth:`model_class`

        Returns
        -------
        the estimator
        """
        own = {item.name: options.pop(item.name) for item in fields(cls) if item.name in options}
        cls(**own)  # refuses what cannot be before it trains
        return cls(cls.model_class().train(scenes, **options), **own)

    @classmethod
    def load(cls, path, **options) -> Self:
        """The estimator of a model file; see :meth:`save`."""
        return cls(cls.model_class().load(path), **options)

    def save(self, path) -> None:
        """Write the model to a file."""
        self.trained.save(path)

    def predict(self, scene, grid=None, **options) -> CoverageManifold:
        """The manifold of a scene: ``simulate_manifold(scene, grid, method=self, **options)``."""
        from ..simulate import simulate_manifold

        return simulate_manifold(scene, grid, method=self, **options)

    @cached_property
    def trained(self) -> TrainedModel:
        """The model in use; read once."""
        return self.model_class().of(self.model)

    def settings(self):
        model = self.trained
        own = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "model"}
        return {**own, "model": {"name": model.name, "sha256": model.sha256, **model.config}}
