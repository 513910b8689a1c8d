"""The search for settings: spaces, trials that go on, what is kept; and, slowly, the search on Ray."""

from __future__ import annotations

import csv
import errno
import json
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas
import pytest

from radiocore.cli import main
from radiocore.errors import FileFormatError, FitError, InputError, MissingExtraError
from radiocore.evaluation.folds import Folds, label_folds, squares
from radiocore.models.base import Model
from radiocore.models.correction import TABLE_5, CorrectionNetwork
from radiocore.models.inputs import Inputs
from radiocore.models.least_squares import LeastSquares
from radiocore.models.prediction import Prediction
from radiocore.tuning import cluster, search, trial
from radiocore.tuning.radio_metrics import AXES, SPACE
from radiocore.tuning.space import Choice, Range, Space
from radiocore.tuning.trial import Trials
from radiocore.tuning.tuned import Trial, Tuned, tuned_model

ROOT = Path(__file__).resolve().parents[1]
SHORT = {"layers": (16,) * 2, "channels": (16, 32, 10, 1), "rate": 1e-2, "epochs": 10}


def links(number=400, seed=0):
    """Links of a level that a straight line does not tell: beta, 6 dB more in the east, less behind buildings."""
    rng = np.random.default_rng(seed)
    x_km, y_km = rng.uniform(-2, 2, (2, number))
    columns = {
        "distance_x_km": x_km,
        "distance_y_km": y_km,
        "total_obstruction_length_3d_m": rng.uniform(0, 20, number),
        "beta_dbm": rng.uniform(-120, -70, number),
    }
    bias_db = 6 * np.tanh(2 * x_km) - 0.6 * columns["total_obstruction_length_3d_m"]
    return Inputs(columns), columns["beta_dbm"] + bias_db + rng.normal(size=number)


def blocks_of(inputs):
    return squares(1000 * inputs["distance_x_km"], 1000 * inputs["distance_y_km"], 500)


def shared(folder, model=None, k=2, space=SPACE):
    inputs, target = links()
    blocks = blocks_of(inputs)
    model = CorrectionNetwork(**SHORT) if model is None else model
    return Trials(model, inputs, target, label_folds(blocks, k), blocks, space, folder)


class Shifted(Model):
    """Always the mean of the training rows and a shift; 99 cannot be learned."""

    name = "shifted"

    def __init__(self, shift_db=0.0):
        super().__post_init__()
        self.shift_db = shift_db

    @property
    def settings(self):
        return {"shift_db": self.shift_db}

    def __replace__(self, **settings):
        return Shifted(**settings)

    def _fit(self, inputs, target, blocks, progress):
        if self.shift_db == 99:
            raise FitError("99")
        self.mean = target.mean() + self.shift_db

    def _predict(self, inputs):
        return Prediction(np.full(len(inputs), self.mean), np.ones(len(inputs)))

    def state(self): ...

    def _load_state(self, config, arrays): ...


class TestSpace:
    @pytest.mark.parametrize("metric", TABLE_5)
    def test_the_models_of_table_5_lie_in_it(self, metric):
        model = CorrectionNetwork(metric=metric)
        point = SPACE.start(model)
        assert set(point) == set(AXES)
        assert replace(model, **SPACE.settings_of(point)) == model

    def test_a_point_is_a_model(self):
        point = SPACE.start(CorrectionNetwork()) | {"depth": 2, "width": 32, "head": 512, "epochs": 10}
        settings = CorrectionNetwork(**SPACE.settings_of(point)).settings
        assert settings["layers"] == (32, 32) and settings["channels"] == (32, 512, 10, 1) and settings["epochs"] == 10

    @pytest.mark.parametrize(
        "model, message",
        [
            (CorrectionNetwork(batch=8), r"batch: the model's own 8 is not in Range\(low=32"),
            (CorrectionNetwork(layers=(64, 32)), "another form than those of Table V"),
            (CorrectionNetwork(layers=(), channels=(1,)), "another form than those of Table V"),
            (LeastSquares(), "'least squares' is no correction network"),
        ],
    )
    def test_a_model_outside_is_refused(self, model, message):
        with pytest.raises(InputError, match=message):
            SPACE.start(model)

    @pytest.mark.parametrize("wrong", [(2, 1), (0.0, 1.0, True), (1.5, 3, False, True), (0, math.inf)])
    def test_what_is_no_range_is_refused(self, wrong):
        with pytest.raises(InputError, match="space: from"):
            Range(*wrong)

    def test_what_lies_inside(self):
        whole = Range(1, 4, is_whole=True)
        assert 4 in whole and 2.5 not in whole and 5 not in whole and 2.5 in Range(1, 4) and "a" in Choice(("a",))


class TestTrials:
    space = Space({"shift_db": Range(0.0, 9.0)}, dict, lambda model: model.settings)

    def test_the_error_is_that_of_held_out_rows(self, tmp_path, monkeypatch):
        monkeypatch.setattr(trial, "replace", lambda model, **settings: Shifted(**settings))
        all_of = shared(tmp_path / "kept", Shifted(), 3, self.space)
        all_of.claim()
        found = list(all_of.judge({"shift_db": 2.0}))
        squares_db2 = []
        for number, (training, held_out) in enumerate(all_of.folds):
            squares_db2.extend((all_of.target[held_out] - all_of.target[training].mean() - 2.0) ** 2)
            rmse_db = pytest.approx(np.sqrt(np.mean(squares_db2)))
            assert found[number] == {"folds": number + 1, "rmse_db": rmse_db, "epochs": 0}
        assert list(all_of.judge({"shift_db": 99})) == [{"folds": 1, "rmse_db": math.inf, "epochs": 0}]

    def test_a_killed_trial_goes_on_from_its_epoch(self, tmp_path, monkeypatch):
        pytest.importorskip("torch")
        from radiocore.models import training

        point = SPACE.start(CorrectionNetwork(**SHORT)) | {"epochs": 3}
        learned, learn = [], training._learn

        def counted(*given):
            learned.append(given)
            if len(learned) == dies_at:
                raise KeyboardInterrupt
            learn(*given)

        monkeypatch.setattr(training, "_learn", counted)
        dies_at = math.inf
        whole = shared(tmp_path / "whole")
        whole.claim()
        expected = list(whole.judge(point))
        epochs = [report["epochs"] for report in expected]
        assert epochs == [3, 6] == [3, len(learned)]

        learned.clear()
        dies_at = 6
        killed = shared(tmp_path / "killed")
        killed.claim()
        with pytest.raises(KeyboardInterrupt):
            list(killed.judge(point))
        assert [path.name for path in sorted(killed.folder.glob("*/*"))] == ["fold-1.json", "fold-2.safetensors"]
        learned.clear()
        dies_at = math.inf
        again = shared(tmp_path / "killed")
        again.claim()
        assert list(again.judge(point)) == expected and len(learned) == 6 - 5
        assert list(again.judge(point)) == expected and len(learned) == 6 - 5
        assert not list(again.folder.glob("*/*.safetensors"))

    def test_a_network_that_collapses_is_scored_as_what_it_is(self, tmp_path, monkeypatch):
        pytest.importorskip("torch")
        monkeypatch.setattr("radiocore.models.residual_network.COLLAPSED", math.inf)
        all_of = shared(tmp_path)
        all_of.claim()
        *_, last = all_of.judge(SPACE.start(CorrectionNetwork(**SHORT)) | {"epochs": 1})
        assert last["folds"] == 2 and math.isfinite(last["rmse_db"])

    def test_a_folder_of_another_run_is_refused(self, tmp_path):
        one = shared(tmp_path)
        one.claim()
        with pytest.raises(FileFormatError, match=r"another run \(rows and folds differ\); name a new one"):
            replace(one, target=one.target + 1).claim()
        (tmp_path / "run.json").write_text("{")
        with pytest.raises(FileFormatError, match=r"run\.json: cannot be read"):
            one.claim()

    def test_a_folder_that_cannot_serve_is_refused(self, tmp_path):
        (tmp_path / "mine.txt").touch()
        with pytest.raises(InputError, match="holds other files"):
            shared(tmp_path).claim()
        with pytest.raises(InputError, match="is a file"):
            shared(tmp_path / "mine.txt").claim()
        with pytest.raises(InputError, match="is not seen by this machine"):
            next(shared(tmp_path / "elsewhere").judge(SPACE.start(CorrectionNetwork(**SHORT))))

    def test_a_folder_of_a_trial_that_cannot_be_made_is_told(self, tmp_path, monkeypatch):
        one = shared(tmp_path / "full")
        one.claim()

        def full(*given, **options):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(type(tmp_path), "mkdir", full)
        with pytest.raises(InputError, match="storage: .* cannot be made: No space left on device"):
            next(one.judge(SPACE.start(CorrectionNetwork(**SHORT))))


class TestTuned:
    def tuned(self, *errors_db):
        start = SPACE.start(CorrectionNetwork(epochs=10))
        trials = [Trial(start | {"epochs": 10 + n}, error, 2, 20, ended) for n, (error, ended) in enumerate(errors_db)]
        return Tuned(CorrectionNetwork(epochs=10), SPACE, tuple(trials), 2, "hyperopt", 0)

    def test_the_best_was_judged_on_all_folds(self):
        found = self.tuned((5.0, ""), (1.0, "stopped early"), (4.0, ""), (4.0, ""), (math.inf, "diverged"))
        assert found.best is found.trials[2] and found.best_model.epochs == 12
        with pytest.raises(FitError, match=r"none of the 2 was judged on all 2 folds \(diverged, lost\)"):
            _ = self.tuned((math.inf, "diverged"), (math.nan, "lost")).best

    def test_what_is_kept_is_the_model(self, tmp_path):
        found = self.tuned((5.0, ""), (4.0, ""), (math.inf, "diverged"))
        found.save(tmp_path / "tuned")
        assert tuned_model(tmp_path / "tuned") == found.best_model
        rows = list(csv.DictReader((tmp_path / "tuned" / "trials.csv").open()))
        assert [row["rmse_db"] for row in rows] == ["5.0000", "4.0000", ""] and rows[2]["ended"] == "diverged"
        found.save(tmp_path / "tuned")
        with pytest.raises(InputError, match="not a former radiocore tuning's"):
            found.save(ROOT / "tests")

    def test_other_files_are_refused(self, tmp_path):
        for text in ("{", '{"model": "correction", "settings": {"rote": 1}}', '{"model": "none", "settings": {}}'):
            (tmp_path / "settings.json").write_text(text)
            with pytest.raises(FileFormatError, match="is not what a search for settings wrote"):
                tuned_model(tmp_path)


class TestRefusals:
    def tune(self, **options):
        inputs, target = links(60)
        folds = label_folds(blocks_of(inputs), 2)
        return search.tune(CorrectionNetwork(**SHORT), inputs, target, **{"folds": folds, "space": SPACE} | options)

    @pytest.mark.parametrize(
        "options, message",
        [
            ({"engine": "hyperoptt"}, r"engine: 'hyperoptt' is not one of hyperopt, optuna \(did you mean 'hyperopt'"),
            ({"trials": 0}, "trials: 0; give a whole number from 1 up"),
            ({"at_once": 1.5}, "at_once: 1.5; give a whole number"),
            ({"blocks": np.zeros(3)}, "blocks: 3 for 60 links"),
            ({"folds": Folds("blocked", np.arange(8) % 2)}, "folds: of 8 rows, for 60 links"),
            ({"address": "10.0.0.1:6379"}, "storage: on a cluster, name a folder"),
        ],
    )
    def test_arguments_are_checked(self, options, message):
        with pytest.raises(InputError, match=message):
            self.tune(**options)

    @pytest.mark.parametrize("absent", ["ray", "hyperopt"])
    def test_what_is_not_installed_is_named(self, absent, monkeypatch, tmp_path):
        if find_spec("hyperopt") is None and absent == "ray":
            pytest.skip("hyperopt is not installed")
        monkeypatch.setitem(sys.modules, absent, None)
        with pytest.raises(MissingExtraError, match=rf"'{absent}', which is not installed.*radiocore\[tune\]"):
            self.tune(storage=tmp_path / "kept")
        assert not (tmp_path / "kept").exists()

    @pytest.mark.parametrize(
        "address, message",
        [
            ("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1: Connection refused; start one with 'ray start"),
            ("10.0.0.1", "give HOST:PORT"),
            ("ray://10.0.0.1:10001", "give HOST:PORT"),
        ],
    )
    def test_a_cluster_that_is_not_there(self, address, message):
        with pytest.raises(InputError, match=f"address: .*{message}"):
            cluster.check_cluster(address)

    def test_the_reason_of_a_cluster_that_refuses_is_told(self, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = f"127.0.0.1:{server.getsockname()[1]}"
            monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
            refused = subprocess.CompletedProcess([], 1, "", "Traceback\nAuthenticationError: the token is missing")
            monkeypatch.setattr(cluster.subprocess, "run", lambda *given, **options: refused)
            with pytest.raises(
                InputError, match="does not take us: AuthenticationError: the token is missing; set RAY_A"
            ):
                cluster.check_cluster(address)
            monkeypatch.setenv("RAY_AUTH_MODE", "token")
            with pytest.raises(InputError, match="does not take us: AuthenticationError: the token is missing; start"):
                cluster.check_cluster(address)

            def silent(*given, **options):
                raise subprocess.TimeoutExpired("check", 1)

            monkeypatch.setattr(cluster.subprocess, "run", silent)
            with pytest.raises(InputError, match="is no Ray cluster, or is not well"):
                cluster.check_cluster(address)

    def test_a_cluster_that_dies_is_no_fault_of_the_storage(self, tmp_path, monkeypatch):
        tune = pytest.importorskip("ray.tune")
        if find_spec("hyperopt") is None:
            pytest.skip("hyperopt is not installed")

        def lost(*given, **options):
            raise ConnectionError("Failed to connect to GCS.")

        monkeypatch.setattr(search, "ray_at", lambda *given: nullcontext())
        monkeypatch.setattr(tune, "Tuner", lost)
        with pytest.raises(InputError, match="^address: Ray at 10.0.0.1:6379 cannot be used: Failed to connect to GCS"):
            self.tune(address="10.0.0.1:6379", storage=tmp_path / "kept")

    def test_a_full_disk_is_what_the_user_hears_of(self):
        class Failed:
            def __init__(self, error):
                self.error = error

        full = Failed(InputError("fold-1.json: cannot be written: No space left on device"))
        with pytest.raises(InputError, match="No space left"):
            search.refuse_own_errors([Failed(None), full])
        with pytest.raises(FitError, match="none of the 1 came to an end; the first: the worker died"):
            search.refuse_own_errors([Failed(RuntimeError("lost\nthe worker died"))])
        search.refuse_own_errors([Failed(None), Failed(RuntimeError("the worker died"))])


# ---- The command -----------------------------------------------------------------------------------


@pytest.fixture
def drive(tmp_path):
    """A walk around one mast."""
    draw = np.random.default_rng(5)
    lon, lat = draw.uniform((7.400, 51.485), (7.424, 51.498), (300, 2)).T
    away_m = np.hypot((lon - 7.412) * 69_400, (lat - 51.4915) * 111_300)
    rsrp_dbm = -60 - 25 * np.log10(np.maximum(away_m, 10) / 10) + draw.normal(0, 3, 300)
    table = {"lon": lon, "lat": lat, "cell": "c0", "rsrp_dbm": rsrp_dbm, "frequency_mhz": 1800, "clutter": away_m % 7}
    pandas.DataFrame(table).to_csv(tmp_path / "drive.csv", index=False)
    mast = {"id": ["c0"], "lon": 7.412, "lat": 51.4915, "height_m": 25}
    pandas.DataFrame(mast).to_csv(tmp_path / "cells.csv", index=False)
    return tmp_path


def words(folder, *more):
    files = ["--measurements", folder / "drive.csv", "--base-stations", folder / "cells.csv"]
    return [str(word) for word in ("tune", "radio-metrics", *files, "--output", folder / "tuned", *more)]


SQUARES = ("--split", "squares")


def test_the_command_hands_over_folds_of_its_links(drive, monkeypatch, capsys):
    from radiocore.cli import tune as command

    def found(model, inputs, target, folds, **options):
        assert len(inputs) == len(target) == 300 and "beta_dbm" in inputs and "clutter" in model.features
        assert folds.caption == "blocked 100 m, plain: flatters"
        squares = options["blocks"].tolist()
        assert len(set(zip(squares, folds.number.tolist(), strict=True))) == len(set(squares)), "none is parted"
        assert options["trials"] == 7 and options["early_stop"] and options["seed"] == model.seed == 3
        start = SPACE.start(model)
        trials = (Trial(start, 8.0, len(folds), 10), Trial(start | {"rate": 1e-3}, 6.0, len(folds), 10))
        return Tuned(model, SPACE, trials, len(folds), options["engine"], 3)

    monkeypatch.setattr(command, "tune", found)
    more = ("--trials", 7, "--early-stop", *SQUARES, "--feature", "clutter", "--seed", 3)
    assert main(words(drive, *more)) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "8.00 dB" in told and "6.00 dB" in told and "0.001" in told
    assert "5 folds (blocked 100 m, plain: flatters)" in told
    assert tuned_model(drive / "tuned").rate == 1e-3
    assert main(words(drive)) == 2
    assert "--output" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more, message",
    [
        (["--metric", "rsrb"], "--metric: 'rsrb' is not one of rsrp, rsrq, rssi"),
        (["--metric", "rsrq"], "tells rsrq in 0 rows"),
        ([], "--split: no rows can be held out with their cells and towers apart"),
        (["--split", "cells"], "--split: 'cells' is not one of geohash6, tower"),
        ([*SQUARES, "--engine", "ray"], "--engine: 'ray' is not one of"),
        ([*SQUARES, "--at-once", "0"], "--at-once: 0; give a whole number"),
        ([*SQUARES, "--address", "127.0.0.1:1"], "--storage: on a cluster"),
    ],
)
def test_the_command_refuses(drive, capsys, more, message):
    assert main(words(drive, *more)) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and message in lines[0], lines


# ---- On Ray ----------------------------------------------------------------------------------------

SCRIPT = """\
import sys
sys.path.insert(0, {tests!r})
from test_tuning import *
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    inputs, target = links()
    model = CorrectionNetwork(**SHORT | {{"rate": 1e-5}})
    options = dict(space=SPACE, blocks=blocks_of(inputs), trials={trials}, engine={engine!r}, storage=folder / "kept")
    options["address"] = {address!r}
    search.tune(model, inputs, target, label_folds(blocks_of(inputs), 2), **options).save(folder / "tuned")
"""


def start_search(folder, trials=4, engine="hyperopt", address=None, **more):
    folder.mkdir(exist_ok=True)
    text = SCRIPT.format(tests=str(ROOT / "tests"), trials=trials, engine=engine, address=address)
    (folder / "search.py").write_text(text)
    return subprocess.Popen([sys.executable, folder / "search.py", folder], **more)


@contextmanager
def a_cluster(environment):
    """Ray on the loopback as a user starts it, two processors, and its address; all of it is gone afterwards."""
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
        port, for_clients = (server.getsockname()[1] for server in servers)
    with tempfile.TemporaryDirectory(prefix="rc-", ignore_cleanup_errors=True) as folder:  # short, for its sockets
        options = f"--port={port} --ray-client-server-port={for_clients} --num-cpus=2 --temp-dir={folder}".split()
        words = "start --head --block --node-ip-address=127.0.0.1 --include-dashboard=false --disable-usage-stats"
        command = [sys.executable, "-m", "ray.scripts.scripts", *words.split(), *options]
        head = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda: is_open(port), head, 60)
            yield f"127.0.0.1:{port}", head
        finally:
            below = descendants(head.pid)
            head.terminate()
            head.wait(60)
            for pid in below:  # those that outlive the head for a while
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def is_open(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def until(condition, process, seconds=300):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert process.poll() is None and time.monotonic() < end, "it ended, or takes too long"
        time.sleep(0.05)
    return found


def checkpoints(folder):
    return [path for path in folder.glob("kept/*/*.safetensors") if "part" not in path.name]


def descendants(parent):
    """Process ids of all below one."""
    table = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in table.splitlines()[1:]]
    found, new = set(), {parent}
    while new:
        found |= new
        new = {pid for pid, above in pairs if above in new} - found
    return found - {parent}


def workers_below(parent):
    """Process ids of those that run trials."""
    below = descendants(parent)
    table = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    workers = [int(line.split()[0]) for line in table.splitlines()[1:] if "ImplicitFunc" in line]
    return [pid for pid in workers if pid in below]


@pytest.mark.slow
class TestOnRay:
    @pytest.fixture(autouse=True)
    def installed(self):
        for name in ("torch", "ray", "hyperopt", "optuna"):
            if find_spec(name) is None:
                pytest.skip(f"{name} is not installed")  # not by importing it: Ray is bound when it is imported

    def test_a_killed_search_goes_on_and_ends_as_one_that_was_not(self, tmp_path):
        assert start_search(tmp_path / "whole").wait(500) == 0
        killed = tmp_path / "killed"
        process = start_search(killed)
        until(lambda: len(list(killed.glob("kept/*/fold-1.json"))) >= 2 and checkpoints(killed), process)
        below = descendants(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = {path: path.stat().st_mtime_ns for path in killed.glob("kept/*/fold-*.json")}
        assert start_search(killed).wait(500) == 0
        for name in ("settings.json", "trials.csv"):
            assert (killed / "tuned" / name).read_bytes() == (tmp_path / "whole" / "tuned" / name).read_bytes()
        assert done.items() <= {path: path.stat().st_mtime_ns for path in killed.glob("kept/*/fold-*.json")}.items()
        rows = list(csv.DictReader((killed / "tuned" / "trials.csv").open()))
        assert len(rows) == 4 and not any(row["ended"] for row in rows)
        best = json.loads((killed / "tuned" / "tuning.json").read_text())["rmse_db"]
        assert best < 0.7 * float(rows[0]["rmse_db"])
        end = time.monotonic() + 120  # two of Ray's own take a minute to see that they are alone
        while left := [pid for pid in below if os.path.exists(f"/proc/{pid}")]:
            assert time.monotonic() < end, left
            time.sleep(1)

    def test_a_killed_worker_is_tried_again_and_nothing_listens_outside(self, tmp_path):
        process = start_search(tmp_path, trials=2, engine="optuna")
        until(lambda: checkpoints(tmp_path), process)
        sockets = listening(descendants(process.pid) | {process.pid})
        os.kill(workers_below(process.pid)[0], signal.SIGKILL)
        assert process.wait(500) == 0
        rows = list(csv.DictReader((tmp_path / "tuned" / "trials.csv").open()))
        assert [row["folds"] for row in rows] == ["2", "2"]
        assert sockets and all(address.startswith("127.") for address in sockets), sockets

    def test_on_a_cluster_a_worker_and_then_the_search_are_killed(self, tmp_path, monkeypatch):
        monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # the user's own token is not ours to show
        monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # else it leaves the loopback
        found = {}
        with a_cluster(os.environ.copy()) as (address, head):
            for name in ("whole", "killed"):
                folder = tmp_path / name
                process = start_search(folder, trials=2, address=address)
                if name == "killed":
                    until(lambda: checkpoints(folder), process)  # noqa: B023
                    os.kill(workers_below(head.pid)[0], signal.SIGKILL)
                    until(lambda: list(folder.glob("kept/*/fold-1.json")), process)  # noqa: B023
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    done = {path: path.stat().st_mtime_ns for path in folder.glob("kept/*/fold-*.json")}
                    process = start_search(folder, trials=2, address=address)
                    assert process.wait(500) == 0
                    assert all(path.stat().st_mtime_ns == time_ns for path, time_ns in done.items())
                assert process.wait(500) == 0
                found[name] = [(folder / "tuned" / file).read_bytes() for file in ("settings.json", "trials.csv")]
            below = descendants(head.pid)
        assert found["whole"] == found["killed"]
        assert not [pid for pid in below if os.path.exists(f"/proc/{pid}")]
        with pytest.raises(InputError, match=f"no Ray cluster answers at {address}"):
            cluster.check_cluster(address)

    def test_a_full_disk_and_the_other_ways_to_search(self, tmp_path):
        inputs, target = links()
        given = (CorrectionNetwork(**SHORT), inputs, target, label_folds(blocks_of(inputs), 2))
        stopped = search.tune(*given, space=SPACE, blocks=blocks_of(inputs), trials=3, early_stop=True, seed=2)
        assert len(stopped.trials) == 3 and {item.ended for item in stopped.trials} <= {"", "stopped early"}
        assert not any(item.ended == "" and item.folds != 2 for item in stopped.trials)
        here = os.getpid()

        def settings_of(point):
            if os.getpid() != here:
                raise InputError("kept/fold-1.json: cannot be written: No space left on device")
            return SPACE.settings_of(point)

        no_room = Space(AXES, settings_of, SPACE.point_of)
        with pytest.raises(InputError, match="No space left on device"):
            search.tune(*given, space=no_room, trials=1, storage=tmp_path / "kept")
        import ray

        assert not ray.is_initialized()


def listening(pids):
    """Addresses on which processes wait for connections, IPv4 ones in IPv6's clothes undressed."""
    inodes = set()
    for pid in pids:
        try:
            inodes |= {os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")}
        except OSError:
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            local, state, inode = (line.split()[column] for column in (1, 3, 9))
            if state == "0A" and f"socket:[{inode}]" in inodes:
                number = bytes.fromhex(local.split(":")[0][-8:])[::-1]
                mapped = table == "tcp" or local[:24] == "0000000000000000FFFF0000"
                found.add(".".join(map(str, number)) if mapped else local)
    return found
