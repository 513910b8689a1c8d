"""Training of the convolutional model: links of synthetic cities, and cross-entropy on their exact line of sight."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from .. import _core
from ..blockage import trace
from ..errors import FitError, InputError, require
from ..links import unpacked
from ..network import BaseStations
from ..scene import Scene
from ..synthetic import ENVIRONMENTS, synthetic_city
from ..units import MM_PER_M
from .roof_cells import RoofCells

ALPHA_RANGE, BETA_RANGE_PER_KM2, GAMMA_RANGE_M = (0.05, 0.6), (150.0, 900.0), (5.0, 50.0)
"""Of the cities, beside those of the four ITU-R P.1410 environments."""
CITY_SIDE_M = 700.0
LONGEST_LINK_M = 400.0
BATCH, RATE, DECAY, PATIENCE = 128, 2e-2, 1e-4, 3
LINKS_TOGETHER = 16
INNER_SHARE = 0.25


@dataclass(frozen=True)
class LinkSet:
    """N links: their clearances at each step (N, steps, 3) float32, and whether they are in line of sight (N,)."""

    clearance: np.ndarray
    los: np.ndarray


def cities(number: int, seed: int) -> list[Scene]:
    """Synthetic cities without stations, the four environments first, then others between and beyond them."""
    rng = np.random.default_rng(seed)
    found: list[Scene] = []
    while len(found) < number:
        alpha, gamma_m = rng.uniform(*ALPHA_RANGE), rng.uniform(*GAMMA_RANGE_M)
        beta_per_km2 = np.exp(rng.uniform(*np.log(BETA_RANGE_PER_KM2)))
        if len(found) % 2 == 0:
            alpha, beta_per_km2, gamma_m = list(ENVIRONMENTS.values())[len(found) // 2 % len(ENVIRONMENTS)]
        town_seed = int(rng.integers(2**31))
        try:
            town = synthetic_city(alpha, beta_per_km2, gamma_m, side_m=CITY_SIDE_M, seed=town_seed)
        except InputError:  # so many buildings of that size do not fit
            continue
        found.append(Scene(town, BaseStations(x_m=[0.0], y_m=[0.0], height_m=[20.0])))
    return found


def draw_links(
    scenes, links: int, settings: dict, antenna_height_m, receiver_height_m, seed: int, advance=lambda count: None
) -> LinkSet:
    """``links`` outdoor links of each scene, of lengths uniform up to the longest, in random directions."""
    rng = np.random.default_rng(seed)
    steps = int(np.ceil(LONGEST_LINK_M / settings["cell_m"]))
    clearance, los = [], []
    for scene in scenes:
        receivers_mm, stations_mm = _ends(scene, links, antenna_height_m, receiver_height_m, rng)
        los.append(_line_of_sight(scene, receivers_mm, stations_mm))
        roofs = RoofCells.of(scene, round(settings["cell_m"] * MM_PER_M), 1)
        clearance.append(
            _core.link_profiles(
                settings["scale_m"] * MM_PER_M, settings["side"], *roofs.columns, receivers_mm, stations_mm, steps
            )[0]
        )
        advance(1)
    return LinkSet(np.concatenate(clearance), np.concatenate(los))


def _ends(scene, links, antenna_height_m, receiver_height_m, rng):
    """(N, 3) receivers and stations, N at most ``links``, both outdoors and inside the town."""
    x_min, y_min, x_max, y_max = (bound * MM_PER_M for bound in scene.buildings.bounds_m)
    tries = 8 * links
    plan = rng.uniform((x_min, y_min), (x_max, y_max), (tries, 2))
    length_mm, turn = LONGEST_LINK_M * MM_PER_M * rng.uniform(0.02, 0.999, tries), rng.uniform(0, 2 * np.pi, tries)
    other = plan + np.column_stack([length_mm * np.cos(turn), length_mm * np.sin(turn)])
    ends = []
    for where, heights_m in ((plan, receiver_height_m), (other, antenna_height_m)):
        z_mm = rng.uniform(*heights_m, tries) * MM_PER_M
        ends.append(np.rint(np.column_stack([where, z_mm])).astype(np.int64))
    usable = ((other > (x_min, y_min)) & (other < (x_max, y_max))).all(axis=1)
    for end in ends:
        usable &= scene.city.buildings_at(end, False, 1) < 0
    rows = np.flatnonzero(usable)[:links]
    return tuple(np.ascontiguousarray(end[rows]) for end in ends)


def _line_of_sight(scene, receivers_mm, stations_mm) -> np.ndarray:
    """(N,) bool, exact, of receiver i to station i."""
    out = np.empty(len(receivers_mm), dtype=bool)
    for start in range(0, len(out), LINKS_TOGETHER):
        here = slice(start, start + LINKS_TOGETHER)
        receivers, stations = receivers_mm[here], stations_mm[here]
        number = len(receivers)
        hosts = (np.zeros(number + 1, dtype=np.int64), np.zeros(0, dtype=np.int32))
        outdoors = np.full(number, -1, dtype=np.int32)
        bits = trace(scene.city, receivers, stations, hosts, outdoors, threads=1)
        out[here] = unpacked(bits, number).diagonal()
    return out


def train_network(training: LinkSet, inner: LinkSet, hidden: int, *, epochs: int, seed: int, advance) -> tuple:
    """Minimise the cross-entropy; of all epochs the best on the inner cities is kept.

    Returns
    -------
    tensors : dict of float32 arrays, as ``ConvolutionalModel`` has them
    score : (cross-entropy, mean |W - line of sight|) of the inner cities
    told : dict of the epochs run

    Raises
    ------
    FitError
        The network tells no better than the mean.
    MissingExtraError
        PyTorch is not installed.
    """
    torch = require("torch", "ml")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _train(torch, training, inner, hidden, epochs, seed, advance)
    finally:
        torch.set_num_threads(threads)


def _train(torch, training, inner, hidden, epochs, seed, advance):
    random = torch.Generator().manual_seed(seed)

    def normal(*shape, spread):
        return (torch.randn(*shape, generator=random) * spread).requires_grad_()

    kernel, bias, weight = normal(9, hidden, spread=0.4), normal(hidden, spread=0.3), normal(hidden, spread=0.3)
    weight_bias = torch.full((1,), -2.0, requires_grad=True)
    parameters = {"kernel": kernel, "bias": bias, "weight": weight, "weight_bias": weight_bias}

    def hazard(clearance):
        step = torch.nn.functional.pad(clearance.transpose(1, 2), (1, 1), value=-1.0)
        convolution = kernel.view(3, 3, hidden).permute(2, 1, 0)
        value = torch.relu(torch.nn.functional.conv1d(step, convolution, bias))
        out = (value * weight[:, None]).sum(dim=1) + weight_bias
        sees = torch.nn.functional.max_pool1d(step[:, :2].amax(dim=1, keepdim=True), 3, 1)[:, 0] > -1.0
        return (0.5 * (out + torch.sqrt(out * out + 1.0)) * sees).sum(dim=1)

    def cross_entropy(total, los):
        total = total.clamp(1e-6, 60.0)
        return torch.where(los, total, -torch.log(-torch.expm1(-total))).mean()

    x, y, inner_x, inner_y = (
        torch.from_numpy(array) for array in (training.clearance, training.los, inner.clearance, inner.los)
    )
    optimiser = torch.optim.AdamW(parameters.values(), RATE, weight_decay=DECAY)
    batches = -(-len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=epochs * batches)
    best, best_epoch, kept = np.inf, 0, None
    for epoch in range(epochs):
        for rows in torch.randperm(len(x), generator=random).split(BATCH):
            loss = cross_entropy(hazard(x[rows]), y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        with torch.no_grad():
            total = hazard(inner_x)
            entropy = float(cross_entropy(total, inner_y))
            error = float((torch.exp(-total) - inner_y.float()).abs().mean())
        advance(1)
        if entropy < best:
            best, best_epoch, score = entropy, epoch, (entropy, error)
            kept = {name: copy.deepcopy(value.detach()).numpy() for name, value in parameters.items()}
        if epoch - best_epoch >= PATIENCE:
            break
    share = float(inner.los.mean())
    of_mean = -(share * np.log(share) + (1 - share) * np.log(1 - share)) if 0 < share < 1 else 0.0
    if kept is None or not best < of_mean:
        raise FitError("network: it tells no better than the mean; train on more cities or with another seed")
    return kept, score, {"epochs": best_epoch + 1}
