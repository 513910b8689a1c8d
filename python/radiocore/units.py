"""Conversions between logarithmic and linear units, and between metres and the lattice; slips of unit and of height."""

import numbers

import numpy as np

from . import _core
from .errors import InputError

MM_PER_M = 1000
LOG_OF_TEN = 2.302585092994046
LATTICE_LIMIT_MM = 2**30
"""Coordinates are whole millimetres below this size, so that orientation tests fit in 64 bits."""

CARRIERS_MHZ = (30.0, 1e5)
"""Between which the frequencies of carriers lie."""

TALLEST_M = 1000.0
"""No mast or building is taller."""
WANTED_HEIGHT = "must be above ground, up to 1000 m; of a height above sea level take away that of the ground"
USUAL_ANTENNA_HEIGHT_M = 100.0
"""Among many masts some are lower."""
USUAL_UE_ALTITUDE_M = 30.0
"""Among many phones some are lower."""


def db_to_linear(value_db):
    """Power ratio of a level in dB: whole powers of ten exact, the same bits on every machine."""
    value_db = np.asarray(value_db, dtype=np.float64)
    finite_db = np.where(np.isfinite(value_db), value_db, 0.0)
    tens = np.floor(finite_db / 10.0)
    power_of_ten = np.vectorize(_power_of_ten, otypes=[np.float64])(tens) if tens.size else tens
    ratio = power_of_ten * _core.exp((finite_db - 10.0 * tens) * (LOG_OF_TEN / 10.0))
    return np.where(np.isneginf(value_db), 0.0, np.where(np.isfinite(value_db), ratio, value_db))


def _power_of_ten(exponent: float) -> float:
    exponent = int(exponent)
    return float(10**exponent) if exponent >= 0 else 1.0 / float(10**-exponent)


def linear_to_db(ratio):
    """Level in dB of a power ratio, the same bits on every machine; zero gives minus infinity."""
    ratio = np.asarray(ratio, dtype=np.float64)
    positive = ratio > 0.0
    if positive.all():
        level_db = _core.log(ratio)
        level_db *= 10.0 / LOG_OF_TEN
        return level_db
    level_db = (10.0 / LOG_OF_TEN) * _core.log(np.where(positive, ratio, 1.0))
    return np.where(positive, level_db, np.where(ratio == 0.0, -np.inf, np.nan))


def dbm_to_mw(power_dbm):
    """Power in mW of a level in dBm; minus infinity gives zero."""
    return db_to_linear(power_dbm)


def mw_to_dbm(power_mw):
    """Level in dBm of a power in mW; zero gives minus infinity."""
    return linear_to_db(power_mw)


def to_lattice_mm(value_m, name: str) -> np.ndarray:
    """Round metres to whole millimetres (half to even).

    Parameters
    ----------
    value_m : array_like
        Metres in the scene's frame.
    name : str
        The argument's name, for the error message.

    Returns
    -------
    ndarray of int64

    Raises
    ------
    InputError
        A value is not finite, or 2**30 mm (1,073 km) or more from the frame's origin.
    """
    try:
        value_m = np.asarray(value_m, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: not an array of numbers") from None
    if not np.isfinite(value_m).all():
        row = int(np.argwhere(~np.isfinite(value_m))[0][0]) if value_m.ndim else 0
        raise InputError(f"{name}: row {row} is not a finite number")
    value_mm = np.rint(value_m * MM_PER_M)
    beyond = np.abs(value_mm) >= LATTICE_LIMIT_MM
    if beyond.any():
        row = int(np.argwhere(beyond)[0][0]) if value_m.ndim else 0
        raise InputError(
            f"{name}: row {row} lies {float(np.abs(value_m).max()):.0f} m from the origin, beyond the "
            f"lattice of 1,073 km; give coordinates in a local metric frame, or give the CRS"
        )
    return value_mm.astype(np.int64)


def as_number(value, name: str) -> float:
    """An argument as a number; which ones it may be is the caller's to say.

    Raises
    ------
    InputError
        It is none, or a truth value.
    """
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name}: {value!r} is not a number") from None


def is_whole(value) -> bool:
    """Whether an argument is a whole number, as 3 or 3.0 and not as True."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and value % 1 == 0


def is_carrier_mhz(value):
    """Whether numbers are frequencies of carriers in MHz."""
    return (value >= CARRIERS_MHZ[0]) & (value <= CARRIERS_MHZ[1])


def wanted_carrier_mhz(value: float, remedy: str = "convert it") -> str:
    """What a frequency must be, and the unit that one which is not looks like."""
    units = (unit for unit, in_mhz in (("GHz", 1e3), ("kHz", 1e-3), ("Hz", 1e-6)) if is_carrier_mhz(value * in_mhz))
    likely = next(units, None)
    hint = f"; this looks like {likely}: {remedy}" if likely else ""
    return f"must be a carrier frequency in MHz{hint}"


def is_antenna_height_m(value):
    """Whether numbers are heights that antennas can have above ground, m."""
    return (value > 0) & (value <= TALLEST_M)


def height_notes(name: str, height_m: np.ndarray, usual_m: float) -> tuple[str, ...]:
    """What a report says of heights above ground none of which is a usual one; nothing where one is."""
    if len(height_m) == 0 or not (lowest := float(np.min(height_m))) > usual_m:
        return ()
    return (f"no {name} is below {usual_m:g} m (the lowest is {lowest:g} m): are they heights above sea level?",)
