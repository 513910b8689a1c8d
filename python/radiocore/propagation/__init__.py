"""Models of the mean received power, of losses and of line of sight in probability. One file a model."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

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


def loss_model_named(name: str, *, end_loss: str | Mapping[str, Any] | None = None, **parameters):
    """A model of this folder with some of its parameters.

    Parameters
    ----------
    name : of :func:`loss_models`
    end_loss : what one end of the link adds to this path loss: the name of that loss, or a table of its name, its
        parameters and those of :class:`~radiocore.propagation.with_end_loss.WithEndLoss`
    **parameters : of the model

    Raises
    ------
    InputError
        There is no such model or parameter (the nearest is named), or the model refuses it.
    """
    model = _made("path_loss", loss_models(), name, parameters)
    return model if end_loss is None else _with_end_loss(model, end_loss)


def options_named(key: str, given: str | Mapping[str, Any], example: str) -> dict[str, Any]:
    """What a file says of a model under a key, a name or a table of name and parameters, as such a table.

    Raises
    ------
    InputError
        It is neither.
    """
    options = {"name": given} if isinstance(given, str) else given
    if not isinstance(options, Mapping) or not isinstance(options.get("name"), str):
        raise InputError(f'{key}: must be the name of a model, or a table like {{name = "{example}"}}')
    return dict(options)


def _with_end_loss(model, given: str | Mapping[str, Any]):
    from .loss_model import PathLossModel
    from .with_end_loss import HELD, WithEndLoss

    key = "path_loss: end_loss"
    options = options_named(key, given, "p2108")
    held = {name: options.pop(name) for name in HELD if name in options}
    known = {name: kind for name, kind in loss_models().items() if not issubclass(kind, PathLossModel)}
    end_loss = _made(key, known, options.pop("name"), options, HELD)
    try:
        return WithEndLoss(model, end_loss, **held)
    except InputError as error:
        raise InputError(f"path_loss: {error}") from None


def _made(key: str, known: dict[str, type], name: str, parameters: Mapping[str, Any], further: tuple[str, ...] = ()):
    """One of the known models; ``further`` are names that may stand beside its parameters."""
    if name not in known:
        raise InputError(f"{key}: {name!r} is not one of {', '.join(sorted(known))}{nearest_name(name, known)}")
    taken = [item.name for item in fields(known[name]) if item.init]
    for parameter in parameters:
        if parameter not in taken:
            hint = nearest_name(parameter, [*taken, *further])
            raise InputError(f"{key}: {name!r} has no parameter {parameter!r}{hint}")
    for item in fields(known[name]):
        if item.init and item.default is MISSING and item.name not in parameters:
            raise InputError(f"{key}: {name!r} needs {item.name}")
    try:
        return known[name](**parameters)
    except InputError as error:
        raise InputError(f"{key}: {error}") from None
