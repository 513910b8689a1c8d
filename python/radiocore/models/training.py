"""The trainer of every network: seeded, stopped early, resumed after a kill; equal runs give equal bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FileFormatError, FitError, InputError, require
from ..learned.model_file import digest, read_model, write_model
from ..progress import progress_bar
from .reproducible import device_of, generator_of, reproducible, seed_of, seeded

if TYPE_CHECKING:
    import torch

KIND = "radiocore checkpoint"
VERSION = 1
HELD_BACK = 0.2
"""Share of rows that decide when to stop."""

Loss = Callable[["torch.nn.Module", "torch.Tensor", "torch.Generator"], "torch.Tensor"]
"""Of a network, (n,) int64 row numbers on the CPU, and a generator on the network's device for the loss's own draws:
the mean loss over these rows. Layers that draw, as dropout, do so from torch's own state, which is seeded meanwhile."""


@dataclass(frozen=True)
class Schedule:
    """How a network is trained, by Adam; with a weight decay, by AdamW.

    Attributes
    ----------
    epochs : at most so many
    batch : rows a step, at most; an epoch's batches differ by one row at most
    rate : learning rate; the default is Adam's
    patience : epochs without a better validation loss before it stops; None: never
    weight_decay : of AdamW
    seed : decides the order of rows and the draws of the loss
    at_once : rows of a batch whose gradients are worked out together, and summed with those of the rest; fewer take
        less memory, and less time where a layer's values outgrow the cache. None: all
    """

    epochs: int
    batch: int
    rate: float = 1e-3
    patience: int | None = 8
    weight_decay: float = 0.0
    seed: int = 0
    at_once: int | None = None

    def __post_init__(self):
        for name, fewest in (("epochs", 1), ("batch", 1), ("patience", 1), ("seed", 0), ("at_once", 1)):
            value = getattr(self, name)
            may_be_none = name in ("patience", "at_once")
            if not (isinstance(value, int) and value >= fewest or may_be_none and value is None):
                raise InputError(f"{name}: {value!r}; give a whole number from {fewest} up")
        if not 0 < self.rate < math.inf:
            raise InputError(f"rate: {self.rate!r}; give a positive number")
        if not 0 <= self.weight_decay < math.inf:
            raise InputError(f"weight_decay: {self.weight_decay!r}; give zero or more")


@dataclass(frozen=True)
class History:
    """Losses of E epochs.

    Attributes
    ----------
    loss : (E,) mean over the training rows, each batch before its step
    validation_loss : (E,) of the weights after the epoch
    """

    loss: tuple[float, ...] = ()
    validation_loss: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def best_epoch(self) -> int:
        """The epoch, from 1, whose weights were kept; 0 where there was none yet."""
        return self.validation_loss.index(min(self.validation_loss)) + 1 if self.validation_loss else 0

    def with_epoch(self, loss: float, validation_loss: float) -> History:
        """These epochs and one more."""
        return History((*self.loss, loss), (*self.validation_loss, validation_loss))

    def line(self, epoch: int) -> dict[str, float]:
        """What the log says of an epoch."""
        losses = {"loss": self.loss[epoch - 1], "validation_loss": self.validation_loss[epoch - 1]}
        return {"epoch": epoch, **losses}

    def is_over(self, schedule: Schedule) -> bool:
        """Whether training ended here."""
        waited = len(self) - self.best_epoch
        return len(self) >= schedule.epochs or schedule.patience is not None and waited >= schedule.patience


def train(
    network: torch.nn.Module,
    loss: Loss,
    rows,
    validation_rows,
    schedule: Schedule,
    *,
    data: str = "",
    threads: int | None = 1,
    checkpoint: str | Path | None = None,
    log: str | Path | None = None,
    tensorboard: str | Path | None = None,
    progress: bool | None = None,
    description: str = "Training",
) -> History:
    """Train a network where it lies, and leave it in ``eval`` mode with the weights of its best epoch.

    Parameters
    ----------
    network : torch.nn.Module
        With its first weights, as of :func:`seeded`; its device is the one that is trained on.
    loss : callable
        See :data:`Loss`. It is called in ``train`` mode to learn, in ``eval`` mode without gradients to judge.
    rows, validation_rows : (N,), (M,) integers
        Row numbers that ``loss`` understands, to learn from and to judge by; none is in both.
    schedule : Schedule
    data : str
        Stands for all that ``loss`` reads, as the checksum that :func:`radiocore.learned.model_file.digest` gives: a
        checkpoint of other data is refused.
    threads : int, optional
        Of torch, meanwhile. With one, the weights do not depend on the machine's number of them; None leaves it as it
        is, for large networks.
    checkpoint : path, optional
        A file that is written after each epoch and gone on from where it exists: what a killed run loses is the
        epoch that it was in, and the weights are those of a run that was never stopped. A finished one is not trained
        again.
    log : path, optional
        JSON lines, one an epoch; an older file is replaced.
    tensorboard : path, optional
        Folder of TensorBoard's files.
    progress, description
        As of :func:`radiocore.progress.progress_bar`; the time left is that of all epochs.

    Raises
    ------
    InputError
        There are no rows to learn from or none to judge by, or some are in both.
    FileFormatError
        The checkpoint cannot be read, or is of another run.
    FitError
        A loss is not finite.
    MissingExtraError
        torch, or for ``tensorboard`` that, is not installed.
    """
    torch = require("torch", "ml")
    rows, validation_rows = _checked_rows(rows, validation_rows)
    optimizer = torch.optim.AdamW(network.parameters(), lr=schedule.rate, weight_decay=schedule.weight_decay)
    run = _Run(network, optimizer, {})
    about = _about(network, rows, validation_rows, schedule, data) if checkpoint else {}
    if checkpoint and Path(checkpoint).exists():
        run.load(checkpoint, about)
    batches = math.ceil(len(rows) / schedule.batch)
    total = (schedule.epochs - len(run.history)) * batches
    with (
        reproducible(network, threads),
        _journal(log, tensorboard, run.history) as write,
        progress_bar(total, description, progress, unit="batches") as advance,
    ):
        while not run.history.is_over(schedule):
            epoch = len(run.history) + 1
            _learn(run, loss, rows, schedule, batches, epoch, advance)
            run.judge(_mean_loss(network, loss, validation_rows, schedule, epoch))
            if checkpoint:
                run.save(checkpoint, about)
            write(run.history)
    network.load_state_dict(run.best)
    network.eval()
    return run.history


def _learn(run: _Run, loss: Loss, rows, schedule: Schedule, batches: int, epoch: int, advance) -> None:
    """One pass over the rows, in an order and with draws that the seed and the epoch decide."""
    import torch

    device = device_of(run.network)
    order = torch.randperm(len(rows), generator=generator_of(torch.device("cpu"), schedule.seed, epoch, 0))
    generator = generator_of(device, schedule.seed, epoch, 1)
    run.network.train()
    total = 0.0
    with seeded(seed_of(schedule.seed, epoch, 2), device):
        for some in torch.tensor_split(rows[order], batches):
            run.optimizer.zero_grad()
            for part in torch.split(some, schedule.at_once or len(some)):
                value = loss(run.network, part, generator) * (len(part) / len(some))
                value.backward()
                total += _finite(value, epoch, "loss") * len(some)
            run.optimizer.step()
            advance(1, run.text)
    run.loss = total / len(rows)


def _mean_loss(network, loss: Loss, rows, schedule: Schedule, epoch: int) -> float:
    """Mean loss of rows, with the same draws in all epochs."""
    import torch

    generator = generator_of(device_of(network), schedule.seed, 0, 1)
    network.eval()
    with torch.no_grad():
        parts = torch.split(rows, schedule.at_once or schedule.batch)
        return sum(
            _finite(loss(network, some, generator), epoch, "validation loss") * len(some) for some in parts
        ) / len(rows)


def _finite(value: torch.Tensor, epoch: int, what: str) -> float:
    number = value.item()
    if not math.isfinite(number):
        raise FitError(f"training: the {what} is {number} in epoch {epoch}; give a lower rate, or look at the data")
    return number


@dataclass
class _Run:
    """A network on its way, and its file."""

    network: torch.nn.Module
    optimizer: torch.optim.Optimizer
    best: dict[str, torch.Tensor]
    history: History = field(default_factory=History)
    loss: float = math.nan

    @property
    def text(self) -> str:
        """For the progress bar."""
        if not self.history:
            return ""
        best = min(self.history.validation_loss)
        return f"loss {self.history.loss[-1]:.4g}, validation {self.history.validation_loss[-1]:.4g}, best {best:.4g}"

    def judge(self, validation_loss: float) -> None:
        """End an epoch; keep its weights where they are the best."""
        self.history = self.history.with_epoch(self.loss, validation_loss)
        if self.history.best_epoch == len(self.history):
            self.best = {name: value.detach().clone() for name, value in self.network.state_dict().items()}

    def save(self, path: str | Path, about: Mapping[str, Any]) -> None:
        tensors = {f"weights/{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"best/{name}": value for name, value in self.best.items()}
        for parameter, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"adam/{parameter}/{name}": value for name, value in moments.items()}
        arrays = {name: value.cpu().numpy() for name, value in tensors.items()}
        write_model(path, KIND, VERSION, {"run": about, "history": asdict(self.history)}, arrays)

    def load(self, path: str | Path, about: Mapping[str, Any]) -> None:
        """Go on where a run like this one stopped."""
        import torch

        remedy = "delete it to start anew"
        file = read_model(path, KIND, VERSION, remedy)
        theirs = file.config["run"]
        differ = [
            f"{name} {theirs.get(name)}, now {value}" for name, value in about.items() if theirs.get(name) != value
        ]
        if differ:
            raise FileFormatError(f"{path}: is of another run ({'; '.join(differ)}); {remedy}, or repeat that run")
        parts: dict[str, dict[str, torch.Tensor]] = {"weights": {}, "best": {}, "adam": {}}
        for name, array in file.tensors.items():
            part, _, rest = name.partition("/")
            parts[part][rest] = torch.from_numpy(array)
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in parts["adam"].items():
            parameter, _, moment = name.partition("/")
            moments.setdefault(int(parameter), {})[moment] = value
        self.network.load_state_dict(parts["weights"])
        self.best = parts["best"]
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": moments})
        self.history = History(**{name: tuple(values) for name, values in file.config["history"].items()})


def _about(network, rows, validation_rows, schedule: Schedule, data: str) -> dict[str, Any]:
    """What must be equal for a checkpoint to be of the same run."""
    import torch

    from radiocore import __version__

    weights = {name: value.cpu().numpy() for name, value in network.state_dict().items()}
    return {
        "radiocore": __version__,
        "torch": torch.__version__,
        "device": device_of(network).type,
        **asdict(schedule),
        "first weights": digest("", weights),
        "rows": digest("", {"rows": rows.numpy(), "validation_rows": validation_rows.numpy()}),
        "data": data,
    }


@contextmanager
def _journal(log, tensorboard, history: History) -> Iterator[Callable[[History], None]]:
    """What writes the newest epoch to the log and to TensorBoard; epochs that a checkpoint knows stand there first."""
    writer = None
    if tensorboard is not None:
        require("tensorboard", "tensorboard")
        from torch.utils.tensorboard import SummaryWriter

        writer = SummaryWriter(str(tensorboard), purge_step=len(history) + 1)

    def write(history: History) -> None:
        line = history.line(len(history))
        if file is not None:
            file.write(json.dumps(line) + "\n")
            file.flush()
        if writer is not None:
            for name in ("loss", "validation_loss"):
                writer.add_scalar(name, line[name], line["epoch"])
            writer.flush()

    with _opened(log) if log is not None else nullcontext() as file:
        if file is not None:
            file.writelines(json.dumps(history.line(epoch)) + "\n" for epoch in range(1, len(history) + 1))
            file.flush()
        try:
            yield write
        finally:
            if writer is not None:
                writer.close()


def _opened(path):
    try:
        return open(path, "w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def hold_back(number: int, blocks: np.ndarray | None, seed: int, share: float = HELD_BACK) -> tuple:
    """Row numbers to learn from and to judge by, ascending, drawn by the seed.

    Parameters
    ----------
    number : int
        Rows, N.
    blocks : (N,) integers, optional
        Whole blocks are held back, as near to the share of rows as the drawn order allows.

    Raises
    ------
    InputError
        There is a single block, or a single row.
    """
    what = "rows" if blocks is None else "blocks"
    label = np.arange(number) if blocks is None else np.asarray(blocks)
    names, sizes = np.unique(label, return_counts=True)
    if len(names) < 2:
        raise InputError(f"{what}: {len(names)}; two or more are needed, to hold some back and learn from the others")
    order = np.random.default_rng(seed).permutation(len(names))
    held = np.cumsum(sizes[order])[:-1]
    count = int(np.argmin(np.abs(held - share * number))) + 1
    is_held = np.isin(label, names[order[:count]])
    return np.flatnonzero(~is_held), np.flatnonzero(is_held)


def renamed(files: Mapping[str, str | Path], ending: str) -> dict[str, Path]:
    """Paths of a further training, beside those of another: run.safetensors becomes run-2.safetensors by "-2"."""
    return {name: Path(path).with_stem(Path(path).stem + ending) for name, path in files.items()}


def _checked_rows(rows, validation_rows):
    import torch

    out = []
    for name, given in (("rows", rows), ("validation_rows", validation_rows)):
        numbers = np.asarray(given)
        if numbers.ndim != 1 or len(numbers) == 0:
            raise InputError(f"{name}: there are none; give row numbers in one dimension")
        out.append(torch.from_numpy(numbers.astype(np.int64)))
    if np.intersect1d(*out).size:
        raise InputError("validation_rows: some are among the rows to learn from; part them")
    return out
