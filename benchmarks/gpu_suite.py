"""Everything that needs a GPU, in one command: build, tests, equality with the CPU, and timings.

    python benchmarks/gpu_suite.py

Needs Python with NumPy, pytest, hypothesis, scikit-build-core, pybind11, CMake and nvcc, and takes
CuPy and torch as rivals where they are installed; no package is fetched. The table is printed and kept in
benchmarks/results/gpu_suite.txt. Leaves with 1 where there is no GPU, a test fails, or an answer differs.
"""

from __future__ import annotations

import datetime
import importlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "build" / "gpu_suite"
RESULTS = ROOT / "benchmarks" / "results" / "gpu_suite.txt"
ROUNDS = 5
GPU_TESTS = ("test_cuda.py", "test_cuda_given_links.py", "test_device_array.py", "test_maps_on_device.py")

LANES_A_PROCESSOR = 128
"""Instructions of one lane that a multiprocessor starts in a clock: 4 schedulers of 32 lanes."""
SLOTS_A_LINK_DRAW = 52
"""Of a draw of shape 1, counted in the compiler's PTX: a quarter of a Philox call (10), the uniform (4), its
logarithm with one quotient (33), weight, sum and loop (5)."""
BYTES_A_MAP_LINK = 3 / 8
"""A bit a link is written open, read and closed by shadows, and read by the closed form."""


def main() -> int:
    gpu = found_gpu()
    if gpu is None:
        print("gpu_suite: no GPU was found (nvidia-smi lists none), so nothing was built, tested or measured.")
        return 1
    if not (built() and tested()):
        return 1
    sys.path[:0] = [str(SITE), str(ROOT / "tests"), str(ROOT / "benchmarks")]
    import radiocore as rc

    if not rc.cuda_available():
        print(f"gpu_suite: radiocore cannot use the GPU: {rc._core.device_report()['reason']}")
        return 1
    limits = Limits(gpu)
    suite = Suite(limits)
    suite.monte_carlo()
    suite.exact_map()
    suite.scattered()
    report = suite.report()
    print(report)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(report, encoding="utf-8")
    return 0 if suite.all_equal else 1


# ---- preparation ---------------------------------------------------------------------------------


def found_gpu() -> list[str] | None:
    """(name, highest clock MHz) of the first GPU."""
    if shutil.which("nvidia-smi") is None:
        return None
    query = ["nvidia-smi", "--query-gpu=name,clocks.max.sm", "--format=csv,noheader,nounits"]
    asked = subprocess.run(query, capture_output=True, text=True)
    lines = asked.stdout.strip().splitlines()
    return [field.strip() for field in lines[0].split(",")] if asked.returncode == 0 and lines else None


def built() -> bool:
    print(f"gpu_suite: building into {SITE.relative_to(ROOT)}", flush=True)
    shutil.rmtree(SITE, ignore_errors=True)
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "--no-index"]
    options = [
        "-Ccmake.define.RADIOCORE_CUDA=ON",
        "-Ccmake.define.CMAKE_CUDA_ARCHITECTURES=native",
        "--target",
        str(SITE),
    ]
    environment = dict(os.environ)
    usual = Path("/usr/local/cuda/bin/nvcc")
    if shutil.which("nvcc") is None and usual.exists():
        environment.setdefault("CUDACXX", str(usual))
    return subprocess.run([*install, *options, str(ROOT)], env=environment).returncode == 0


def tested() -> bool:
    environment = os.environ | {"PYTHONPATH": f"{SITE}{os.pathsep}{ROOT / 'tests'}"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [str(ROOT / "tests" / name) for name in GPU_TESTS]
    return subprocess.run(command, env=environment, cwd=ROOT).returncode == 0


def commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True)
    if asked.returncode != 0:
        return "unknown"
    return asked.stdout.strip() + (" and uncommitted changes" if changed.stdout.strip() else "")


def seconds(work, rounds: int = ROUNDS) -> float:
    """Median of some rounds after a first one that warms up; work returns when the device is done."""
    work()
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return median(took)


class Limits:
    """What the device could do: instruction slots a second, and bytes a second of a copy timed here."""

    def __init__(self, gpu: list[str]):
        self.name = gpu[0]
        torch = installed("torch")
        self.bytes_a_second = None
        self.slots_a_second = None
        if torch is None:
            return
        processors = torch.cuda.get_device_properties(0).multi_processor_count
        self.slots_a_second = processors * LANES_A_PROCESSOR * float(gpu[1]) * 1e6
        source = torch.empty(2**30, dtype=torch.uint8, device="cuda")
        target = torch.empty_like(source)

        def copy():
            target.copy_(source)
            torch.cuda.synchronize()

        self.bytes_a_second = 2 * source.numel() / seconds(copy)

    def of_slots(self, slots: float, took_s: float) -> str:
        return share(slots / took_s, self.slots_a_second)

    def of_bytes(self, size: float, took_s: float) -> str:
        return share(size / took_s, self.bytes_a_second)


def share(rate: float, limit: float | None) -> str:
    return "unknown (no torch)" if limit is None else f"{rate / limit:.0%}"


def installed(module: str):
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


# ---- scenes --------------------------------------------------------------------------------------


def made_up_scene(side_m: int, stations: int):
    """500 rotated blocks a square kilometre, Rayleigh heights of scale 15 m, antennas 10 m above their roofs."""
    import radiocore as rc

    rng = np.random.default_rng(1)
    a_side = round(side_m * np.sqrt(500e-6))
    pitch_mm = side_m * 1000 / a_side
    place = np.stack(np.meshgrid(*[(np.arange(a_side) + 0.5) * pitch_mm] * 2), axis=-1).reshape(-1, 2)
    half = rng.uniform(0.2, 0.35, place.shape) * pitch_mm
    turn = rng.uniform(0, np.pi / 2, len(place))
    corner = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) * half[:, None, :]
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    turned = np.stack([corner[..., 0] * cos - corner[..., 1] * sin, corner[..., 0] * sin + corner[..., 1] * cos], -1)
    number = len(place)
    roof_mm = np.maximum(rng.rayleigh(15_000, number), 3000).astype(np.int64)
    buildings = rc.Buildings(
        vertices_mm=np.rint(place[:, None, :] + turned).astype(np.int64).reshape(-1, 2),
        ring_start=np.arange(number + 1, dtype=np.int64) * 4,
        prism_ring_start=np.arange(number + 1, dtype=np.int64),
        base_mm=np.zeros(number, dtype=np.int64),
        roof_mm=roof_mm,
        prism_building=np.arange(number, dtype=np.int32),
        ids=np.array([str(row) for row in range(number)], dtype=str),
        height_source=np.full(number, "made up"),
    )
    under = rng.choice(number, stations, replace=False)
    x_m, y_m = place[under].T / 1000
    antennas = rc.BaseStations(x_m=x_m, y_m=y_m, height_m=roof_mm[under] / 1000 + 10)
    return rc.Scene(buildings, antennas)


def given_links(receivers: int, stations: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return 10 ** rng.normal(-9.0, 1.0, (receivers, stations)), np.ones((receivers, stations))


# ---- the suite -----------------------------------------------------------------------------------


class Suite:
    """Each part holds the GPU's answer to the CPU's, then times both and the rivals."""

    def __init__(self, limits: Limits):
        self.limits = limits
        self.lines: list[str] = []
        self.all_equal = True

    def monte_carlo(self, receivers: int = 20_000, stations: int = 80, draws: int = 20_000) -> None:
        from radiocore.coverage import simulated_coverage_probability
        from radiocore.cuda import open_kernels
        from radiocore.device_array import DeviceArray

        noise_mw, some = 1e-9, 64
        links = given_links(receivers, stations)
        settings = {"noise_mw": noise_mw, "threshold_db": 0.0}

        def on_cpu():
            return simulated_coverage_probability(*(part[:some] for part in links), **settings, draws=draws)

        expected, _ = on_cpu()
        self.title(f"Monte Carlo, m = 1: {receivers} x {stations} links, {draws} draws")
        self.rate("CPU, all processors", "link draws", seconds(on_cpu, 3), some * stations * draws)
        kernels = open_kernels()
        lent = [DeviceArray(kernels.upload(values), np.float64, values.shape) for values in links]

        def on_gpu():
            return simulated_coverage_probability(*lent, **settings, draws=draws)

        found = on_gpu()[0].numpy()
        self.equal("shares of hits, GPU and CPU", found[:some], expected)
        took_s, work = seconds(on_gpu), receivers * stations * draws
        own = self.rate("GPU", "link draws", took_s, work)
        self.note(f"{self.limits.of_slots(work * SLOTS_A_LINK_DRAW, took_s)} of the instruction limit")
        for name in ("cupy", "torch"):
            self.rival(name, links, noise_mw, draws, found, own)

    def rival(self, name: str, links, noise_mw: float, draws: int, expected: np.ndarray, own: float) -> None:
        """A rival gets some of the receivers; its shares must be those of another generator's draws."""
        module = installed(name)
        if module is None:
            self.note(f"{name} is not installed")
            return
        rival = importlib.import_module(f"rivals.{name}_monte_carlo")
        some = 1000
        if name == "cupy":
            lent = [module.asarray(part[:some]) for part in links]
            wait, taken = module.cuda.Device().synchronize, module.asnumpy
        else:
            lent = [module.from_numpy(part[:some]).cuda() for part in links]
            wait, taken = module.cuda.synchronize, lambda values: values.cpu().numpy()

        def work():
            answer = rival.coverage(*lent, noise_mw, 1.0, draws)
            wait()
            return answer

        found = taken(work())
        spread = np.sqrt((expected[:some] * (1 - expected[:some]) + 1 / draws) * 2 / draws)
        self.holds(
            f"{name} agrees within 6 standard errors", bool((np.abs(found - expected[:some]) < 6 * spread).all())
        )
        rate = self.rate(f"plain {name}", "link draws", seconds(work, 3), some * links[0].shape[1] * draws)
        self.note(f"radiocore is {own / rate:.1f} times as fast")

    def exact_map(self, side_m: int = 2000, stations: int = 80) -> None:
        import radiocore as rc
        from radiocore.blockage import hosts_of, outdoors_on, trace_grid
        from radiocore.cuda import DeviceScene
        from radiocore.links import CarrierStations, Receivers

        scene, channel, threshold = made_up_scene(side_m, stations), rc.Channel(), np.ones(1)
        grid = rc.ReceiverGrid.covering((0, 0, side_m, side_m), 1.0)
        columns = CarrierStations.of(scene.base_stations, hosts_of(scene), np.arange(stations))
        on_device = DeviceScene.of(scene.city)
        outdoors = outdoors_on(scene.city, grid)
        cells = Receivers(grid, 0, grid.size, outdoors)
        hosts = (columns.host_start, columns.host_list)

        def trace():
            return on_device.trace(cells, columns)

        def whole():
            return trace().coverage(channel, threshold)

        self.title(f"Exact map, {side_m / 1000:g} km square at 1 m: {grid.size} x {stations} links")
        traced = trace()
        start = time.perf_counter()
        bits = trace_grid(scene.city, grid, columns.position_mm, hosts, outdoors_on(scene.city, grid))
        cpu_s = time.perf_counter() - start
        work = grid.size * stations
        self.equal("line of sight, GPU and CPU", traced.line_of_sight.numpy(), bits)
        start = time.perf_counter()
        expected, server = cpu_coverage(cells, columns, bits, channel, threshold)
        cpu_s += time.perf_counter() - start
        answer = whole()
        self.equal("servers, GPU and CPU", answer.server.numpy(), server)
        self.equal("coverage, GPU and CPU", answer.value.numpy(), expected)
        self.rate("CPU, all processors", "links", cpu_s, work)
        took_s = seconds(whole)
        self.rate("GPU, scene to coverage on the device", "links", took_s, work)
        self.note(f"{took_s * 1e3:.2f} ms (goal: 20), of which line of sight {seconds(trace) * 1e3:.2f} ms")
        self.note(f"{self.limits.of_bytes(work * BYTES_A_MAP_LINK, took_s)} of the memory limit")

    def scattered(self, receivers: int = 200_000, stations: int = 80) -> None:
        from radiocore.blockage import hosts_of, trace
        from radiocore.cuda import DeviceScene
        from radiocore.links import CarrierStations

        scene = made_up_scene(1000, stations)
        rng = np.random.default_rng(7)
        receivers_mm = np.rint(rng.uniform((0, 0, 0), (1e6, 1e6, 4e4), (receivers, 3))).astype(np.int64)
        columns = CarrierStations.of(scene.base_stations, hosts_of(scene), np.arange(stations))
        on_device = DeviceScene.of(scene.city)
        hosts = (columns.host_start, columns.host_list)

        def on_cpu():
            building = scene.city.buildings_at(receivers_mm, True, 0)
            return trace(scene.city, receivers_mm, columns.position_mm, hosts, building)

        self.title(f"Line of sight of scattered receivers: {receivers} x {stations} links")
        expected = on_cpu()
        self.equal("line of sight, GPU and CPU", on_device.trace(receivers_mm, columns).line_of_sight.numpy(), expected)
        self.rate("CPU, all processors", "links", seconds(on_cpu, 3), receivers * stations)
        took_s = seconds(lambda: on_device.trace(receivers_mm, columns))
        self.rate("GPU, receivers copied there", "links", took_s, receivers * stations)

    # ---- the table ---------------------------------------------------------------------------

    def title(self, text: str) -> None:
        self.lines += ["", text]

    def rate(self, name: str, unit: str, took_s: float, work: float) -> float:
        rate = work / took_s
        self.lines.append(f"  {name:38}{rate:14.3e} {unit}/s{took_s * 1e3:14.2f} ms")
        return rate

    def note(self, text: str) -> None:
        self.lines.append(f"  {'':38}{text}")

    def equal(self, what: str, found: np.ndarray, expected: np.ndarray) -> None:
        wrong = int(np.count_nonzero(found != expected))
        self.holds(f"{what}: {wrong} of {expected.size} differ", wrong == 0)

    def holds(self, what: str, does: bool) -> None:
        self.all_equal &= does
        self.lines.append(f"  {'ok   ' if does else 'WRONG'} {what}")

    def report(self) -> str:
        when = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
        return "\n".join([f"{self.limits.name}, {when}, commit {commit()}", *self.lines, ""])


def cpu_coverage(cells, columns, bits, channel, threshold) -> tuple[np.ndarray, np.ndarray]:
    """(coverage, server) by the CPU's fused pass."""
    from radiocore.estimators import estimator_named
    from radiocore.links import Block

    estimate = estimator_named("exact").estimate(
        Block(cells, bits, None), columns, channel, threshold, seed=0, threads=0
    )
    return estimate.coverage, estimate.server


if __name__ == "__main__":
    sys.exit(main())
