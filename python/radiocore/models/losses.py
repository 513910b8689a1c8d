"""What networks of levels may be trained for: losses of a standardised target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import InputError, nearest_name

if TYPE_CHECKING:
    import torch

LOSSES = ("msle", "mse", "huber", "nll")
"""Mean squared log-scaled error, mean squared error, Huber's with its corner at one deviation, and the negative
log-likelihood of a normal distribution, whose variance is a second output of the network."""


def check_loss(loss: str, alpha: float) -> None:
    """Refuse what is no loss.

    Raises
    ------
    InputError
        The loss is none of :data:`LOSSES`, or alpha is not a positive number.
    """
    if loss not in LOSSES:
        raise InputError(f"loss: {loss!r} is not one of {LOSSES}{nearest_name(loss, LOSSES)}")
    if not 0 < alpha < float("inf"):
        raise InputError(f"alpha: {alpha!r}; give a positive number, or loss='mse', to which it comes for small ones")


def mean_squared_log_scaled(prediction: torch.Tensor, target: torch.Tensor, alpha: float) -> torch.Tensor:
    """Mean of (f(target) - f(prediction))^2 with f(v) = sign(v) ln(1 + alpha |v|); for small alpha, alpha^2 times MSE.

    It weighs errors near zero, the mean of a standardised target, more than those of rare levels.
    """
    return (_log_scaled(target, alpha) - _log_scaled(prediction, alpha)).square().mean()


def loss_of(
    loss: str, alpha: float, prediction: torch.Tensor, variance: torch.Tensor | None, target: torch.Tensor
) -> torch.Tensor:
    """The mean loss of (N,) predictions, all in deviations of the target; the variance is that of "nll" alone."""
    from torch.nn import functional

    if loss == "msle":
        return mean_squared_log_scaled(prediction, target, alpha)
    if loss == "nll":
        return functional.gaussian_nll_loss(prediction, target, variance)
    return functional.mse_loss(prediction, target) if loss == "mse" else functional.huber_loss(prediction, target)


def _log_scaled(value: torch.Tensor, alpha: float) -> torch.Tensor:
    return value.sign() * (alpha * value.abs()).log1p()
