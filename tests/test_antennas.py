"""Patterns of antennas, down-tilt, pattern files, and what they do to links and maps."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from radiocore import (
    BaseStations,
    Channel,
    FileFormatError,
    InputError,
    ReceiverGrid,
    Scene,
    antennas,
    run,
    simulate_manifold,
)
from radiocore.antennas import antenna_named
from radiocore.antennas.element import SectorElement
from radiocore.config import RunConfig
from radiocore.estimators import AcceleratedSimulation, ExactCoverage, TraditionalSimulation
from radiocore.propagation.antenna_gain import antenna_attenuation_db
from radiocore.propagation.free_space import FreeSpace
from radiocore.simulate import received_power_dbm
from towns import as_buildings, same_bytes

DEGREES = np.arange(360.0)


def element_db(angle_deg):
    """A cut of the element, written anew."""
    off = (angle_deg + 180) % 360 - 180
    return np.minimum(12 * (off / 65) ** 2, 30)


def write_msi(path, horizontal_db, vertical_db, *, head="NAME made up\nMAKE nobody\nGAIN 15.5 dBd\n"):
    cuts = (("HORIZONTAL", horizontal_db), ("VERTICAL", vertical_db))
    tables = ["\n".join([f"{key} {len(cut)}", *(f"{i}\t{db:.17g}" for i, db in enumerate(cut))]) for key, cut in cuts]
    path.write_text(head + "COMMENT 3 words here\n\n" + "\n".join(tables) + "\n")
    return str(path)


@pytest.fixture
def element_file(tmp_path):
    """The element's cuts as a file; between whole degrees and beyond 30 dB the file is not the element."""
    return write_msi(tmp_path / "element.msi", element_db(DEGREES), element_db(DEGREES))


def in_the_open(**columns):
    """A station at the origin; no buildings."""
    return Scene(as_buildings([]), BaseStations([0.0], [0.0], **columns))


# ---- The element -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("azimuth_deg", "elevation_deg", "gain_dbi"),
    [
        (0, 0, 8),
        (32.5, 0, 5),
        (-32.5, 0, 5),
        (0, 32.5, 5),
        (0, -32.5, 5),
        (65, 0, -4),
        (65, 32.5, -7),
        (180, 0, -22),
        (0, 90, 8 - 12 * (90 / 65) ** 2),
        (120, 90, -22),  # the two cuts together are held at 30 dB
        (360 - 32.5, 0, 5),
    ],
)
def test_element_of_tr38901(azimuth_deg, elevation_deg, gain_dbi):
    """Table 7.3-1 of TR 38.901: 8 dBi, 65 degrees, front to back and side lobes 30 dB."""
    assert SectorElement().gain_at_dbi(azimuth_deg, elevation_deg) == pytest.approx(gain_dbi, abs=1e-12)


def turned(offset, azimuth_deg, tilt_deg):
    """TR 38.901, clause 7.1: angles of an offset in axes that are turned and tilted, by matrices."""
    a, b = math.radians(azimuth_deg), math.radians(tilt_deg)
    level = np.array([math.sin(a), math.cos(a), 0.0])
    ahead = math.cos(b) * level + math.sin(b) * np.array([0.0, 0.0, -1.0])
    up = math.sin(b) * level + math.cos(b) * np.array([0.0, 0.0, 1.0])
    x, y, z = offset @ ahead, offset @ np.cross(ahead, up), offset @ up
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(z / np.linalg.norm(offset, axis=-1)))


@pytest.mark.parametrize("tilt_deg", [0.0, 6.0, -4.5, 90.0, np.nan])
def test_the_core_tilts_the_element(tilt_deg):
    receivers = np.random.default_rng(3).uniform((-400, -400, 0), (400, 400, 50), (500, 3)).round(3)
    scene = in_the_open(height_m=30.0, azimuth_deg=77.0, downtilt_deg=tilt_deg)
    found = received_power_dbm(in_the_open(height_m=30.0), receivers) - received_power_dbm(scene, receivers)
    azimuth, elevation = turned(receivers - (0.0, 0.0, 30.0), 77.0, np.nan_to_num(tilt_deg))
    wanted = np.minimum(element_db(azimuth) + element_db(elevation), 30)
    np.testing.assert_allclose(found[:, 0], wanted, atol=1e-9)
    links = antenna_attenuation_db(scene.base_stations, np.zeros(500, dtype=int), receivers)
    np.testing.assert_allclose(links, wanted, atol=1e-9)


def test_unknown_tilt_is_level_and_tilt_is_symmetric():
    receivers = [[100.0, 55.0, 1.5], [100.0, -55.0, 1.5], [-70.0, 0.0, 1.5]]
    powers = [
        received_power_dbm(in_the_open(height_m=25.0, azimuth_deg=90.0, downtilt_deg=tilt), receivers)
        for tilt in (np.nan, 0.0, 8.0)
    ]
    np.testing.assert_array_equal(powers[0], powers[1])
    np.testing.assert_allclose(powers[2][0], powers[2][1], atol=1e-9)
    assert powers[2][0] > powers[1][0] and powers[2][2] < powers[1][2] + 1e-9


@pytest.mark.parametrize("pattern", [kind() for kind in antennas._patterns().values()], ids=lambda one: one.name)
def test_every_pattern_attenuates_from_its_largest_gain(pattern):
    """A new file in antennas/ is judged here the day it lands."""
    azimuth, elevation = np.meshgrid(np.arange(-180.0, 540.0, 7.5), np.arange(-90.0, 90.1, 7.5))
    attenuation_db = pattern.attenuation_db(azimuth, elevation)
    assert attenuation_db.shape == azimuth.shape and np.isfinite(pattern.gain_dbi)
    assert attenuation_db.min() == 0 and np.isfinite(attenuation_db).all()
    np.testing.assert_allclose(pattern.attenuation_db(azimuth + 360.0, elevation), attenuation_db, atol=1e-9)
    assert antenna_named(pattern.name).gain_at_dbi(12.0, -3.0) == pattern.gain_dbi - pattern.attenuation_db(12.0, -3.0)


# ---- Maps --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town():
    scene = Scene.synthetic("urban", side_m=300.0, stations_per_km2=40.0, seed=4)
    return scene.with_sectors(downtilt_deg=7.0, frequency_mhz=2100.0)


@pytest.fixture(scope="module")
def grid(town):
    return ReceiverGrid.over(town, 15.0)


def with_antenna(scene, antenna):
    return replace(scene, base_stations=replace(scene.base_stations, antenna=antenna))


def coverage(town, grid, method="exact", channel=None, **options):
    return simulate_manifold(town, grid, method=method, channel=channel, threshold_db=[0, 5], progress=False, **options)


def test_tilted_sectors_in_single_and_double_precision(town, grid):
    single, double = (coverage(town, grid, ExactCoverage(double_precision=exact)) for exact in (False, True))
    bound = single.provenance["rounding_error_at_most"]
    np.testing.assert_allclose(single.dataset["coverage"], double.dataset["coverage"], atol=bound)
    np.testing.assert_array_equal(single.dataset["server"], double.dataset["server"])
    np.testing.assert_array_equal(single.dataset["server_power_dbm"], double.dataset["server_power_dbm"])
    level = replace(town, base_stations=replace(town.base_stations, downtilt_deg=0.0))
    assert abs(coverage(level, grid).dataset["coverage"] - single.dataset["coverage"]).max() > 0.02


@pytest.mark.parametrize(
    "method",
    [
        ExactCoverage(double_precision=True),
        TraditionalSimulation(draws=30),
        AcceleratedSimulation(draws=30, exact_radius_m=80.0),
        AcceleratedSimulation(far_links="averaged", exact_radius_m=80.0),
    ],
    ids=["exact", "traditional", "drawn", "averaged"],
)
@pytest.mark.parametrize("channel", [Channel(), Channel(path_loss=FreeSpace())], ids=["power law", "path loss"])
def test_a_file_takes_as_much_as_it_says(town, grid, method, channel, tmp_path):
    """3 dB in all directions, beside isotropic antennas of 3 dB less."""
    flat = write_msi(tmp_path / "flat.msi", np.full(360, 3.0), np.zeros(360))
    one = replace(town, base_stations=town.base_stations.select(np.arange(0, len(town.base_stations), 3)))
    weaker = replace(one.base_stations, antenna="isotropic", power_dbm=one.base_stations.power_dbm - 3.0)
    found = coverage(with_antenna(one, flat), grid, method, channel).dataset
    wanted = coverage(replace(one, base_stations=weaker), grid, method, channel).dataset
    np.testing.assert_array_equal(found["server"], wanted["server"])
    np.testing.assert_allclose(found["server_power_dbm"], wanted["server_power_dbm"], atol=1e-9)
    rounding = wanted.attrs.get("rounding_error_at_most", 1e-5)
    np.testing.assert_allclose(found["coverage"], wanted["coverage"], atol=rounding)


def test_a_file_of_the_element_is_the_element(element_file):
    """Where 30 dB do not hold it, up to the straight lines between whole degrees: 3 / 65^2 dB a cut."""
    receivers = np.random.default_rng(8).uniform((-300, -300, 0), (300, 300, 30), (400, 3))
    stations = BaseStations([0.0], [0.0], height_m=30.0, azimuth_deg=200.0, downtilt_deg=5.0)
    by_table, element = (
        received_power_dbm(replace(in_the_open(), base_stations=replace(stations, antenna=antenna)), receivers)
        for antenna in (element_file, "")
    )
    attenuation_db = antenna_attenuation_db(stations, np.zeros(400, dtype=int), receivers)
    below = attenuation_db < 29.9
    assert 100 < below.sum() < 400
    assert abs(by_table - element)[below].max() <= 6 / 65**2


def test_the_element_by_its_name_keeps_the_bytes(town, grid):
    same_bytes(coverage(town, grid), coverage(with_antenna(town, "tr38901"), grid))


def test_an_isotropic_antenna_forgets_its_azimuth(town, grid):
    one = town.base_stations.select([0, 4])
    sectors = replace(town, base_stations=replace(one, downtilt_deg=np.nan, antenna="isotropic"))
    bare = replace(town, base_stations=replace(one, downtilt_deg=np.nan, azimuth_deg=np.nan))
    found, wanted = (coverage(scene, grid).dataset for scene in (sectors, bare))
    np.testing.assert_array_equal(found["coverage"], wanted["coverage"])


def test_same_bytes_for_any_threads_and_blocks(town, grid, element_file):
    scene = with_antenna(town, np.where(np.arange(len(town.base_stations)) % 2 == 0, element_file, ""))
    one, two = (coverage(scene, grid, threads=threads, block_size=size) for threads, size in ((1, None), (2, 64)))
    same_bytes(one, two)
    assert one.provenance["antennas"] == ["made up", "tr38901"]


def test_a_gpu_refuses_pattern_files(town, grid, element_file, monkeypatch):
    monkeypatch.setattr("radiocore.simulate.resolve_device", lambda device: "cuda")
    with pytest.raises(InputError, match='^antenna: a GPU knows isotropic and tr38901 only; choose device="cpu"'):
        coverage(with_antenna(town, element_file), grid)


# ---- Pattern files -----------------------------------------------------------------------------------


def test_a_file_comes_back(tmp_path):
    draw = np.random.default_rng(5)
    horizontal, vertical = draw.uniform(0, 40, (2, 360))
    pattern = antenna_named(write_msi(tmp_path / "a.MSI", horizontal, vertical))
    assert pattern.name == "made up" and pattern.gain_dbi == pytest.approx(17.65)
    np.testing.assert_array_equal(pattern.attenuation_db(DEGREES, 0.0), horizontal + vertical[0])
    down = np.arange(91)
    np.testing.assert_array_equal(pattern.attenuation_db(0.0, -down), horizontal[0] + vertical[down])
    np.testing.assert_array_equal(pattern.attenuation_db(0.0, down[1:]), horizontal[0] + vertical[360 - down[1:]])
    between = (horizontal[359] + horizontal[0]) / 2 + (3 * vertical[10] + vertical[11]) / 4
    assert pattern.attenuation_db(-0.5, -10.25) == pytest.approx(between, abs=1e-12)


def test_a_file_is_turned_and_tilted_with_its_antenna(tmp_path):
    """Cuts that differ on all sides: clockwise and downwards are where they should be."""
    draw = np.random.default_rng(6)
    horizontal, vertical = draw.uniform(0, 40, (2, 360))
    antenna = write_msi(tmp_path / "a.msi", horizontal, vertical)
    columns = {"height_m": 30.0, "azimuth_deg": 250.0, "downtilt_deg": 9.0}
    receivers = draw.uniform((-300, -300, 0), (300, 300, 60), (300, 3)).round(3)
    azimuth, elevation = turned(receivers - (0.0, 0.0, 30.0), 250.0, 9.0)
    cuts = ((horizontal, azimuth), (vertical, -elevation))
    wanted = sum(np.interp(angle % 360, np.arange(361), np.append(cut, cut[0])) for cut, angle in cuts)
    scene = in_the_open(antenna=antenna, **columns)
    links = antenna_attenuation_db(scene.base_stations, np.zeros(300, dtype=int), receivers)
    np.testing.assert_allclose(links, wanted, atol=1e-9)
    lost_db = received_power_dbm(in_the_open(height_m=30.0), receivers) - received_power_dbm(scene, receivers)
    np.testing.assert_allclose(lost_db[:, 0], wanted, atol=1e-9)


def test_gain_units_and_name(tmp_path):
    flat = np.zeros(360)
    heads = {"GAIN 15.5\n": 17.65, "gain 15.5 dBi\n": 15.5, "GAIN 15.5 DBD\n": 17.65}
    for head, gain_dbi in heads.items():
        pattern = antenna_named(write_msi(tmp_path / "nameless.pln", flat, flat, head=head))
        assert pattern.gain_dbi == pytest.approx(gain_dbi) and pattern.name == "nameless"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("GAIN 15.5 dBd\n", ""), r"a\.msi: there is no GAIN"),
        (lambda text: text.replace("15.5 dBd", "15.5 dB"), r"line 3: GAIN is '15.5 dB'; .*dBd .*or dBi"),
        (lambda text: text.replace("15.5 dBd", "lots dBd"), "line 3: GAIN is 'lots', which is not a finite number"),
        (lambda text: text.partition("VERTICAL")[0], "there is no VERTICAL"),
        (lambda text: text.replace("VERTICAL 360", "VERTICAL 720"), "line 367: VERTICAL is followed by '720'"),
        (lambda text: text.replace("\n359\t2", "", 1), "row 359 of HORIZONTAL is 'VERTICAL 360'|angle is 'VERTICAL'"),
        (lambda text: text.replace("\n359\t2", "\n359\t2\n360\t2", 1), "line 367: the row '360 2' belongs to no cut"),
        (lambda text: text.rpartition("358\t")[0], "the file ends after 358 rows of VERTICAL"),
        (lambda text: text.replace("\n7\t2", "\n7\t-2", 1), "line 14: the attenuation is -2; .*not be negative"),
        (
            lambda text: text.replace("\n7\t2", "\n7\tnan", 1),
            "line 14: the attenuation is 'nan', which is not a finite",
        ),
        (lambda text: text.replace("\n7\t2", "\n9\t2", 1), "line 14: the angle is 9; HORIZONTAL must .* 7 here"),
        (lambda text: text.replace("\n7\t2", "\n7 2 2", 1), "line 14: row 7 of HORIZONTAL is '7 2 2'"),
        (lambda text: text + text, "HORIZONTAL is there a second time|NAME is there a second time"),
    ],
)
def test_a_broken_file_is_refused_by_file_and_line(tmp_path, change, said):
    path = tmp_path / "a.msi"
    write_msi(path, np.full(360, 2.0), np.full(360, 2.0))
    path.write_text(change(path.read_text()))
    with pytest.raises(FileFormatError, match=said) as refused:
        antenna_named(str(path))
    assert str(refused.value).startswith(str(path))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"antenna": "tr3890", "azimuth_deg": 0.0}, r"^antenna: 'tr3890' is neither .*did you mean 'tr38901'"),
        ({"antenna": "gone.msi", "azimuth_deg": 0.0}, "^antenna: gone.msi: No such file .*; give the path"),
        ({"antenna": "tr38901"}, "^antenna: row 0 is 'tr38901'; it wants an azimuth_deg"),
        ({"downtilt_deg": 4.0}, "^downtilt_deg: row 0 is 4; it wants an azimuth_deg"),
        ({"downtilt_deg": 91.0, "azimuth_deg": 0.0}, r"^downtilt_deg: row 0 is 91; it must lie in \[-90, 90\]"),
    ],
)
def test_stations_refuse(columns, said):
    with pytest.raises(InputError, match=said):
        BaseStations([0.0], [0.0], **columns)


def test_directions_that_are_none_are_refused():
    for angles, said in (((np.nan, 0.0), "azimuth_deg"), ((0.0, 91.0), "elevation_deg"), ((0.0, np.nan), "elevation")):
        with pytest.raises(InputError, match=said):
            SectorElement().attenuation_db(*angles)


# ---- Tables of stations ------------------------------------------------------------------------------


def test_stations_read_tilt_and_antenna_beside_the_file(tmp_path):
    write_msi(tmp_path / "k1.msi", np.zeros(360), np.zeros(360))
    path = tmp_path / "cells.csv"
    path.write_text("id,x,y,azimuth,tilt,antenna\na,0,0,10,4,k1.msi\nb,50,0,20,,\nc,90,0,,3,\nd,0,60,,,isotropic\n")
    stations = BaseStations.read(path)
    at = {name: row for row, name in enumerate(stations.id)}
    order = [at[name] for name in "abcd"]
    np.testing.assert_array_equal(stations.downtilt_deg[order], [4, np.nan, np.nan, np.nan])
    assert stations.pattern[order].tolist() == [str(tmp_path / "k1.msi"), "tr38901", "isotropic", "isotropic"]
    assert any("1 cells have a down-tilt but no azimuth" in note for note in stations.report.notes)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("20,4,k2.msi", "line 2: antenna: k2.msi: No such file"),
        ("20,4,K 742 215", "line 2: antenna: 'K 742 215' is neither one of"),
        (",,tr38901", "line 2: antenna is 'tr38901' and there is no azimuth"),
        ("20,95,", r"line 2: tilt is 95; it must lie in \[-90, 90\]"),
    ],
)
def test_tables_refuse_by_line(tmp_path, row, said):
    path = tmp_path / "cells.csv"
    path.write_text(f"x,y,azimuth,tilt,antenna\n0,0,{row}\n")
    with pytest.raises(FileFormatError, match=said):
        BaseStations.read(path)


def test_pattern_files_stand_among_the_inputs_of_a_map(town, element_file):
    assert run.input_files(RunConfig(), with_antenna(town, "tr38901")) == {}
    assert run.input_files(RunConfig(), with_antenna(town, str(element_file))) == {"antenna 1": Path(element_file)}
