"""Models of the mean received power, of losses and of line of sight in probability. One file a model."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import MISSING, fields

from ..errors import InputError, nearest_name


def loss_models() -> dict[str, type]:
    """Every :class:`~radiocore.propagation.loss_model.LossModel` of this folder by its name."""
    from .loss_model import LossModel

    found = {}
    for module in pkgutil.iter_modules(__path__):
        for item in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if inspect.isclass(item) and issubclass(item, LossModel) and "name" in vars(item):
                found[item.name] = item
    return found


def loss_model_named(name: str, **parameters):
    """A model of this folder with some of its parameters.

    Raises
    ------
    InputError
        There is no such model or parameter (the nearest is named), or the model refuses it.
    """
    known = loss_models()
    if name not in known:
        raise InputError(f"path_loss: {name!r} is not one of {', '.join(sorted(known))}{nearest_name(name, known)}")
    taken = [item.name for item in fields(known[name]) if item.init]
    for key in parameters:
        if key not in taken:
            raise InputError(f"path_loss: {name!r} has no parameter {key!r}{nearest_name(key, taken)}")
    for item in fields(known[name]):
        if item.init and item.default is MISSING and item.name not in parameters:
            raise InputError(f"path_loss: {name!r} needs {item.name}")
    try:
        return known[name](**parameters)
    except InputError as error:
        raise InputError(f"path_loss: {error}") from None
