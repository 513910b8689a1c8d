"""What the models of RSRP reach, on a smaller study than the report's, with slack for noise; seeds are fixed."""

from __future__ import annotations

import pytest

from radiocore.reproduce.rsrp import dortmund, dtu, huawei, synthetic
from radiocore.reproduce.rsrp.methods import BASELINES, OURS
from radiocore.reproduce.rsrp.settings import Settings
from radiocore.reproduce.rsrp.splits import BLOCKED, RANDOM
from radiocore.reproduce.rsrp.study import Study

pytest.importorskip("torch")
pytest.importorskip("sklearn")
pytestmark = pytest.mark.slow

SETTINGS = Settings(samples=1500, rows=1200)
SLACK = 0.03


@pytest.fixture(scope="module")
def made_up():
    return Study(SETTINGS, (synthetic.load(SETTINGS, 0),), progress=False)


@pytest.fixture(scope="module")
def public(shared_data):
    folder = shared_data(dortmund.FOLDER).parent
    data_sets = tuple(module.load(folder).thinned(SETTINGS.rows, 0) for module in (dortmund, dtu, huawei))
    return Study(SETTINGS, data_sets, progress=False)


def test_the_plain_network_beats_the_law_and_the_law_the_mean_of_a_cell(made_up):
    (town,) = made_up.data_sets
    mae_db = [made_up.result(town, RANDOM, name).mae_db for name in ("MLP", "empirical", "cell mean")]
    assert mae_db == sorted(mae_db)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_intervals_of_the_made_up_town_hold(made_up, level):
    (town,) = made_up.data_sets
    found = made_up.result(town, BLOCKED[0], "MLP")
    assert found.is_calibrated
    assert found.coverage(level, calibrated=True) == pytest.approx(level, abs=0.03 + SLACK)


def test_ours_beats_every_baseline_on_two_public_sets(public):
    won = []
    for data_set in public.data_sets:
        results = {name: public.result(data_set, BLOCKED[0], name).mae_db for name in (OURS, *BASELINES)}
        won.append(all(results[OURS] < results[name] * (1 + SLACK) for name in BASELINES))
    assert sum(won) >= 2


def test_our_intervals_cover_on_public_sets(public):
    for data_set in public.data_sets:
        share = public.result(data_set, BLOCKED[0], OURS).coverage(0.8, calibrated=True)
        assert 0.75 - SLACK <= share <= 0.85 + SLACK, data_set.title
