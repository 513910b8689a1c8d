"""What the RSRP report reaches on the public measurements and the made-up town, as it is run by default."""

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
COVERED = (0.72, 0.88)
"""As the report wants of 80 % intervals, and three points more: blocks are few, and a machine's sums differ."""


@pytest.mark.slow
def test_ours_beats_every_baseline_on_two_public_sets_and_its_intervals_hold(shared_data):
    folder = shared_data(dortmund.FOLDER).parent
    places = [module.load(folder).thinned(SETTINGS.rows, 0) for module in (dortmund, dtu, huawei)]
    settings = replace(SETTINGS, methods=(*BASELINES, OURS))
    study = Study(settings, tuple(places), progress=False)
    study.judge_all(BLOCKED)
    beaten, _ = targets.targets(study)
    assert beaten.verdict == "holds", beaten.number
    shares = {
        (place.name, split.name): study.result(place, split, OURS).coverage(0.8, calibrated=True)
        for place in places
        for split in BLOCKED
    }
    assert all(COVERED[0] <= share <= COVERED[1] for share in shares.values()), shares


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
