"""Heights above sea level that pass for heights above ground."""

from __future__ import annotations

import numpy as np

USUAL_UE_ALTITUDE_M = 30.0
"""Among many phones some are lower."""
USUAL_ANTENNA_HEIGHT_M = 100.0
"""Among many masts some are lower."""


def height_notes(name: str, height_m: np.ndarray, usual_m: float) -> tuple[str, ...]:
    """What a report says of heights above ground none of which is a usual one; nothing where one is."""
    if len(height_m) == 0 or not (lowest := float(np.min(height_m))) > usual_m:
        return ()
    return (f"no {name} is below {usual_m:g} m (the lowest is {lowest:g} m): are they heights above sea level?",)
