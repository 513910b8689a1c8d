"""Monte Carlo coverage in plain torch, as a user of torch would write it: whole arrays of draws.

Shapes are 1 or 2: a shape of 2 is half the sum of two exponentials.
"""

from __future__ import annotations

import torch

DRAWS_AT_ONCE = 2**28
"""Link draws of a batch: 1 GiB of single precision, and about three such arrays at a time."""


def coverage(mean_mw, fading_m, noise_mw: float, threshold: float, draws: int) -> torch.Tensor:
    """(R,) share of draws in which the strongest mean's SINR lies above the threshold; tensors (R, S)."""
    receivers, stations = mean_mw.shape
    server = mean_mw.argmax(dim=1)
    scale = (mean_mw / fading_m).float()
    any_two = bool((fading_m == 2).any())
    batch = max(1, DRAWS_AT_ONCE // (draws * stations))
    share = torch.empty(receivers, device=mean_mw.device)
    for first in range(0, receivers, batch):
        rows = slice(first, first + batch)
        count = len(server[rows])
        power = torch.empty((count, draws, stations), device=mean_mw.device).exponential_()
        if any_two:
            second = torch.empty_like(power).exponential_()
            power += torch.where(fading_m[rows, None, :] == 2, second, 0.0)
        power *= scale[rows, None, :]
        signal = power.gather(2, server[rows, None, None].expand(count, draws, 1))[:, :, 0]
        interference = power.sum(dim=2) - signal
        share[rows] = (signal > threshold * (interference + noise_mw)).float().mean(dim=1)
    return share
