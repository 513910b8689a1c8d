"""Coverage of a grid in one pass: many digits, the chain of single steps, and the bound of single precision."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from radiocore import InputError, _core
from reference import coverage as reference

NOISE_MW = 10**-10.4
THRESHOLD = 10.0 ** (np.array([-60.0, -10, 0, 3, 10, 30, 60]) / 10)
INSTRUCTIONS = ("baseline", "avx2", "avx512")


def isotropic(stations: int) -> np.ndarray:
    """(S, 4) boresights of antennas that have none."""
    return np.tile([0.0, 0.0, 1.0, 0.0], (stations, 1))


@dataclass(frozen=True)
class Case:
    """A grid, its stations and a channel; Table III unless told."""

    grid: tuple[int, ...]  # x0, y0, z, step_x, step_y, nx, ny; mm
    stations_mm: np.ndarray
    power_mw: np.ndarray
    los: np.ndarray  # (S, R) bool
    boresight: np.ndarray = None
    load: np.ndarray = None
    gain_at_1m: tuple = (10**-5.95, 10**-3.86)
    exponent: tuple = (3.0, 2.0)
    shape: tuple = (1.0, 2.0)
    reach_mm: int = -1
    noise_mw: float = NOISE_MW
    threshold: np.ndarray = field(default_factory=lambda: THRESHOLD)

    def __post_init__(self):
        stations = len(self.stations_mm)
        if self.boresight is None:
            object.__setattr__(self, "boresight", isotropic(stations))
        if self.load is None:
            object.__setattr__(self, "load", np.ones(stations))

    @property
    def receivers_mm(self) -> np.ndarray:
        x0, y0, z, step_x, step_y, nx, ny = self.grid
        row, column = np.divmod(np.arange(nx * ny), nx)
        return np.stack([x0 + column * step_x, y0 + row * step_y, np.full(nx * ny, z)], axis=1)

    def fused(self, first=0, count=None, *, double=False, threads=1, instructions="automatic"):
        count = self.los.shape[1] - first if count is None else count
        bits = np.packbits(self.los[:, first : first + count], axis=1, bitorder="little")
        return _core.coverage_on_grid(
            _core.ReceiverGrid(*self.grid),
            first,
            count,
            self.stations_mm,
            self.power_mw,
            self.boresight,
            self.load,
            bits,
            self.gain_at_1m,
            self.exponent,
            self.shape,
            self.reach_mm,
            self.noise_mw,
            self.threshold,
            double,
            threads,
            instructions,
        )

    def mean_mw(self) -> np.ndarray:
        los = self.los.astype(np.uint8)
        return _core.mean_power_mw(
            self.receivers_mm, self.stations_mm, self.power_mw, self.boresight, los, self.gain_at_1m, self.exponent, 1
        )

    def interference_mw(self, mean, server) -> np.ndarray:
        if self.reach_mm < 0:
            return mean
        offset = self.stations_mm[:, None, :2] - self.receivers_mm[None, :, :2]
        near = (offset**2).sum(axis=2) <= self.reach_mm**2
        return np.where(near | (np.arange(len(mean))[:, None] == server), mean, 0.0)

    def step_by_step(self):
        """Powers, association and closed form one after the other, in double, over (S, R) arrays."""
        los, mean = self.los.astype(np.uint8), self.mean_mw()
        server = _core.associate(mean, 1)
        interference = self.interference_mw(mean, server)
        coverage = _core.closed_form(
            interference, None, los, self.shape, self.load, server, self.noise_mw, self.threshold, 1
        )
        at = np.maximum(server, 0), np.arange(len(server))
        served = server >= 0
        return coverage, server, np.where(served, mean[at], 0.0), self.los[at] & served


def random_case(stations, *, seed=1, nx=67, ny=9, step_mm=5000, los_share=0.03, **channel) -> Case:
    """Stations of very different power over a grid whose rows fill no whole number of tiles."""
    rng = np.random.default_rng(seed)
    width_mm, height_mm = nx * step_mm, ny * step_mm
    position = [rng.integers(0, size, stations) for size in (width_mm, height_mm)]
    stations_mm = np.stack([*position, rng.integers(20_000, 40_000, stations)], axis=1)
    los = rng.random((stations, nx * ny)) < los_share
    grid = (137, 211, 1500, step_mm, step_mm + 3, nx, ny)
    return Case(grid, stations_mm, 10 ** rng.uniform(3, 4.6, stations), los, **channel)


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def assert_close(case, *, atol=None):
    """Double within 1e-12 of the single steps, single precision within its bound; the server exactly."""
    coverage, *rest = case.step_by_step()
    bound = _core.single_precision_bound(len(case.power_mw), int(max(case.shape))) if atol is None else atol
    for double, tolerance in ((True, 1e-12), (False, bound)):
        found, *found_rest = case.fused(double=double)
        assert_same(found_rest, rest)
        assert found.dtype == np.float64
        assert ((found >= 0) & (found <= 1)).all()
        np.testing.assert_allclose(found, coverage, rtol=0, atol=tolerance)


def test_exponential_in_single_precision():
    x = np.concatenate([[0.0, 1e-30, 86.9999], np.random.default_rng(3).uniform(0, 87, 5000)]).astype(np.float32)
    found, expected = _core.exp_of_minus_float(x), np.exp(-x.astype(float))
    assert found.dtype == np.float32
    assert (np.abs(found - expected) <= (2e-7 + 6e-8 * x) * expected).all()
    assert _core.exp_of_minus_float(np.float32([87.0, 1e6, np.inf])).tolist() == [0, 0, 0]


def test_equals_many_digits():
    case = random_case(6, nx=11, ny=3, los_share=0.4)
    mean, server = case.mean_mw(), case.fused()[1]
    shape = np.where(case.los, 2, 1)
    bound = _core.single_precision_bound(6, 2)
    double, single = case.fused(double=True)[0], case.fused()[0]
    for r in range(0, 33, 4):
        assert server[r] == np.argmax(mean[:, r])
        for t in (1, 2, 4):
            expected = reference.coverage(mean[:, r], shape[:, r], NOISE_MW, 10 * np.log10(THRESHOLD[t]))
            assert double[t, r] == pytest.approx(expected, abs=1e-12)
            assert single[t, r] == pytest.approx(expected, abs=bound)


@pytest.mark.parametrize("stations", [1, 2, 3, 4, 5, 8, 9, 20, 80, 500])
def test_single_precision_keeps_its_bound(stations):
    assert_close(random_case(stations, seed=stations))
    assert_close(random_case(stations, seed=stations, los_share=0.5, noise_mw=0.0))


def test_the_bound():
    assert _core.single_precision_bound(80, 1) < 3.4e-6
    bounds = [_core.single_precision_bound(s, 2) for s in (1, 8, 80, 500)]
    assert sorted(bounds) == bounds
    assert bounds[0] < 2.5e-6


@pytest.mark.parametrize("shape", [(1.0, 1.0), (1.0, 3.0), (2.0, 1.0), (2.0, 2.0), (2.0, 4.0), (3.0, 2.0), (4.0, 1.0)])
def test_shapes_of_the_fast_path(shape):
    assert_close(random_case(13, los_share=0.3, shape=shape))


@pytest.mark.parametrize("shape", [(3.0, 4.0), (1.0, 5.0), (7.0, 2.0), (64.0, 1.0)])
def test_other_shapes_are_computed_in_double(shape):
    case = random_case(7, nx=31, ny=3, los_share=0.3, shape=shape)
    assert_close(case)


@pytest.mark.parametrize(
    "exponent", [(2.0, 2.0), (4.0, 3.0), (3.67, 2.2), (2.1, 4.0), (6.9, 1.5), (0.4, 0.2), (9.0, 2.0)]
)
def test_exponents(exponent):
    assert_close(random_case(20, los_share=0.2, exponent=exponent))


def test_loads():
    case = random_case(9, los_share=0.2, load=np.array([1, 0.5, 0, 1, 0.01, 1, 1, 0.99, 0]))
    assert_same(case.fused(), case.fused(double=True))
    assert_close(case)


def test_sectors():
    azimuth = np.random.default_rng(2).uniform(0, 2 * np.pi, 12)
    tilt = np.deg2rad([0.0, 6.0, -3.0] * 4)
    boresight = np.stack([np.sin(azimuth), np.cos(azimuth), np.cos(tilt), np.sin(tilt)], axis=1)
    boresight[::4] = isotropic(3)
    assert_close(random_case(12, los_share=0.2, boresight=boresight))


def test_reach_is_exact():
    """A reach that some interferers stand at exactly, in plan, and one a millimetre shorter."""
    case = replace(random_case(4, nx=40, ny=5), grid=(0, 0, 1500, 1000, 1000, 40, 5))
    stations_mm = np.array([[-3000, 4000, 30_000], [43_000, 0, 30_000], [5000, -12_000, 30_000], [0, 0, 25_000]])
    case = replace(case, stations_mm=stations_mm, power_mw=np.full(4, 1e4), los=np.zeros((4, 200), bool), noise_mw=0.0)
    answers = []
    for reach_mm in (0, 5000, 4999, 13_000, 12_999, 100_000, -1):
        case = replace(case, reach_mm=reach_mm)
        assert_close(case)
        answers.append(case.fused()[0].tobytes())
    assert len(set(answers[:-1])) == 6
    assert answers[-1] == answers[-2]
    at_origin = [replace(case, reach_mm=reach_mm).fused(0, 1)[0][2, 0] for reach_mm in (5000, 4999)]
    assert at_origin[0] < at_origin[1]


def test_a_tie_goes_to_the_lower_row():
    """Mirrored stations: the middle column is as far from both, and so is every receiver from co-sited ones."""
    mirrored = np.array([[0, 0, 30_000], [80_000, 0, 30_000], [0, 0, 30_000]])
    los = np.zeros((3, 81 * 2), dtype=bool)
    case = Case((0, 5000, 1500, 1000, 1000, 81, 2), mirrored, np.full(3, 1e4), los)
    assert_close(case)
    server = case.fused()[1].reshape(2, 81)
    assert (server[:, :41] == 0).all()
    assert (server[:, 41:] == 1).all()


@pytest.mark.parametrize("excess", [1e-7, 1e-12, -1e-12, -1e-7, 3e-16])
def test_near_ties_are_decided_in_double(excess):
    """A second station at the same place whose power differs by less than a float can tell."""
    case = random_case(6, nx=40, ny=4)
    case = replace(
        case,
        stations_mm=np.concatenate([case.stations_mm, case.stations_mm]),
        power_mw=np.concatenate([case.power_mw, case.power_mw * (1 + excess)]),
        los=np.concatenate([case.los, case.los]),
        boresight=None,
        load=None,
    )
    assert_close(case)
    if abs(excess) > 1e-15:
        assert ((case.fused()[1] >= 6) == (excess > 0)).all()


def test_powers_out_of_all_range():
    case = random_case(6, nx=33, ny=2)
    for power_mw in (
        [1e4, 1e-300, 1e-250, 0, 1e-40, 1e-10],
        [1e-255, 1e-246, 1e-244, 0, 1e-249, 1e-250],
        [1e200, 1e4, 1e-200, 1.0, 1e30, 1e15],
        [0, 0, 0, 0, 0, 0],
        [1e-60, 1e-60, 1e-59, 0, 1e-61, 1e-58],
    ):
        assert_close(replace(case, power_mw=np.array(power_mw, dtype=float)))
        assert_close(replace(case, power_mw=np.array(power_mw, dtype=float), noise_mw=0.0))
    off = replace(case, power_mw=np.zeros(6)).fused()
    assert (off[1] == -1).all()
    assert not off[0].any() and not off[2].any() and not off[3].any()


def test_few_strong_stations_over_far_weak_ones():
    """A server whose power a float could not hold beside the strongest station's is left to double."""
    case = random_case(5, nx=40, ny=3)
    stations_mm = case.stations_mm.copy()
    stations_mm[0, :2] = 900_000_000
    assert_close(replace(case, stations_mm=stations_mm, power_mw=np.array([1e90, 1, 2, 3, 4.0]), exponent=(6.0, 2.0)))


def test_noise_beyond_all_measure():
    case = random_case(5)
    for noise_mw in (1e-3, 1.0, 1e30, 1e200):
        assert_close(replace(case, noise_mw=noise_mw))


def test_thresholds_beyond_what_single_precision_takes():
    """There the product of noise and threshold would leave the range of floats."""
    case = random_case(3, los_share=0.5, exponent=(7.0, 2.0), threshold=np.array([1e8, 1e9, 1e12]))
    for noise_mw in (NOISE_MW, 1e9):
        assert_close(replace(case, noise_mw=noise_mw))


def test_far_away_and_wide_grids():
    """Distances beyond 2^24 mm, where not even the offsets are floats."""
    case = random_case(20, nx=70, ny=4, step_mm=400_000)
    assert_close(case)
    stations_mm = case.stations_mm + np.array([500_000_000, -300_000_000, 0])
    assert_close(replace(case, stations_mm=stations_mm))


def test_no_stations_no_receivers_no_thresholds():
    none = random_case(0, nx=5, ny=2)
    coverage, server, power_mw, los = none.fused()
    assert coverage.shape == (7, 10) and not coverage.any()
    assert (server == -1).all() and not power_mw.any() and not los.any()
    assert random_case(3).fused(5, 0)[0].shape == (7, 0)
    assert replace(random_case(3), threshold=np.zeros(0)).fused()[0].shape == (0, 67 * 9)


STRETCHES = [(0, 1), (1, 7), (3, 31), (66, 3), (8, 64), (13, 450), (600, 3), (335, 268)]


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("shape", [(1.0, 2.0), (2.0, 3.0)])
def test_a_receiver_is_answered_alone(double, shape):
    """The bytes of a stretch are those of the whole, wherever it starts; neighbours change nothing."""
    case = random_case(21, los_share=0.1, shape=shape, exponent=(3.0, 2.3))
    whole = case.fused(double=double)
    for first, count in STRETCHES:
        part = case.fused(first, count, double=double)
        assert_same(part, [values[..., first : first + count] for values in whole])


def test_threads_change_no_bit():
    case = random_case(7, nx=501, ny=40, los_share=0.02)
    one = case.fused()
    for threads in (2, 4):
        assert_same(case.fused(threads=threads), one)
        assert_same(case.fused(double=True, threads=threads), case.fused(double=True))


def test_each_threshold_alone():
    case = random_case(19, los_share=0.1)
    together = case.fused()[0]
    for t in range(len(THRESHOLD)):
        np.testing.assert_array_equal(replace(case, threshold=THRESHOLD[t : t + 1]).fused()[0][0], together[t])


@pytest.mark.parametrize("exponent", [(3.0, 2.0), (2.0, 4.0), (3.67, 2.2)])
@pytest.mark.parametrize("stations", [3, 29])
def test_every_instruction_set_gives_the_same(stations, exponent):
    """An instruction set that this machine lacks falls back to the baseline, and then shows nothing."""
    boresight = isotropic(stations)
    boresight[1] = 0.6, 0.8, 1.0, 0.0
    boresight[2] = -0.8, 0.6, 0.96, 0.28
    case = random_case(
        stations, los_share=0.1, shape=(2.0, 3.0), exponent=exponent, reach_mm=100_000, boresight=boresight
    )
    plain = case.fused(instructions="baseline")
    for instructions in (*INSTRUCTIONS[1:], "automatic"):
        assert_same(case.fused(instructions=instructions), plain)
    rayleigh = replace(case, shape=(1.0, 2.0), reach_mm=-1)
    assert_same(rayleigh.fused(instructions="avx512"), rayleigh.fused(instructions="baseline"))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("shape", {"shape": (1.5, 2.0)}),
        ("shape", {"shape": (1.0, 65.0)}),
        ("load", {"load": np.ones(3)}),
        ("power_mw", {"power_mw": np.ones(3)}),
        ("boresight", {"boresight": np.ones((4, 3))}),
        ("los_bits", {"los": np.ones((4, 5), dtype=bool)}),
        ("stations_mm", {"stations_mm": np.full((4, 3), 2**31)}),
        ("interferer_reach_mm", {"reach_mm": 2**31}),
        ("instructions", {"instructions": "sse9"}),
    ],
)
def test_what_is_refused(name, change):
    instructions = change.pop("instructions", "automatic")
    with pytest.raises(InputError, match=name):
        replace(random_case(4), **change).fused(0, 67 * 9, instructions=instructions)


def test_a_stretch_beyond_the_grid_is_refused():
    case = random_case(4)
    for first, count in ((-1, 5), (600, 4), (0, 604), (2**62, 2**62)):
        with pytest.raises(InputError, match="first, count"):
            bits = np.zeros((4, 1), dtype=np.uint8)
            _core.coverage_on_grid(
                _core.ReceiverGrid(*case.grid), first, count, case.stations_mm, case.power_mw, case.boresight,
                case.load, bits, case.gain_at_1m, case.exponent, case.shape, -1, 0.0, THRESHOLD, False, 1,
            )  # fmt: skip
