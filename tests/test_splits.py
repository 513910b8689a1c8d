"""Splits by area, operator, tower and geohash cell: nothing is on two sides, found the slow way."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiocore.errors import InputError
from radiocore.evaluation.folds import Folds, leave_one_out
from radiocore.evaluation.geohash_split import LEFT_OUT, ThreeWay, geohash_cells, three_way
from radiocore.evaluation.named_folds import named_folds, towers_of
from radiocore.frame import LocalFrame
from radiocore.measurements import Measurements

BASE_32 = "0123456789bcdefghjkmnpqrstuvwxyz"


def plain_geohash(longitude: float, latitude: float, precision: int) -> str:
    """Halve the world by turns, longitude first, and write five answers a letter."""
    box, bits = {0: [-180.0, 180.0], 1: [-90.0, 90.0]}, []
    for step in range(5 * precision):
        low, high = box[step % 2]
        middle, value = (low + high) / 2, (longitude, latitude)[step % 2]
        bits.append(value >= middle)
        box[step % 2] = [middle, high] if value >= middle else [low, middle]
    return "".join(BASE_32[int("".join("01"[int(b)] for b in bits[i : i + 5]), 2)] for i in range(0, len(bits), 5))


def shared(split, *labels) -> int:
    """How many labels stand on both sides of any pair, by sets."""
    found = 0
    for training, held_out in split:
        for column in labels:
            found += len({column[i] for i in np.flatnonzero(training)} & {column[i] for i in np.flatnonzero(held_out)})
    return found


def towns(rows=400, seed=0) -> Measurements:
    """Areas and operators, sites of three cells that reach across areas, and some rows twice."""
    rng = np.random.default_rng(seed)
    area, carrier = rng.integers(0, 4, rows), rng.choice(["red", "blue", "green"], rows)
    site = 1000 + 3 * area + rng.integers(0, 5, rows)
    cell = 256 * site + rng.integers(0, 3, rows)
    x_m, y_m = np.round(3000 * area + rng.uniform(0, 2000, rows)), np.round(rng.uniform(0, 2000, rows))
    twice = rng.permutation(np.r_[0:rows, 0 : rows // 8])
    frame = LocalFrame.around("EPSG:4326", (7.40, 51.48, 7.42, 51.50))
    columns = {"x_m": x_m, "y_m": y_m, "carrier": carrier, "area": [f"town {number}" for number in area], "cell": cell}
    return Measurements(
        rsrp_dbm=np.round(rng.normal(-95, 8, rows))[twice],
        frame=frame,
        **{name: np.asarray(column)[twice] for name, column in columns.items()},
    )


def labels_of(found: Measurements) -> tuple[list, list, list]:
    """Copies, cells and sites as tuples."""
    rows = range(len(found))
    copies = [(found.x_m[i], found.y_m[i], found.rsrp_dbm[i], found.carrier[i], found.cell[i]) for i in rows]
    cells = [(found.carrier[i], found.cell[i]) for i in rows]
    return copies, cells, [(carrier, int(cell) // 256) for carrier, cell in cells]


@pytest.mark.parametrize("name", ["geohash6", "area", "operator", "tower"])
def test_strict_splits_share_nothing(name):
    found = towns()
    folds = named_folds(found, name, k=5, seed=1)
    assert shared(folds, *labels_of(found)) == 0
    assert not folds.flatters and folds.caption == folds.kind
    assert (np.sum([held_out for _, held_out in folds], axis=0) == 1).all()


def test_the_plain_variant_keeps_rows_and_says_so():
    found = towns()
    plain, strict = named_folds(found, "area", plain=True), named_folds(found, "area")
    assert plain.caption == "leave one area out, plain: flatters" and strict.caption == "leave one area out"
    assert (plain.number == strict.number).all()
    assert shared(plain, labels_of(found)[2]) > 0
    assert all((training ^ held_out).all() for training, held_out in plain)
    # The strict variant leaves out exactly the rows that share a cell or site with what is held out.
    for training, held_out in strict:
        _, cells, sites = labels_of(found)
        out = {cells[i] for i in np.flatnonzero(held_out)} | {sites[i] for i in np.flatnonzero(held_out)}
        assert training.tolist() == [
            not held_out[i] and cells[i] not in out and sites[i] not in out for i in range(len(found))
        ]


def test_the_guard():
    found = towns()
    copies, cells, sites = (np.unique(list(map(str, one)), return_inverse=True)[1] for one in labels_of(found))
    plain = leave_one_out(found.area, "area")
    for what, labels in (("cells", cells), ("towers", sites)):
        with pytest.raises(InputError, match=f"{what}: row .* is held out in fold 0 of the leave one area out folds"):
            plain.check_no_leak(copies, **{what: labels})
    with pytest.raises(InputError, match="duplicate rows"):
        Folds("blocked", np.arange(len(found)) % 3).check_no_leak(copies)
    at_random = named_folds(found, "random", k=5)
    assert at_random.caption == "random: flatters" and shared(at_random, copies) == 0 and shared(at_random, cells) > 0


def test_cells_of_a_site_are_apart_whatever_their_carriers():
    """A register joined by cell names a carrier for each."""
    cell = np.array(["25601", "25602", "25857", "25601"])
    network = np.array(["262-01", "262-01", "262-01", "262-02"])
    rows = Measurements(
        x_m=np.zeros(4), y_m=np.arange(4.0), rsrp_dbm=np.full(4, -90.0), cell=cell, network=network, carrier=cell
    )
    assert towers_of(rows).tolist() == [0, 0, 1, 2]


def test_towers_may_be_given():
    found = towns()
    masts = np.arange(len(found)) // 100
    with pytest.raises(InputError, match="duplicate rows"):
        named_folds(found, "tower", towers=masts, plain=True)
    single = found.select(np.unique(list(map(str, labels_of(found)[0])), return_index=True)[1])
    masts = np.array(["a", "b", "c"])[np.arange(len(single)) % 3]
    folds = named_folds(single, "tower", towers=masts, plain=True)
    assert len(folds) == 3 and shared(folds, masts) == 0


def test_what_cannot_be_split():
    found = towns()
    for name, changes, message in (
        ("aera", {}, "did you mean 'area'"),
        ("area", {"area": np.full(len(found), "a")}, "all .* have the area 'a'"),
        ("area", {"cell": np.where(np.arange(len(found)) == 7, "", found.cell)}, "the cell of row 7 is not known"),
        ("area", {"cell": np.full(len(found), "300"), "carrier": np.full(len(found), "red")}, "nothing is left"),
    ):
        with pytest.raises(InputError, match=message):
            named_folds(found.select(slice(None), **changes), name)
    with pytest.raises(InputError, match="no CRS"):
        named_folds(towns().select(slice(None), frame=LocalFrame()), "geohash6")


def test_geohash_cells():
    assert geohash_cells(LocalFrame("EPSG:4326"), -79.4, 43.7).tolist() == [plain_geohash(-79.4, 43.7, 6)]
    rng = np.random.default_rng(3)
    longitude, latitude = rng.uniform(-180, 180, 300), rng.uniform(-80, 80, 300)
    for precision in (1, 6, 9):
        found = geohash_cells(LocalFrame("EPSG:4326"), longitude, latitude, precision)
        assert found.tolist() == [plain_geohash(*place, precision) for place in zip(longitude, latitude, strict=True)]
    with pytest.raises(InputError, match="precision"):
        geohash_cells(LocalFrame("EPSG:4326"), 0, 0, 13)


@given(st.lists(st.integers(0, 12), min_size=20, max_size=120), st.integers(1, 3), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_three_parts_of_whole_cells(cells, blind, seed):
    if len(set(cells)) < blind + 2:
        return
    split = three_way(cells, blind=blind, seed=seed)
    parts = {cell: {int(part) for part, own in zip(split.part, cells, strict=True) if own == cell} for cell in cells}
    assert all(len(part) == 1 for part in parts.values()), "cells are whole"
    assert len([cell for cell in parts if parts[cell] == {2}]) == blind
    assert split.train.any() and split.validation.any() and shared(split, cells) == 0
    split.check_no_leak(squares=cells)
    assert (three_way(cells, blind=blind, seed=seed).part == split.part).all()


def test_three_parts_keep_towers_apart():
    found = towns()
    places = geohash_cells(found.frame, found.x_m, found.y_m)
    copies, cells, sites = labels_of(found)
    codes = np.stack([np.unique(list(map(str, labels)), return_inverse=True)[1] for labels in (cells, sites)])
    split = three_way(places, blind=[places[0]], seed=2, apart=codes)
    assert split.blind.tolist() == (places == places[0]).tolist()
    assert shared(split, copies, cells, sites, places) == 0 and (split.part == LEFT_OUT).any()
    split.check_no_leak(list(map(str, copies)), cells=codes[0], towers=codes[1])
    with pytest.raises(InputError, match="cells: row"):
        three_way(places, seed=2).check_no_leak(cells=codes[0])
    share = three_way(places, seed=2, validation_share=0.3)
    assert 0.3 <= share.validation.sum() / (share.train | share.validation).sum() < 0.6
    for options, message in (
        ({"blind": ["dpz833"]}, "'dpz833' is no cell of these rows"),
        ({"blind": 0}, "0 of"),
        ({"blind": 99}, "each part needs one"),
        ({"validation_share": 1.0}, "validation_share"),
        ({"apart": np.zeros(len(found))}, "no row is left to validate|no row is left to train"),
    ):
        with pytest.raises(InputError, match=message):
            three_way(places, **options)


def test_dortmund(shared_data):
    """Strict splits of real rows share no cell, site or copy; plain leave-one-area shares the campus' sites."""
    rows = pandas.read_csv(shared_data("dortmund_multimno/measurements.csv.gz")).dropna(subset=["rsrp_dbm", "eci"])
    cells = pandas.read_csv(shared_data("dortmund_multimno/cells_nolicence.csv"))
    rows = rows.merge(cells[["mno", "eci"]], on=["mno", "eci"])
    everything = Measurements.from_table(
        {
            **{name: rows[name] for name in ("lon", "lat", "rsrp_dbm", "rsrq_db")},
            "area": rows["env"],
            "operator": rows["mno"],
            "cell": rows["eci"].astype(int),
            "time": rows["unix_s"],
        }
    )
    assert len(everything) == 66_329
    sites = rows["mno"] + (rows["eci"] // 256).astype(int).astype(str)
    for _, held_out in named_folds(everything, "area", plain=True):
        area, elsewhere = everything.area[held_out][0], sites[held_out].isin(sites[~held_out]).mean()
        assert {"campus": elsewhere > 0.99, "urban": elsewhere == 0}.get(area, 0.3 < elsewhere < 0.6)

    found, rows = everything.select(slice(None, None, 9)), rows[::9]
    cells = list(zip(rows["mno"], rows["eci"], strict=True))
    sites = [(operator, int(cell) // 256) for operator, cell in cells]
    copies = list(zip(*(rows[name] for name in ("lon", "lat", "unix_s", "rsrp_dbm", "eci", "mno")), strict=True))
    for name, number in (("area", 4), ("operator", 3), ("geohash6", 5)):
        folds = named_folds(found, name, k=5)
        assert len(folds) == number and shared(folds, cells, sites, copies) == 0
    split = three_way(geohash_cells(found.frame, found.x_m, found.y_m), apart=named_folds(found, "area").apart)
    assert shared(split, cells, sites, copies) == 0 and isinstance(split, ThreeWay)
