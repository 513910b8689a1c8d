"""radiocore: where a cellular network serves, exactly, over real buildings.

Importing this loads NumPy and the compiled core only; readers, plots and outputs are loaded where
they are used.
"""

try:
    from ._core import build_info as _build_info
except ImportError:
    raise ImportError(
        "the compiled core of radiocore is missing or does not fit this Python; reinstall it with: pip install .",
        name=__name__,
    ) from None
from .blockage import inside_buildings, line_of_sight
from .buildings import Buildings
from .channel import Channel
from .circle import minimum_enclosing_circle
from .coverage import coverage_probability
from .device import cuda_available
from .device_array import DeviceArray
from .errors import (
    ConfigError,
    DeviceFailure,
    DeviceUnavailableError,
    FileFormatError,
    FitError,
    InputError,
    MissingExtraError,
    RadiocoreError,
)
from .grid import ReceiverGrid
from .link_features import LinkFeatures, link_features  # the function hides its module; that is still imported by path
from .manifold import CoverageManifold
from .measurements import Measurements, Points
from .measuring.tower_join import join_towers
from .measuring.towers import Towers
from .network import BaseStations
from .predictor import RsrpPredictor
from .propagation.air_to_ground import a2g_parameters, line_of_sight_probability
from .radio_metrics import RadioMetricModel
from .scene import Scene
from .simulate import simulate_manifold

__version__ = _build_info()["version"]

__all__ = [
    "BaseStations",
    "Buildings",
    "Channel",
    "ConfigError",
    "CoverageManifold",
    "DeviceArray",
    "DeviceFailure",
    "DeviceUnavailableError",
    "FileFormatError",
    "FitError",
    "InputError",
    "LinkFeatures",
    "Measurements",
    "MissingExtraError",
    "Points",
    "RadioMetricModel",
    "RadiocoreError",
    "ReceiverGrid",
    "RsrpPredictor",
    "Scene",
    "Towers",
    "a2g_parameters",
    "coverage_probability",
    "cuda_available",
    "inside_buildings",
    "join_towers",
    "line_of_sight",
    "line_of_sight_probability",
    "link_features",
    "minimum_enclosing_circle",
    "simulate_manifold",
]
