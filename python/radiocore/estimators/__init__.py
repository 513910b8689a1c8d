"""Ways from links to coverage. A new estimator is one new file here with a class derived from
:class:`Estimator`; :func:`estimator_named` and the contract tests find it by its ``name``.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from ..errors import InputError, nearest_name
from .base import Estimator


def estimators() -> dict[str, type[Estimator]]:
    """Every estimator of this folder by its name."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        for item in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if inspect.isclass(item) and issubclass(item, Estimator) and not inspect.isabstract(item):
                found[item.name] = item
    return found


def estimator_named(method, *, model=None, **options) -> Estimator:
    """The estimator of a name, given those of the options that it knows; an estimator is passed through.

    Parameters
    ----------
    model
        What the method was trained to, as its class takes it; None = the one that it comes with.

    Raises
    ------
    InputError
        The name is unknown (the nearest is named), or there is a model and the method takes none.
    """
    if isinstance(method, Estimator):
        if model is not None:
            raise InputError("model: the method is an estimator object, which has its own; give that the model")
        return method
    known = estimators()
    if method not in known:
        raise InputError(f"method: {method!r} is not one of {sorted(known)}{nearest_name(method, known)}")
    accepted = inspect.signature(known[method]).parameters
    if model is not None:
        if "model" not in accepted:
            raise InputError(f"model: method={method!r} is not a trained one; leave model out")
        options["model"] = model
    return known[method](**{name: value for name, value in options.items() if name in accepted})


def __getattr__(name: str):
    for item in estimators().values():
        if item.__name__ == name:
            return item
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
