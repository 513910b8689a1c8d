"""What was to be reached, and what was."""

from __future__ import annotations

from ...evaluation.scores import LEVELS
from ..figure import Claim, Figure, Table, verdict
from . import synthetic
from .data_set import DataSet
from .methods import BASELINES, OURS
from .splits import BLOCKED, RANDOM, SPLITS, Split
from .study import Study

NAME = "targets"
TITLE = "What was to be reached"
PAPER = "These targets are ours; the paper's own claims stand in the table above."
GAINS = {"empirical": 0.20, "MLP": 0.10}
"""In error above the noise floor."""
POINTS = 0.03
SETS_WON = 2
COVERED = (0.75, 0.85)
"""Of 80 % intervals."""


def make(study: Study) -> Figure:
    """The targets with their verdicts, and one line a data set and split."""
    found = targets(study)
    rows = tuple((target.text, target.verdict, target.number) for target in found)
    summary = tuple(
        (
            data_set.title,
            split.name,
            data_set.floor_db(),
            *(results[name].mae_db if name in results else None for name in study.methods),
        )
        for data_set in study.data_sets
        for split in SPLITS
        for results in [study.results(data_set, split)]
    )
    columns = ("data", "folds", "noise floor, dB", *(f"{name}, dB" for name in study.methods))
    tables = (Table(NAME, ("target", "found", "number"), rows), Table("summary", columns, summary))
    return Figure(NAME, TITLE, PAPER, " ".join([*beaten_by_cell_mean(study), *first_tier(study)]), tables)


def headline(study: Study) -> tuple[str, ...]:
    """First of all what holds and what does not."""
    found = targets(study)
    held = sum(target.verdict == "holds" for target in found)
    lines = [f"{held} of {len(found)} targets hold." if found else "No target was judged."]
    lines += [f"{target.verdict}: {target.text} {target.number}." for target in found]
    lines += [*beaten_by_cell_mean(study), *first_tier(study)]
    if not study.real:
        lines.append("Only the made-up drive test was judged; --data names the folder of the public measurements.")
    thinned = [f"{data_set.title} is {data_set.notes[-1]}" for data_set in study.data_sets if data_set.is_thinned]
    if thinned:
        lines.append(f"Not all rows are judged: {'; '.join(thinned)}.")
    return tuple(lines)


def targets(study: Study) -> list[Claim]:
    """Those that can be judged on the data sets and methods at hand."""
    made_up = [data_set for data_set in study.data_sets if data_set.name == synthetic.NAME]
    found = []
    if {"proposed", *GAINS} <= set(study.methods):
        found += [judge(study, data_set) for data_set in made_up for judge in (_gains, _proposed_intervals)]
    if OURS in study.methods and study.real:
        found += [_beats_baselines(study)] if set(BASELINES) & set(study.methods) else []
        found.append(_our_intervals(study))
    return found


def beaten_by_cell_mean(study: Study) -> list[str]:
    """Methods that know no more of a place than its cell's mean does, by data set and blocked split."""
    if "cell mean" not in study.methods:
        return []
    told = []
    for data_set in study.data_sets:
        for split in BLOCKED:
            results = study.results(data_set, split)
            floor = results["cell mean"].mae_db
            losers = [f"{name} ({result.mae_db:.2f})" for name, result in results.items() if name != "cell mean"
                      and result.mae_db >= floor]  # fmt: skip
            if losers:
                told.append(f"{data_set.title}, {_words(split)}: {', '.join(losers)} against {floor:.2f} dB")
    if not told:
        return ["Every method beats the mean of each cell in every blocked split."]
    return [f"No better than the mean of each cell where nobody has been: {'; '.join(told)}."]


def first_tier(study: Study) -> list[str]:
    """Whether images help the network: the proposed one against the plain one."""
    if not {"MLP", "proposed"} <= set(study.methods):
        return []
    gains = {
        (data_set.title, split): 1 - results["proposed"].mae_db / results["MLP"].mae_db
        for data_set in study.with_images
        for split in SPLITS
        for results in [study.results(data_set, split)]
    }
    told = ", ".join(f"{title}, {_words(split)} {gain:+.1%}" for (title, split), gain in gains.items())
    helps = [gain > 0 for gain in gains.values()]
    word = "helps throughout" if all(helps) else "does not help throughout" if any(helps) else "does not help"
    features = f"{study.settings.latent} features of the autoencoder (the paper has two)"
    return [f"The first tier {word}: error saved by {features} over the plain network, {told}."]


def _gains(study: Study, data_set: DataSet) -> Claim:
    floor_db = data_set.floor_db() or 0.0
    mae_db = {name: study.result(data_set, RANDOM, name).mae_db for name in ("proposed", *GAINS)}
    gain = {name: 1 - (mae_db["proposed"] - floor_db) / (mae_db[name] - floor_db) for name in GAINS}
    in_order = mae_db["proposed"] < mae_db["MLP"] < mae_db["empirical"]
    return Claim(
        "Made-up town, the paper's random folds: the proposed network errs less than the plain one, that less than the "
        "empirical model, by 20 % and 10 % of the error above the noise floor.",
        verdict(in_order and all(gain[name] >= wanted for name, wanted in GAINS.items()), in_order),
        f"{', '.join(f'{name} {value:.2f}' for name, value in mae_db.items())} dB over a floor of {floor_db:.2f}; "
        f"saved above it {', '.join(f'{value:+.0%} of {name}' for name, value in gain.items())}",
    )


def _proposed_intervals(study: Study, data_set: DataSet) -> Claim:
    told, off = [], []
    for split in (RANDOM, BLOCKED[0]):
        result = study.result(data_set, split, "proposed")
        shares = [result.coverage(level, calibrated=result.is_calibrated) for level in LEVELS]
        off.append(max(abs(share - level) for share, level in zip(shares, LEVELS, strict=True)))
        how = "calibrated" if result.is_calibrated else "as stated"
        told.append(f"{_words(split)} ({how}) {', '.join(f'{share:.1%}' for share in shares)}")
    return Claim(
        "Made-up town: the 50, 80 and 95 % intervals of the proposed network hold within 3 points.",
        verdict(max(off) <= POINTS, min(off) <= POINTS),
        "; ".join(told),
    )


def _beats_baselines(study: Study) -> Claim:
    """In every blocked split, against the best of the baselines on each real set."""
    won, told = {split: 0 for split in BLOCKED}, []
    for data_set in study.real:
        for split in BLOCKED:
            results = study.results(data_set, split)
            best = min((name for name in BASELINES if name in results), key=lambda name: results[name].mae_db)
            won[split] += results[OURS].mae_db < results[best].mae_db
            ours_db, best_db = results[OURS].mae_db, results[best].mae_db
            told.append(f"{data_set.title}, {_words(split)} {ours_db:.2f} against {best_db:.2f} dB ({best})")
    needed = min(SETS_WON, len(study.real))
    return Claim(
        "Ours, chosen in each fold on inner blocked folds, beats every baseline on two of the three public sets.",
        verdict(all(count >= needed for count in won.values()), any(count >= needed for count in won.values())),
        "; ".join(told),
    )


def _our_intervals(study: Study) -> Claim:
    shares = {
        (data_set.title, split): study.result(data_set, split, OURS).coverage(0.8, calibrated=True)
        for data_set in study.real
        for split in BLOCKED
    }
    inside = [COVERED[0] <= share <= COVERED[1] for share in shares.values()]
    return Claim(
        "Ours: calibrated 80 % intervals cover 75 to 85 % of the public sets' samples in blocked folds.",
        verdict(all(inside), any(inside)),
        ", ".join(f"{title}, {_words(split)} {share:.1%}" for (title, split), share in shares.items()),
    )


def _words(split: Split) -> str:
    return "random" if split.block_m is None else f"{split.block_m:g} m"
