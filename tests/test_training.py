"""The trainer of networks: what the seed decides, early stopping, kills and what is written meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from radiocore.errors import DeviceUnavailableError, FileFormatError, FitError, InputError, MissingExtraError
from radiocore.learned.model_file import digest, write_model
from radiocore.models import training
from radiocore.models.reproducible import generator_of, torch_device
from radiocore.models.training import History, Schedule, hold_back, seeded, train

torch = pytest.importorskip("torch")

ROWS, VALIDATION = np.arange(400), np.arange(400, 500)
SCHEDULE = Schedule(epochs=8, batch=64, rate=0.01, seed=3)
X = torch.from_numpy(np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32))
Y = X[:, :1] * X[:, 1:2] + 2


def network(seed=0):
    """Small, with a layer that draws and one that has more state than weights."""
    from torch import nn

    with seeded(seed):
        return nn.Sequential(nn.Linear(3, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 1))


def squares(net, rows, generator):
    """Squared error, on inputs that the loss itself shakes."""
    noise = torch.randn(len(rows), 3, generator=generator)
    return torch.nn.functional.mse_loss(net(X[rows] + 0.01 * noise), Y[rows])


def trained(loss=squares, schedule=SCHEDULE, seed=0, **options):
    net = network(seed)
    history = train(net, loss, ROWS, VALIDATION, schedule, **options)
    return history, digest("", {name: value.numpy() for name, value in net.state_dict().items()})


@pytest.fixture(scope="module")
def whole():
    """A run that nothing stopped."""
    return trained()


class Stopped(Exception):
    """Takes the place of a kill."""


def stopping_at(step):
    """The loss, for so many calls."""
    calls = 0

    def loss(*arguments):
        nonlocal calls
        calls += 1
        if calls == step:
            raise Stopped
        return squares(*arguments)

    return loss


@pytest.fixture
def stopped(tmp_path):
    """Checkpoint and log of a run that ended within its fourth epoch: nine steps an epoch, seven and two."""
    files = {"checkpoint": tmp_path / "run.safetensors", "log": tmp_path / "log.jsonl"}
    with pytest.raises(Stopped):
        trained(stopping_at(9 * 3 + 4), **files)
    return files


def test_it_learns_and_keeps_the_best_weights():
    schedule = Schedule(epochs=60, batch=64, rate=0.03, patience=None)
    net = network()
    history = train(net, squares, ROWS, VALIDATION, schedule)
    assert len(history) == 60 and history.best_epoch < 60, "the last epoch is not the best, or this proves nothing"
    assert min(history.validation_loss) < 0.2 * history.validation_loss[0]
    assert not net.training
    generator = generator_of(torch.device("cpu"), schedule.seed, 0, 1)
    with torch.no_grad():
        parts = [squares(net, rows, generator).item() * len(rows) for rows in torch.arange(400, 500).split(64)]
    assert sum(parts) / 100 == pytest.approx(min(history.validation_loss), rel=1e-5)


def test_equal_seeds_give_equal_bytes_whatever_the_threads_and_the_state_of_torch(whole):
    threads = torch.get_num_threads()
    torch.manual_seed(99)
    state = torch.get_rng_state()
    try:
        torch.set_num_threads(2)
        assert trained() == whole
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(torch.get_rng_state(), state), "torch's own draws are left alone"
    assert trained(schedule=Schedule(8, 64, 0.01, seed=4))[1] != whole[1]
    assert trained(seed=1)[1] != whole[1]


def test_patience():
    schedule = Schedule(epochs=100, batch=400, patience=3)
    losses = iter([5.0, 4.0, 4.0, 4.5, 4.25, 1.0])

    def loss(net, rows, generator):
        anything = net(X[rows]).sum() * 0
        return anything + (next(losses) if not net.training else 0)

    history = train(network(), loss, ROWS, VALIDATION, schedule)
    assert history.validation_loss == (5.0, 4.0, 4.0, 4.5, 4.25) and history.best_epoch == 2, "a tie is no better"


def test_batches_differ_by_one_row_and_hold_each_row_once():
    seen = []

    def loss(net, rows, generator):
        if net.training:
            seen.append(rows)
        return squares(net, rows, generator)

    train(network(), loss, ROWS, VALIDATION, Schedule(epochs=2, batch=150))
    assert [len(rows) for rows in seen] == [134, 133, 133] * 2
    epochs = torch.cat(seen[:3]), torch.cat(seen[3:])
    assert all(sorted(epoch.tolist()) == ROWS.tolist() for epoch in epochs) and not torch.equal(*epochs)


def test_a_stopped_run_goes_on_to_equal_bytes(stopped, whole):
    assert len(stopped["log"].read_text().splitlines()) == 3
    calls = stopping_at(9 * 5 + 1)
    assert trained(calls, **stopped) == whole, "three epochs were not done again"
    finished = {name: path.read_bytes() for name, path in stopped.items()}
    assert trained(stopping_at(1), **stopped) == whole, "a finished one is not trained again"
    assert {name: path.read_bytes() for name, path in stopped.items()} == finished


def test_a_checkpoint_of_a_whole_run_equals_that_of_a_resumed_one(stopped, tmp_path):
    trained(**stopped)
    trained(checkpoint=tmp_path / "whole", log=tmp_path / "whole.jsonl")
    assert stopped["checkpoint"].read_bytes() == (tmp_path / "whole").read_bytes()
    assert stopped["log"].read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_killed_process_loses_its_running_epoch_only(tmp_path, whole):
    checkpoint, log = tmp_path / "run.safetensors", tmp_path / "log.jsonl"
    process = subprocess.Popen([sys.executable, __file__, checkpoint, log])
    try:
        end_s = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < end_s:
            if log.exists() and log.read_text().count("\n") == 3:
                break
            time.sleep(0.01)
    finally:
        process.kill()
    assert process.wait() == -9, "it was still at work"
    assert log.read_text().count("\n") == 3
    assert trained(stopping_at(9 * 5 + 1), checkpoint=checkpoint, log=log) == whole


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schedule": Schedule(epochs=9, batch=64, rate=0.01, seed=3)}, "epochs 8, now 9"),
        ({"schedule": Schedule(epochs=8, batch=64, rate=0.01, seed=4)}, "seed 3, now 4"),
        ({"data": "other"}, "data , now other"),
        ({"seed": 1}, "first weights"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(stopped, options, message):
    before = stopped["checkpoint"].read_bytes()
    with pytest.raises(FileFormatError, match=f"run.safetensors: is of another run .*{message}.*delete it"):
        trained(**stopped, **options)
    assert stopped["checkpoint"].read_bytes() == before


def test_a_checkpoint_of_other_rows_or_versions_is_refused(stopped, monkeypatch):
    with pytest.raises(FileFormatError, match="rows"):
        train(network(), squares, ROWS[1:], VALIDATION, SCHEDULE, checkpoint=stopped["checkpoint"])
    monkeypatch.setattr("radiocore.__version__", "9.9")
    with pytest.raises(FileFormatError, match=r"radiocore .*, now 9\.9"):
        trained(**stopped)


def test_a_broken_or_foreign_checkpoint_is_refused(stopped):
    path = stopped["checkpoint"]
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(FileFormatError, match="checksum.*delete it"):
        trained(**stopped)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FileFormatError, match="no readable model file.*delete it"):
        trained(**stopped)
    write_model(path, "something else", 1, {}, {"a": np.zeros(1)})
    with pytest.raises(FileFormatError, match="holds 'something else'"):
        trained(**stopped)


def test_the_log_has_a_line_an_epoch(tmp_path, whole):
    path = tmp_path / "log.jsonl"
    path.write_text("of an older run\n")
    history = trained(log=path)[0]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["epoch"] for line in lines] == list(range(1, 9))
    assert tuple(line["loss"] for line in lines) == history.loss
    assert tuple(line["validation_loss"] for line in lines) == history.validation_loss
    with pytest.raises(InputError, match="cannot be written"):
        trained(log=tmp_path)


def test_tensorboard(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    history = trained(tensorboard=tmp_path / "board")[0]
    events = EventAccumulator(str(tmp_path / "board")).Reload().Scalars("validation_loss")
    assert [event.step for event in events] == list(range(1, 9))
    np.testing.assert_allclose([event.value for event in events], history.validation_loss, rtol=1e-6)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(MissingExtraError, match="'tensorboard'.*pip install 'radiocore"):
        trained(tensorboard=tmp_path / "none")


def test_the_progress_bar_tells_the_loss(monkeypatch):
    calls = []

    @contextmanager
    def bar(total, description, enabled, *, unit):
        calls.append((total, description, enabled, unit))
        yield lambda n, text="": calls.append((n, text))

    monkeypatch.setattr(training, "progress_bar", bar)
    history = trained(description="Anything", progress=True)[0]
    assert calls[0] == (7 * 8, "Anything", True, "batches") and len(calls) == 1 + 7 * 8
    assert calls[1] == (1, "") and f"validation {history.validation_loss[-2]:.4g}" in calls[-1][1]


def test_what_cannot_be_trained_is_refused():
    with pytest.raises(FitError, match="loss is nan in epoch 1"):
        trained(lambda net, rows, generator: net(X[rows]).mean() * float("nan"))
    for rows, others, message in (
        ([], VALIDATION, "rows: there are none"),
        (ROWS, [], "validation_rows: there are none"),
        (ROWS, ROWS[-1:], "validation_rows: some are among"),
    ):
        with pytest.raises(InputError, match=message):
            train(network(), squares, rows, others, SCHEDULE)
    for wrong in ({"epochs": 0}, {"batch": 0}, {"rate": 0.0}, {"patience": 0}, {"weight_decay": -1.0}, {"seed": -1}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            Schedule(**{"epochs": 1, "batch": 1, **wrong})


def test_rows_held_back():
    rows, held = hold_back(1000, None, seed=1)
    assert len(held) == 200 and sorted([*rows, *held]) == list(range(1000))
    assert not np.array_equal(held, hold_back(1000, None, seed=2)[1])
    blocks = np.random.default_rng(0).integers(0, 30, 1000)
    rows, held = hold_back(1000, blocks, seed=1)
    assert not set(blocks[rows]) & set(blocks[held]) and abs(len(held) - 200) < 40
    for sizes in ((1, 99), (99, 1)):
        assert all(len(part) for part in hold_back(100, np.repeat([0, 1], sizes), seed=0))
    with pytest.raises(InputError, match="blocks: 1; two or more"):
        hold_back(10, np.zeros(10, dtype=int), seed=0)


def test_devices():
    assert torch_device("cpu").type == "cpu"
    with pytest.raises(InputError, match="device: 'tpu'"):
        torch_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(DeviceUnavailableError, match="torch finds no CUDA device"):
            torch_device("cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")
def test_a_gpu_gives_equal_bytes_too(tmp_path):
    def on_gpu(**options):
        def there(net, rows, generator):
            noise = torch.randn(len(rows), 3, generator=generator, device="cuda")
            return torch.nn.functional.mse_loss(net(X[rows].cuda() + 0.01 * noise), Y[rows].cuda())

        net = network().cuda()
        history = train(net, there, ROWS, VALIDATION, SCHEDULE, **options)
        return history, digest("", {name: value.cpu().numpy() for name, value in net.state_dict().items()})

    first = on_gpu()
    assert on_gpu() == first and on_gpu(checkpoint=tmp_path / "run") == first == on_gpu(checkpoint=tmp_path / "run")


def test_an_empty_history_has_no_best_epoch():
    assert History().best_epoch == 0 and not History().is_over(SCHEDULE)


def _run_that_hangs(checkpoint: str, log: str) -> None:
    """What the test above kills: the same run, which comes to no end in its fourth epoch."""
    loss = stopping_at(9 * 3 + 4)

    def patient(*arguments):
        try:
            return loss(*arguments)
        except Stopped:
            time.sleep(600)
            raise

    trained(patient, checkpoint=Path(checkpoint), log=Path(log))


if __name__ == "__main__":
    _run_that_hangs(*sys.argv[1:])
