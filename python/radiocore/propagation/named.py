"""Models of line of sight by name."""

from __future__ import annotations

from ..errors import InputError, nearest_name
from .air_to_ground import AirToGround
from .fitted_curve import FittedCurve
from .itu_p1410 import ItuP1410
from .line_of_sight_model import LineOfSightModel
from .tr38901_line_of_sight import SCENARIOS, Tr38901LineOfSight

DEFAULT_MODEL = AirToGround.name
OF_SCENARIOS = {f"{Tr38901LineOfSight.name}-{scenario.lower()}": scenario for scenario in SCENARIOS}
NAMES = (AirToGround.name, ItuP1410.name, FittedCurve.name, *OF_SCENARIOS)


def check_model(model: str | LineOfSightModel) -> None:
    """Refuse what is neither a model nor the name of one.

    Raises
    ------
    InputError
    """
    if not isinstance(model, LineOfSightModel) and model not in NAMES:
        raise InputError(f"line_of_sight_model: {model!r} is not one of {NAMES}{nearest_name(str(model), NAMES)}")


def model_for(model: str | LineOfSightModel, scene, receiver_height_m: float) -> LineOfSightModel:
    """The model of a name, the fitted curve being that of the scene; a model is passed through."""
    if model == FittedCurve.name:
        return FittedCurve.of(scene, receiver_height_m=receiver_height_m)
    if isinstance(model, LineOfSightModel):
        return model
    if model in OF_SCENARIOS:
        return Tr38901LineOfSight(OF_SCENARIOS[model])
    return ItuP1410() if model == ItuP1410.name else AirToGround()


def settings_of(model: str | LineOfSightModel) -> str | dict:
    """What the provenance tells of a model."""
    return model if isinstance(model, str) else model.settings()
