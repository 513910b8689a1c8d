"""The space of the correction networks: batch, layers, weight decay, epochs and learning rate, as CRC-ML-4G names them.

The paper gives no bounds. These hold its three results (Table V) with room on both sides, and each is searched by its
logarithm where those results span orders of magnitude. The loss is searched too: msle is biased to the mean, which
pays for some metrics and costs for others.
"""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from ..models.correction import CorrectionNetwork
from .space import Choice, Point, Range, Space

LAST_HIDDEN = 10
"""Width of the last layer before the level, the same in all of Table V."""

AXES: dict[str, Range | Choice] = {
    "batch": Range(32, 256, is_log=True, is_whole=True),  # Table V: 52 to 69
    "depth": Range(2, 8, is_whole=True),  # hidden layers of equal width before the head; Table V: 5 and 6
    "width": Choice((16, 32, 64, 128)),  # Table V: 16 and 64
    "head": Choice((32, 64, 128, 256, 512)),  # Table V: 32, 256 and 512
    "weight_decay": Range(1e-7, 1e-2, is_log=True),  # Table V: 3.17e-7 to 3.8e-3
    "epochs": Range(10, 100, is_whole=True),  # at most; a trial that no longer gets better ends before
    "rate": Range(1e-6, 1e-1, is_log=True),  # Table V: 6.06e-6 to 3.03e-2
    "loss": Choice(("msle", "mse")),
}
SAME = ("batch", "weight_decay", "epochs", "rate", "loss")
"""What is called the same in the settings."""


def settings_of(point: Point) -> dict[str, Any]:
    """Those of :class:`CorrectionNetwork`."""
    width = point["width"]
    layers = {"layers": (width,) * point["depth"], "channels": (width, point["head"], LAST_HIDDEN, 1)}
    return {**layers, **{name: point[name] for name in SAME}}


def point_of(model: CorrectionNetwork) -> Point:
    """Where a network stands in the space.

    Raises
    ------
    InputError
        It is no correction network, or its layers have another form than those of Table V.
    """
    if not isinstance(model, CorrectionNetwork):
        raise InputError(f"model: {model.name!r} is no correction network; give one, or a space of its own")
    width = model.layers[0] if model.layers else 0
    head = model.channels[1] if len(model.channels) > 1 else 0
    point = {"depth": len(model.layers), "width": width, "head": head}
    point |= {name: getattr(model, name) for name in SAME}
    if any(getattr(model, name) != value for name, value in settings_of(point).items()):
        raise InputError(
            f"model: layers {model.layers} and channels {model.channels} have another form than those of Table V, "
            f"which are searched: n times one width, then (width, head, {LAST_HIDDEN}, 1)"
        )
    return point


SPACE = Space(AXES, settings_of, point_of)
