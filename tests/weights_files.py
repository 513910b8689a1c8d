"""Small weights files of path-loss networks."""

import json

import numpy as np


def network_document(names, outputs, *, hidden=5, seed=0):
    """The object that such a file holds, with drawn weights."""
    draw = np.random.default_rng(seed)
    widths = [len(names), hidden, hidden, outputs]
    return {
        "inputs": list(names),
        "standardise": {"mean": [100.0] * len(names), "std": [1000.0] * len(names)},
        "layers": [
            {"W": draw.normal(0, 1, (one, two)).tolist(), "b": draw.normal(20, 1, two).tolist()}
            for one, two in zip(widths, widths[1:], strict=False)
        ],
    }


def write_weights(path, names, outputs, **options):
    path.write_text(json.dumps(network_document(names, outputs, **options)))
    return path
