"""What predicts a level from a link: the papers' models, ours, and baselines. One model a file, one door for all.

A new model is one new file here with a class derived from :class:`Model`; :func:`models` and the contract tests find it
by its ``name``.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from .base import Model


def models() -> dict[str, type[Model]]:
    """Every model of this folder by its name."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        for item in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if inspect.isclass(item) and issubclass(item, Model) and hasattr(item, "name"):
                found[item.name] = item
    return found
