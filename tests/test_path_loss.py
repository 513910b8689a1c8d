"""Path loss, building entry and clutter against the numbers of their documents, and the files of networks."""

import csv
import gzip
import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest

from radiocore import InputError
from radiocore.errors import FileFormatError
from radiocore.propagation.cost231_hata import Cost231Hata
from radiocore.propagation.crc_mlpl import CrcMlpl
from radiocore.propagation.crc_path_obscura import CrcPathObscura
from radiocore.propagation.free_space import FreeSpace
from radiocore.propagation.itu_p2108 import ClutterLoss
from radiocore.propagation.itu_p2109 import BuildingEntryLoss
from radiocore.propagation.log_distance import LogDistance
from radiocore.propagation.tr38901_entry import Tr38901EntryLoss
from radiocore.propagation.tr38901_line_of_sight import Tr38901LineOfSight
from radiocore.propagation.tr38901_rma import RuralMacro
from radiocore.propagation.tr38901_uma import UrbanMacro
from radiocore.propagation.tr38901_umi import UrbanMicro
from weights_files import network_document, write_weights

MASTS = {"tr38901-uma": 25.0, "tr38901-umi": 10.0, "tr38901-rma": 35.0}
TR38901_5_GHZ = (
    # ns-3, three-gpp-propagation-loss-model-test-suite.cc (numbers only): TR 38.901, Table 7.4.1-1 at 5 GHz.
    (UrbanMacro, 100, True, 86.2362),
    (UrbanMacro, 5000, True, 137.6794),
    (UrbanMacro, 1000, False, 144.7641),
    (UrbanMicro, 10, True, 69.8591),
    (UrbanMicro, 100, True, 88.4122),
    (RuralMacro, 1000, True, 108.5577),
    (RuralMacro, 10000, True, 140.3896),
    (RuralMacro, 10, False, 77.3784),
    (RuralMacro, 5000, False, 160.5169),
)


def tr38901(model, distance_m, los, *, height_m=None, frequency_mhz=5000.0):
    return model.loss_db(
        frequency_mhz=frequency_mhz,
        distance_2d_m=distance_m,
        transmitter_height_m=height_m or MASTS[model.name],
        receiver_height_m=1.5,
        is_los=los,
    )


# ---- Formulas ------------------------------------------------------------------------------------


def test_free_space_at_the_constant_of_p525():
    """Section 2.2: 32.4 dB at 1 MHz and 1 km, to the digit given; 20 dB a decade of either."""
    assert float(FreeSpace().loss_db(frequency_mhz=1000, distance_3d_m=1000)) == pytest.approx(92.4478, abs=1e-4)
    loss_db = FreeSpace().loss_db(frequency_mhz=[100, 1000, 100], distance_3d_m=[10, 10, 100])
    assert np.diff(loss_db) == pytest.approx([20.0, 0.0], abs=1e-12)


def test_log_distance_is_free_space_at_its_reference_and_straight_beyond():
    model = LogDistance(2.1, 3.7, 50.0)
    near = model.loss_db(frequency_mhz=1800, distance_3d_m=50, is_los=[True, False])
    assert near == pytest.approx(FreeSpace().loss_db(frequency_mhz=1800, distance_3d_m=[50, 50]), abs=1e-12)
    assert model.loss_db(frequency_mhz=1800, distance_3d_m=500, is_los=[True, False]) - near == pytest.approx([21, 37])
    with pytest.raises(InputError, match=r"^distance_3d_m: 49 m is outside 50 m and more"):
        model.loss_db(frequency_mhz=1800, distance_3d_m=49, is_los=True)


def test_cost231_by_its_terms():
    """Section 4.4.1 at 1800 MHz, 30 m, 1.5 m: 46.3 + 110.353 - 20.413 - 0.043 dB at 1 km; slope 35.225 dB a decade."""
    link = {"frequency_mhz": 1800, "transmitter_height_m": 30, "receiver_height_m": 1.5}
    loss_db = Cost231Hata().loss_db(distance_2d_m=[1000, 10_000], **link)
    assert loss_db[0] == pytest.approx(136.197, abs=5e-4)
    assert np.diff(loss_db) == pytest.approx([44.9 - 6.55 * math.log10(30)])
    assert Cost231Hata(metropolitan=True).loss_db(distance_2d_m=1000, **link) - loss_db[0] == pytest.approx(3.0)


@pytest.mark.parametrize(("kind", "distance_m", "los", "loss_db"), TR38901_5_GHZ)
def test_tr38901_at_5_ghz(kind, distance_m, los, loss_db):
    assert float(tr38901(kind(), distance_m, los)) == pytest.approx(loss_db, abs=5.1e-5)


def test_tr38901_rural_of_other_surroundings():
    """The example of MathWorks' nrPathLoss: buildings of 7 m, streets of 25 m, 3.5 GHz."""
    model = RuralMacro(building_height_m=7.0, street_width_m=25.0)
    loss_db = tr38901(model, 1000 * math.sqrt(2), True, height_m=30, frequency_mhz=3500)
    assert float(loss_db) == pytest.approx(110.1615, abs=5.1e-5)


@pytest.mark.parametrize("model", [UrbanMacro(), UrbanMicro(), RuralMacro()], ids=lambda model: model.name)
def test_tr38901_goes_on_smoothly_behind_its_break(model):
    height_m = MASTS[model.name]
    above = 2 * math.pi * height_m * 1.5 if model.name == "tr38901-rma" else 4 * (height_m - 1.0) * 0.5
    break_m = above * 5e9 / 3e8
    before, behind = tr38901(model, np.array([break_m - 1e-6, break_m + 1e-6]), True)
    assert abs(behind - before) < 1e-3
    assert (tr38901(model, np.geomspace(10, 5000), False) >= tr38901(model, np.geomspace(10, 5000), True)).all()


def test_tr38901_rural_without_line_of_sight_ends_at_5_km():
    assert np.isfinite(tr38901(RuralMacro(), [9000.0], [True])).all()
    with pytest.raises(
        InputError, match=r"^distance_2d_m: row 1: 9000 m without line of sight is outside 10 to 5000 m"
    ):
        tr38901(RuralMacro(), [9000.0, 9000.0], [True, False])


def test_a_refusal_passes_between_processes():
    with pytest.raises(InputError) as caught:
        FreeSpace().loss_db(frequency_mhz=900, distance_3d_m=[10.0, 0.5])
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_tr38901_means_nothing_below_its_environment_height():
    with pytest.raises(InputError, match=r"^receiver_height_m: 0 m is outside 1 m and more .*note 1\)$"):
        UrbanMacro(extrapolate=True).loss_db(
            frequency_mhz=2000, distance_2d_m=100, transmitter_height_m=25, receiver_height_m=0, is_los=True
        )


def test_tr38901_entry_by_its_materials():
    """Tables 7.4.3-1 and 7.4.3-2 at 10 GHz: glass 4, coated glass 26, concrete 45 dB; half a dB a metre inside."""
    low = 5 - 10 * math.log10(0.3 * 10**-0.4 + 0.7 * 10**-4.5)
    high = 5 - 10 * math.log10(0.7 * 10**-2.6 + 0.3 * 10**-4.5)
    for facade, expected, spread in (("low", low, 4.4), ("high", high, 6.5)):
        model = Tr38901EntryLoss(facade)
        found = model.loss_db(frequency_mhz=10_000, indoor_distance_m=[0.0, 10.0])
        assert found == pytest.approx([expected, expected + 5.0], abs=1e-9)
        assert model.spread_db == spread


def test_tr38901_line_of_sight_by_its_table():
    """Table 7.4.2-1 by hand; certain up to 18 m in cities, 10 m in the country."""
    for scenario, certain_m in (("UMa", 18.0), ("UMi", 18.0), ("RMa", 10.0)):
        assert (Tr38901LineOfSight(scenario).probability([0.0, certain_m], 20.0) == 1.0).all()
    at_100_m = {
        "UMa": 0.18 + math.exp(-100 / 63) * 0.82,
        "UMi": 0.18 + math.exp(-100 / 36) * 0.82,
        "RMa": math.exp(-0.09),
    }
    for scenario, expected in at_100_m.items():
        assert float(Tr38901LineOfSight(scenario).probability(100.0, 20.0)) == pytest.approx(expected, abs=1e-12)
    high = float(Tr38901LineOfSight("UMa").probability(100.0, 20.0, receiver_height_m=23.0))
    assert high == pytest.approx(at_100_m["UMa"] * (1 + 1.25 * math.exp(-100 / 150)), abs=1e-12)
    distance_m = np.linspace(0, 3000, 500)
    for scenario in at_100_m:
        found = Tr38901LineOfSight(scenario).probability(distance_m[:, None], np.full(2, 20.0), receiver_height_m=1.5)
        assert found.shape == (500, 2) and (np.diff(found, axis=0) <= 0).all() and found.min() > 0


def test_tr38901_line_of_sight_refuses():
    for wrong, name in (({"distance_m": -1.0}, "distance_m"), ({"receiver_height_m": 30.0}, "receiver_height_m")):
        with pytest.raises(InputError, match=f"^{name}"):
            Tr38901LineOfSight().probability(**({"distance_m": 50.0, "height_m": 20.0} | wrong))
    with pytest.raises(InputError, match="^scenario: 'uma' is not one of"):
        Tr38901LineOfSight("uma")


def test_entry_loss_of_p2109_is_its_median_law_where_that_prevails():
    """Annex 1, section 3: median of a traditional building at 1 GHz is 12.64 dB before the two other terms."""
    expected = 10 * math.log10(10**1.264 + 10**0.91 + 10**-0.3)
    found = BuildingEntryLoss().loss_db(frequency_mhz=1000, location_share=0.5, elevation_deg=0)
    assert float(found) == pytest.approx(expected, abs=1e-9)
    up, down = BuildingEntryLoss().loss_db(frequency_mhz=1000, location_share=0.5, elevation_deg=[30.0, -30.0])
    assert up == down > float(found)


def test_clutter_loss_of_p2108_at_published_values():
    """NTIA's reference values of section 3.2, one decimal."""
    found = ClutterLoss().loss_db(
        frequency_mhz=[500, 26_600, 3500], distance_2d_m=[250, 15_800, 1000], location_share=[0.5, 0.45, 0.999]
    )
    assert found == pytest.approx([17.4, 32.5, 42.8], abs=0.06)


# ---- The published tables ------------------------------------------------------------------------


def rows_of(path):
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8")
    with opened as file:
        return [list(row.values()) for row in csv.DictReader(file)]


def numbers_of(path):
    return np.array(rows_of(path), dtype=float).T


def test_tr38901_equals_all_published_rows(shared_data):
    rows = rows_of(shared_data("pathloss_vectors/tr38901_ns3_vectors.csv"))
    models = {"UMa": UrbanMacro(), "UMi-StreetCanyon": UrbanMicro(), "RMa": RuralMacro()}
    assert len(rows) == 24
    for scenario, distance_m, los, frequency_ghz, tx_m, rx_m, loss_db, *_ in rows:
        found = models[scenario].loss_db(
            frequency_mhz=1000 * float(frequency_ghz),
            distance_2d_m=float(distance_m),
            transmitter_height_m=float(tx_m),
            receiver_height_m=float(rx_m),
            is_los=int(los),
        )
        assert float(found) == pytest.approx(float(loss_db), abs=5.1e-5)


def test_p2109_equals_all_published_rows(shared_data):
    ghz, percent, building, elevation_deg, loss_db = numbers_of(
        shared_data("pathloss_vectors/p2109_crc_covlib_validation.csv.gz")
    )
    assert len(loss_db) == 15_625
    for number, name in ((1, "traditional"), (2, "thermally-efficient")):
        pick = building == number
        found = BuildingEntryLoss(name).loss_db(
            frequency_mhz=1000 * ghz[pick], location_share=percent[pick] / 100, elevation_deg=elevation_deg[pick]
        )
        assert found == pytest.approx(loss_db[pick], abs=1e-6)


def test_p2108_equals_all_published_rows_and_refuses_those_that_are_errors(shared_data):
    rows = numbers_of(shared_data("pathloss_vectors/p2108_ntia_TerrestrialStatisticalModel.csv")).T
    for ghz, km, percent, fault, loss_db in rows.tolist():
        link = {"frequency_mhz": 1000 * ghz, "distance_2d_m": 1000 * km, "location_share": percent / 100}
        if fault:
            with pytest.raises(InputError):
                ClutterLoss().loss_db(**link)
        else:
            assert float(ClutterLoss().loss_db(**link)) == pytest.approx(loss_db, abs=0.06)


def test_crc_mlpl_equals_all_published_rows(shared_data):
    model = CrcMlpl(shared_data("crc_mlpl/crc_mlpl_weights.json"))
    *columns, excess_db = numbers_of(shared_data("crc_mlpl/crc_mlpl_validation.csv"))
    assert len(excess_db) == 9261
    found = model.loss_db(**dict(zip(model.inputs, columns, strict=True)))
    free_db = FreeSpace().loss_db(frequency_mhz=columns[0], distance_3d_m=columns[1])
    assert found - free_db == pytest.approx(excess_db, abs=1e-4)


def test_crc_path_obscura_equals_all_published_rows(shared_data):
    model = CrcPathObscura(shared_data("crc_mlpl/crc_path_obscura_v1_weights.json"))
    *columns, loss_db = numbers_of(shared_data("crc_mlpl/crc_path_obscura_validation.csv"))
    assert len(loss_db) == 9216
    assert model.loss_db(**dict(zip(model.inputs, columns, strict=True))) == pytest.approx(loss_db, abs=1e-4)


# ---- Networks in files ---------------------------------------------------------------------------


def by_loops(document, row):
    """The network's first output, one multiplication at a time."""
    standard = document["standardise"]
    values = [(value - m) / s for value, m, s in zip(row, standard["mean"], standard["std"], strict=True)]
    for number, layer in enumerate(document["layers"]):
        values = [
            sum(value * weights[out] for value, weights in zip(values, layer["W"], strict=True)) + bias
            for out, bias in enumerate(layer["b"])
        ]
        if number < len(document["layers"]) - 1:
            values = [max(value, 0.0) for value in values]
    return values[0]


@pytest.mark.parametrize("kind", [CrcMlpl, CrcPathObscura])
def test_network_equals_its_loops(kind, tmp_path):
    document = network_document(kind.names_in_file, kind.outputs, hidden=7, seed=3)
    model = kind(write_weights(tmp_path / "net.json", kind.names_in_file, kind.outputs, hidden=7, seed=3))
    draw = np.random.default_rng(1)
    columns = {name: draw.uniform(1, 30, 40) for name in model.inputs}
    columns |= {"frequency_mhz": draw.uniform(300, 5000, 40), "distance_3d_m": draw.uniform(50, 3000, 40)}
    expected = np.array([by_loops(document, row) for row in zip(*columns.values(), strict=True)])
    if kind is CrcMlpl:
        expected += 20 * np.log10(4e6 * np.pi / 299792458 * columns["frequency_mhz"] * columns["distance_3d_m"])
    assert model.loss_db(**columns) == pytest.approx(expected, abs=1e-9)


def test_equal_files_are_equal_networks(tmp_path):
    one, same, other = (
        CrcMlpl(write_weights(tmp_path / f"{name}.json", CrcMlpl.names_in_file, 1, seed=seed))
        for name, seed in (("one", 0), ("same", 0), ("other", 1))
    )
    assert one == same and hash(one) == hash(same) and one != other
    assert one.settings()["weights"] == "one.json" and one.settings()["sha256"] == same.settings()["sha256"]


def test_obstruction_longer_than_the_link_is_refused(tmp_path):
    model = CrcMlpl(write_weights(tmp_path / "net.json", CrcMlpl.names_in_file, 1))
    with pytest.raises(InputError, match="^obstruction_m: row 1: .*distance_3d_m"):
        model.loss_db(frequency_mhz=900, distance_3d_m=[100.0, 100.0], obstruction_m=[100.0, 101.0])


def spoilt(change):
    document = network_document(CrcMlpl.names_in_file, 1)
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not json", "JSON"),
        ("\xff", "JSON"),
        ("[" * 100_000, "JSON"),
        ("[1, 2]", "JSON object"),
        ("{}", "inputs"),
        (spoilt(lambda d: d.update(inputs=["frequency_MHz", "distance_m"])), "inputs"),
        (spoilt(lambda d: d.pop("standardise")), "standardise"),
        (spoilt(lambda d: d["standardise"].update(std=[1.0, 0.0, 1.0])), "std: must be positive"),
        (spoilt(lambda d: d["standardise"].update(mean=[1.0])), r"mean: has shape \(1,\), wanted 3"),
        (spoilt(lambda d: d.update(layers=[])), "layers"),
        (spoilt(lambda d: d["layers"].pop()), "the last gives 5 numbers, wanted 1"),
        (spoilt(lambda d: d["layers"][1]["W"].pop()), r"layers\[1\].W: has shape \(4, 5\), wanted 5 x 5"),
        (spoilt(lambda d: d["layers"][1]["W"][0].pop()), r"layers\[1\].W"),
        (spoilt(lambda d: d["layers"][0].update(b=[float("nan")] * 5)), r"layers\[0\].b: .*finite"),
        (spoilt(lambda d: d["layers"][0].update(b="many")), r"layers\[0\].b"),
        (spoilt(lambda d: d["layers"].insert(0, 7)), r"layers\[0\]: must be an object"),
    ],
)
def test_what_is_no_file_of_weights_is_refused(text, said, tmp_path):
    path = tmp_path / "net.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(FileFormatError, match=f"net.json: .*{said}"):
        CrcMlpl(path)


def test_weights_that_are_no_file_are_refused(tmp_path):
    with pytest.raises(InputError, match="^weights: 3 is not"):
        CrcMlpl(3)
    for path in (tmp_path, tmp_path / "absent.json"):
        with pytest.raises(FileFormatError, match=Path(path).name):
            CrcMlpl(path)
