"""What every model of a loss owes: a new file in propagation/ is judged here the day it lands."""

import dataclasses
import json
import re

import numpy as np
import pytest

from radiocore import InputError
from radiocore.propagation import loss_models
from radiocore.propagation.loss_model import LossModel, PathLossModel
from radiocore.propagation.network_model import NetworkModel
from radiocore.propagation.ranges import Range
from weights_files import write_weights

USUAL = {
    "frequency_mhz": (700.0, 3500.0),
    "distance_2d_m": (300.0, 900.0),
    "distance_3d_m": (300.0, 900.0),
    "transmitter_height_m": (20.0, 35.0),
    "receiver_height_m": (1.5, 10.0),
    "elevation_deg": (-30.0, 60.0),
    "m": (0.0, 20.0),
    "share": (0.05, 0.95),
    "count": (1.0, 20.0),
}
"""By name, else by its last word; where a model's range lies apart, the low end of that is taken."""


@pytest.fixture(params=loss_models().items(), ids=lambda item: item[0])
def kind(request):
    return request.param[1]


@pytest.fixture
def made(kind, tmp_path):
    """Makes the model with its defaults; a network with weights of the test's own."""

    def make(**options):
        if issubclass(kind, NetworkModel):
            options["weights"] = write_weights(tmp_path / "weights.json", kind.names_in_file, kind.outputs)
        return kind(**options)

    return make


def interval(model, name):
    low, high = USUAL.get(name) or USUAL[name.rpartition("_")[2]]
    for one in model.ranges:
        if one.name == name:
            low, high = max(low, one.low), min(high, one.high)
            if low > high:
                low, high = one.low, min(one.high, 2 * one.low)
    return low, high


def links(model, rows, seed=0):
    draw = np.random.default_rng(seed)
    return {
        name: draw.random(rows) < 0.5 if name == "is_los" else draw.uniform(*interval(model, name), rows)
        for name in model.inputs
    }


def one_link(model, **changed):
    return {name: column[0] for name, column in links(model, 1).items()} | changed


def test_a_model_is_a_frozen_dataclass_that_says_what_it_is(kind, made):
    assert issubclass(kind, LossModel) and kind.__dataclass_params__.frozen
    assert re.fullmatch(r"[a-z][a-z0-9-]*", kind.name)
    assert "Source: " in kind.__doc__ and kind.source
    assert set(interval(made(), name) is not None for name in kind.inputs if name != "is_los") == {True}
    assert made() == made() and hash(made()) == hash(made())
    assert all(isinstance(one, Range) and one.clause and one.name in kind.inputs for one in made().ranges)


def test_settings_are_plain_and_tell_of_extrapolation(made):
    for extrapolate in (False, True):
        settings = made(extrapolate=extrapolate).settings()
        assert json.loads(json.dumps(settings)) == settings
        assert settings["extrapolate"] is extrapolate and settings["name"] == made().name
    with pytest.raises(InputError, match="extrapolate"):
        made(extrapolate="yes")


def test_a_link_alone_is_its_row_of_a_batch(made):
    model = made()
    columns = links(model, 300)
    together = model.loss_db(**columns)
    assert together.shape == (300,) and together.dtype == np.float64 and np.isfinite(together).all()
    for row in range(0, 300, 7):
        alone = model.loss_db(**{name: column[row] for name, column in columns.items()})
        assert alone.shape == () and float(alone) == together[row]


def test_columns_are_broadcast(made):
    model = made()
    columns = links(model, 12)
    first, *others = model.inputs
    wide = model.loss_db(**{first: columns[first][:, None]}, **{name: columns[name][None, :] for name in others})
    row, column = np.mgrid[:12, :12]
    flat = model.loss_db(**{first: columns[first][row]}, **{name: columns[name][column] for name in others})
    assert wide.shape == (12, 12)
    np.testing.assert_array_equal(wide, flat)
    empty = model.loss_db(**{name: column[:0] for name, column in columns.items()})
    assert empty.shape == (0,)


def test_whole_numbers_are_numbers(made):
    model = made()
    low = {name: np.ceil(interval(model, name)[0]) for name in model.inputs if name not in ("is_los", "location_share")}
    as_floats = one_link(model, **low)
    as_whole = one_link(model, **{name: int(value) for name, value in low.items()})
    assert model.loss_db(**as_floats) == model.loss_db(**as_whole)


def test_no_formula_falls_with_distance(made):
    model = made()
    if not isinstance(model, PathLossModel) or isinstance(model, NetworkModel):
        return
    name = next(name for name in model.inputs if name.startswith("distance_"))
    for los in (True, False):
        state = {"is_los": los} if "is_los" in model.inputs else {}
        ends = [(one.low, one.high) for one in model.ranges if one.name == name and one.is_los in (None, los)]
        low, high = ends[0] if ends else interval(model, name)
        distance_m = np.geomspace(low, min(high, 1e5), 4000)[1:-1]
        for seed in range(5):
            link = {key: column[0] for key, column in links(model, 1, seed).items()}
            loss_db = model.loss_db(**(link | state | {name: distance_m}))
            assert (np.diff(loss_db) >= 0).all()


def test_a_loss_that_more_places_stay_below_is_larger(made):
    model = made()
    if "location_share" in model.inputs:
        share = np.linspace(0.001, 0.999, 200)
        assert (np.diff(model.loss_db(**one_link(model, location_share=share))) > 0).all()


def test_what_is_no_number_is_refused_by_name(made):
    for model in (made(), made(extrapolate=True)):
        for name in model.inputs:
            columns = links(model, 3)
            for wrong in ([1, 2, 1],) if name == "is_los" else ([np.nan], [np.inf], "many"):
                with pytest.raises(InputError, match=f"^{name}: "):
                    model.loss_db(**(columns | {name: wrong}))
            if name != "is_los" and not name.endswith("_deg"):
                columns[name][2] = -1.0
                with pytest.raises(InputError, match=f"^{name}: row 2: -1 "):
                    model.loss_db(**columns)
        with pytest.raises(InputError, match=r"^inputs: .*\(2,\)"):
            model.loss_db(**(links(model, 3) | {model.inputs[0]: links(model, 2)[model.inputs[0]]}))


def test_inputs_are_its_own_and_all_of_them(made):
    model = made()
    columns = links(model, 2)
    with pytest.raises(InputError, match="^colour: .*" + model.inputs[0]):
        model.loss_db(**columns, colour=1.0)
    with pytest.raises(InputError, match=f"^{model.inputs[-1]}: not given"):
        model.loss_db(**{name: columns[name] for name in model.inputs[:-1]})


def test_beyond_its_range_only_when_asked(made):
    strict, free = made(), made(extrapolate=True)
    assert strict != free
    for one in strict.ranges:
        state = {} if one.is_los is None else {"is_los": one.is_los}
        ends = ((one.low, one.low - 0.1 * abs(one.low) - 0.01), (one.high, 1.1 * one.high))
        for end, beyond in ends:
            stated = [other for other in strict.ranges if other.name == one.name and other.is_los in (None, one.is_los)]
            columns = links(strict, 4) | state | ({"obstruction_m": 0.0} if "obstruction_m" in strict.inputs else {})
            if all(other.low <= end <= other.high for other in stated) and np.isfinite(end):
                columns[one.name][3] = end
                assert np.isfinite(strict.loss_db(**columns)).all()
            if not np.isfinite(beyond):
                continue
            columns[one.name][3] = beyond
            said = rf"^{one.name}: row 3: .* (is outside .*\(|is below|is negative)"
            with pytest.raises(InputError, match=said):
                strict.loss_db(**columns)
            if any(other.firm and not other.low <= beyond <= other.high for other in stated):
                with pytest.raises(InputError, match=said):
                    free.loss_db(**columns)
            elif beyond >= 1:
                assert np.isfinite(free.loss_db(**columns)).all()


def test_frequencies_in_another_unit_are_told(made):
    for model in (made(), made(extrapolate=True)):
        for wrong, unit in ((2.1, "GHz"), (2.1e9, "Hz")):
            with pytest.raises(InputError, match=f"^frequency_mhz: .*{unit}"):
                model.loss_db(**one_link(model, frequency_mhz=wrong))


def test_parameters_are_checked(kind, made):
    for item in dataclasses.fields(kind):
        if item.init and item.name not in ("extrapolate", "weights", "metropolitan"):
            for wrong in ("brick",) if isinstance(item.default, str) else ("brick", -1.0, float("nan"), True):
                with pytest.raises(InputError, match=f"^{item.name}: "):
                    made(**{item.name: wrong})
