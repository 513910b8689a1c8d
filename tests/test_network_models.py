"""The bent line, the effects of networks, and committees; the contract of every model is judged elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from radiocore.errors import InputError
from radiocore.models.bent_line import BentLine
from radiocore.models.committee import Committee
from radiocore.models.inputs import Inputs
from radiocore.models.network_effects import NetworkEffects

ROWS = 4000


def links(seed=0, rows=ROWS, operators=("a", "b", "c")):
    """Links of operators of eight sites of three cells each."""
    rng = np.random.default_rng(seed)
    operator, site, cell = rng.choice(operators, rows), rng.integers(0, 8, rows), rng.integers(0, 3, rows)
    site = np.array([f"{name} {number}" for name, number in zip(operator, site, strict=True)])
    return Inputs(
        {
            "distance_m": 10 ** rng.uniform(0.5, 3.5, rows),
            "frequency_mhz": rng.choice([800.0, 1800.0, 2600.0], rows),
            "density": rng.uniform(0, 10, rows),
            "operator": operator,
            "site": site,
            "cell": np.array([f"{name}/{number}" for name, number in zip(site, cell, strict=True)]),
        }
    )


def line(inputs):
    bent = np.log10(np.hypot(inputs["distance_m"], 100.0))
    return -20 - 30 * bent - 5 * np.log10(inputs["frequency_mhz"]) + 0.8 * inputs["density"]


def noise(seed, deviation_db, rows=ROWS):
    return deviation_db * np.random.default_rng([seed, 1]).normal(size=rows)


def test_a_bent_line_is_recovered():
    inputs = links()
    model = BentLine(features=("density",)).fit(inputs, line(inputs) + noise(0, 0.1))
    np.testing.assert_allclose(model.coefficients, (-20, -30, -5, 0.8), rtol=5e-3)
    assert model.deviation_db == pytest.approx(0.1, rel=0.05) and model.dropped == {}


def test_terms_that_say_nothing_are_named():
    inputs = links().with_columns({"frequency_mhz": np.full(ROWS, 800.0)})
    model = BentLine(features=("clutter",)).fit(inputs, line(inputs) + noise(0, 1.0))
    assert model.dropped == {
        "frequency_mhz": "constant in the training rows: 800",
        "clutter": "the links have no such column",
    }
    with pytest.raises(InputError, match="bend_m: -1"):
        BentLine(bend_m=-1.0)
    with pytest.raises(InputError, match="features: 'site' holds names"):
        BentLine(features=("site",)).fit(links(), line(links()))
    few = links(rows=11)
    further = {f"c{number}": noise(number, 1.0, 11) for number in range(8)}
    with pytest.raises(InputError, match="features: 10 terms for 11 rows"):
        BentLine(features=tuple(further)).fit(few.with_columns(further), line(few))


def test_effects_of_operators_sites_and_cells_are_found():
    inputs, rng = links(), np.random.default_rng(5)
    effect = {name: rng.normal(0, 4.0) for name in np.unique(inputs["site"])}
    effect |= {name: rng.normal(0, 2.0) for name in np.unique(inputs["cell"])}
    effect |= {"a": -6.0, "b": 0.0, "c": 6.0}
    added = sum(np.array([effect[name] for name in inputs[group]]) for group in ("operator", "site", "cell"))
    model = NetworkEffects(features=("density",)).fit(inputs, line(inputs) + added + noise(0, 3.0))
    assert model.deviation_db == pytest.approx(3.0, rel=0.05)
    assert model.group_db["site"] == pytest.approx(4.0, rel=0.4)
    assert model.group_db["cell"] == pytest.approx(2.0, rel=0.4)
    said = model.predict(inputs)
    assert np.sqrt(np.mean((said.mean - line(inputs) - added) ** 2)) < 0.6
    elsewhere = links(1, operators=("d",))
    unknown = model.predict(elsewhere)
    np.testing.assert_allclose(np.diff(unknown.mean - line(elsewhere)), 0, atol=0.5)
    of_groups = sum(value**2 for value in model.group_db.values())
    np.testing.assert_allclose(unknown.deviation_db, np.sqrt(3.0**2 + of_groups), rtol=0.05)


@pytest.mark.parametrize("group", ["operator", "site"])
def test_groups_are_those_of_the_training_rows(group):
    inputs = links(rows=400)
    target = line(inputs) + noise(0, 3.0, 400)
    rest = Inputs({name: column for name, column in inputs.columns.items() if name != group})
    model = NetworkEffects().fit(inputs, target)
    with pytest.raises(InputError, match=f"{group}: there is no such column of links"):
        model.predict(rest)
    without = NetworkEffects().fit(rest, target)
    again = NetworkEffects().restore(*without.state())
    np.testing.assert_array_equal(without.predict(inputs).mean, without.predict(rest).mean)
    np.testing.assert_array_equal(again.predict(inputs).mean, without.predict(rest).mean)


def test_a_committee_is_the_mean_of_its_members():
    inputs = links()
    target = line(inputs) + noise(0, 3.0) + 6 * (inputs["operator"] == "a")
    members = BentLine(), NetworkEffects()
    said = Committee(members).fit(inputs, target).predict(inputs)
    parts = [member.fit(inputs, target).predict(inputs) for member in members]
    np.testing.assert_array_equal(said.mean, (parts[0].mean + parts[1].mean) / 2)
    apart = (parts[0].mean - parts[1].mean) / 2
    variance = (parts[0].deviation_db ** 2 + parts[1].deviation_db ** 2) / 2 + apart**2
    np.testing.assert_allclose(said.deviation_db, np.sqrt(variance))
    with pytest.raises(InputError, match="members: there are none"):
        Committee(())
