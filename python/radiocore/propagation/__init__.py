"""Models of the mean received power, of losses and of line of sight in probability. One file a model."""

from __future__ import annotations

import importlib
import inspect
import pkgutil


def loss_models() -> dict[str, type]:
    """Every :class:`~radiocore.propagation.loss_model.LossModel` of this folder by its name."""
    from .loss_model import LossModel

    found = {}
    for module in pkgutil.iter_modules(__path__):
        for item in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if inspect.isclass(item) and issubclass(item, LossModel) and "name" in vars(item):
                found[item.name] = item
    return found
