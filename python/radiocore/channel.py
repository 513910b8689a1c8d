"""The radio channel: power law, fading, noise and threshold."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError
from .units import LATTICE_LIMIT_MM, MM_PER_M, as_number, db_to_linear, dbm_to_mw

if TYPE_CHECKING:
    from .propagation.loss_model import PathLossModel

MOST_LEVEL_DB = 300.0
"""No gain or noise level is beyond; a unit was mistaken."""


@dataclass(frozen=True, kw_only=True)
class Channel:
    """Power law with line of sight, Nakagami-m fading and thermal noise.

    The mean received power of a link is P_t eta_Q d^(-alpha_Q), with Q line of sight or not and
    d the 3-D distance in m. Defaults are Table III of arXiv:2312.01826.

    Attributes
    ----------
    path_loss_exponent_los, path_loss_exponent_nlos : alpha_Q
    gain_at_1m_db_los, gain_at_1m_db_nlos : eta_Q, dB
    fading_m_los, fading_m_nlos : Nakagami shape of the amplitude; the power gain is Gamma(m, 1/m)
    bandwidth_hz, noise_density_dbm_hz : noise = density + 10 log10(bandwidth)
    noise_dbm : the noise itself, instead of the two; -inf means none
    threshold_db : SINR above which a receiver is served
    max_interferer_distance_m : interferers farther than this (horizontally) are left out of the sum
    path_loss : a model of radiocore.propagation in place of the power law, e.g. UrbanMacro(), or
        WithEndLoss(FreeSpace(), ClutterLoss()) for what stands around the receivers; needs the stations' frequency_mhz
    """

    path_loss_exponent_los: float = 2.0
    path_loss_exponent_nlos: float = 3.0
    gain_at_1m_db_los: float = -38.6
    gain_at_1m_db_nlos: float = -59.5
    fading_m_los: float = 2.0
    fading_m_nlos: float = 1.0
    bandwidth_hz: float = 10e6
    noise_density_dbm_hz: float = -174.0
    noise_dbm: float | None = None
    threshold_db: float = 0.0
    max_interferer_distance_m: float | None = None
    path_loss: PathLossModel | None = None

    def __post_init__(self):
        for item in fields(self):
            if item.name == "path_loss":
                continue
            value = getattr(self, item.name)
            if value is None and item.default is None:
                continue
            value = as_number(value, item.name)
            object.__setattr__(self, item.name, value)
            infinite_allowed = item.name in ("noise_dbm", "noise_density_dbm_hz") and value == -np.inf
            if not np.isfinite(value) and not infinite_allowed:
                raise InputError(f"{item.name}: {value} is not a finite number")
        for name in ("gain_at_1m_db_los", "gain_at_1m_db_nlos", "noise_dbm", "noise_density_dbm_hz"):
            value = getattr(self, name)
            if value is not None and value > -np.inf and abs(value) > MOST_LEVEL_DB:
                raise InputError(f"{name}: {value:g} must lie within +-{MOST_LEVEL_DB:g} dB")
        for name in _POSITIVE:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise InputError(f"{name}: {value:g} must be positive")
        if self.interferer_reach_mm >= 2 * LATTICE_LIMIT_MM:
            reach_m = self.max_interferer_distance_m
            raise InputError(f"max_interferer_distance_m: {reach_m:g} is longer than any link; leave it out")
        if self.path_loss is not None:
            self._check_path_loss()

    def _check_path_loss(self) -> None:
        if not callable(getattr(self.path_loss, "loss_db", None)):
            raise InputError(
                f"path_loss: {self.path_loss!r} is not a path-loss model; give one of radiocore.propagation, e.g. "
                "UrbanMacro() of tr38901_uma"
            )
        for item in fields(self):
            if item.name in _LAW and getattr(self, item.name) != item.default:
                raise InputError(f"{item.name}: path_loss stands in place of the power law; leave one of them out")

    def _require_power_law(self) -> None:
        if self.path_loss is not None:
            raise InputError("path_loss: this knows the power law only; give a channel without a path-loss model")

    def settings(self) -> dict[str, Any]:
        """Plain values by the names of the fields, for the provenance."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return values | {"path_loss": None if self.path_loss is None else self.path_loss.settings()}

    @classmethod
    def paper(cls) -> Channel:
        """Table III of arXiv:2312.01826, to be used with receivers at 0 m."""
        return cls()

    @property
    def noise_mw(self) -> float:
        """Thermal noise power, mW (-104 dBm with the defaults)."""
        if self.noise_dbm is not None:
            return float(dbm_to_mw(self.noise_dbm))
        return float(dbm_to_mw(self.noise_density_dbm_hz) * self.bandwidth_hz)

    @property
    def gain_at_1m_los(self) -> float:
        """Linear power gain at 1 m of a line-of-sight link."""
        self._require_power_law()
        return float(db_to_linear(self.gain_at_1m_db_los))

    @property
    def gain_at_1m_nlos(self) -> float:
        """Linear power gain at 1 m of a blocked link."""
        self._require_power_law()
        return float(db_to_linear(self.gain_at_1m_db_nlos))

    @property
    def law_by_state(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Linear gain at 1 m and exponent, each of a blocked link and of one in line of sight."""
        return (
            (self.gain_at_1m_nlos, self.gain_at_1m_los),
            (self.path_loss_exponent_nlos, self.path_loss_exponent_los),
        )

    @property
    def shape_by_state(self) -> tuple[float, float]:
        """Nakagami shape of a blocked link and of one in line of sight."""
        return self.fading_m_nlos, self.fading_m_los

    @property
    def interferer_reach_mm(self) -> int:
        """``max_interferer_distance_m`` in whole millimetres; -1 = no limit."""
        reach_m = self.max_interferer_distance_m
        return -1 if reach_m is None else round(reach_m * MM_PER_M)


_LAW = ("path_loss_exponent_los", "path_loss_exponent_nlos", "gain_at_1m_db_los", "gain_at_1m_db_nlos")
_POSITIVE = (
    "path_loss_exponent_los",
    "path_loss_exponent_nlos",
    "fading_m_los",
    "fading_m_nlos",
    "bandwidth_hz",
    "max_interferer_distance_m",
)
