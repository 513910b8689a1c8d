"""What the RSRP report reaches on the public measurements and the made-up town, with few folds."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")
from radiocore.reproduce.rsrp import dortmund, dtu, huawei, synthetic, targets
from radiocore.reproduce.rsrp.methods import BASELINES, OURS
from radiocore.reproduce.rsrp.settings import Settings
from radiocore.reproduce.rsrp.splits import BLOCKED, RANDOM
from radiocore.reproduce.rsrp.study import Study

SETTINGS = Settings.quick()
COVERED = (0.70, 0.88)
"""As the report wants of 80 % intervals with 20 folds, and more: here are four, and a machine's sums differ."""
HAIR = 1.01
"""Where there are no buildings ours and plain kriging are nearly one."""


@pytest.mark.slow
def test_ours_errs_no_more_than_every_baseline_in_blocks_of_100_m_and_its_intervals_hold(shared_data):
    """In blocks of 400 m it was to beat them on two sets, too; the report says that it does on one."""
    folder = shared_data(dortmund.FOLDER).parent
    places = [module.load(folder).thinned(SETTINGS.rows, 0) for module in (dortmund, dtu, huawei)]
    settings = replace(SETTINGS, methods=(*BASELINES, OURS), images=100, image_epochs=1)
    study = Study(settings, tuple(places), progress=False)
    study.judge_all(BLOCKED[:1])
    for place in places:
        found = {name: study.result(place, BLOCKED[0], name) for name in study.methods}
        best_db = min(found[name].mae_db for name in BASELINES)
        assert found[OURS].mae_db < HAIR * best_db, (place.name, best_db, found[OURS].mae_db)
        assert COVERED[0] <= found[OURS].coverage(0.8, calibrated=True) <= COVERED[1], place.name


@pytest.mark.slow
def test_the_proposed_network_beats_the_empirical_model_and_its_intervals_hold():
    """The tenth that it was to save over the plain network is not asked for: the report says by how much it misses."""
    town = synthetic.load(SETTINGS, 0)
    settings = replace(SETTINGS, methods=("empirical", "MLP", "proposed"))
    study = Study(settings, (town,), progress=False)
    _, intervals = targets.targets(study)
    assert intervals.verdict == "holds", intervals.number
    floor_db = town.floor_db()
    above_db = {name: study.result(town, RANDOM, name).mae_db - floor_db for name in study.methods}
    assert above_db["MLP"] < above_db["empirical"]
    assert above_db["proposed"] < 0.8 * above_db["empirical"]
    assert above_db["proposed"] < 1.05 * above_db["MLP"]
