"""Columns of links as the standardised matrix of a model, fitted on training rows alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np

from ..errors import InputError, nearest_name
from .inputs import Inputs, is_label


@dataclass(frozen=True)
class Encoding:
    """How columns become D standardised numbers.

    Attributes
    ----------
    names : (D,) column that each number is of, as "sector" or, one-hot, "sector=A"
    mean, scale : (D,) of the training rows; a number is (value - mean) / scale
    vocabulary : names that a column of them may hold, in ascending order; a name's code is its place, and has one also
        where only rows that are held out have that name
    dropped : column that was asked for, and why it is not used
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    vocabulary: dict[str, tuple[str, ...]]
    dropped: dict[str, str]

    @classmethod
    def fit(cls, inputs: Inputs, names: Iterable[str], *, one_hot: bool = False) -> Encoding:
        """The encoding of training rows.

        Columns that are constant in them, or that they do not have, are dropped and named.

        Raises
        ------
        InputError
            No column is left.
        """
        dropped: dict[str, str] = {}
        vocabulary: dict[str, tuple[str, ...]] = {}
        kept: list[str] = []
        for name in names:
            if name not in inputs:
                dropped[name] = inputs.left_out.get(name, "the links have no such column")
            elif (inputs[name] == inputs[name][0]).all():
                dropped[name] = f"constant in the training rows: {inputs[name][0]}"
            elif is_label(inputs[name]):
                vocabulary[name] = inputs.vocabulary[name]
                here = sorted(set(inputs[name].tolist()))
                kept += [f"{name}={value}" for value in here] if one_hot else [name]
            else:
                kept.append(name)
        if not kept:
            reasons = "; ".join(f"{name}: {why}" for name, why in dropped.items())
            raise InputError(f"features: none can be used ({reasons})")
        raw = _raw(inputs, kept, vocabulary)
        return cls(tuple(kept), tuple(raw.mean(axis=0)), tuple(raw.std(axis=0)), vocabulary, dropped)

    def matrix(self, inputs: Inputs) -> np.ndarray:
        """(N, D) float32.

        Raises
        ------
        InputError
            A column is missing, or holds a name that was not among those of the training file.
        """
        raw = _raw(inputs, self.names, self.vocabulary)
        return ((raw - np.array(self.mean)) / np.array(self.scale)).astype(np.float32)

    def to_dict(self) -> dict:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> Encoding:
        """The encoding that :meth:`to_dict` told."""
        vocabulary = {name: tuple(words) for name, words in values["vocabulary"].items()}
        listed = {name: tuple(values[name]) for name in ("names", "mean", "scale")}
        return cls(**listed, vocabulary=vocabulary, dropped=dict(values["dropped"]))


def _raw(inputs: Inputs, names: Iterable[str], vocabulary: dict[str, tuple[str, ...]]) -> np.ndarray:
    """(N, D) float64, not yet standardised."""
    out = []
    for name in names:
        column, equals, value = name.partition("=")
        if column in vocabulary:
            words = inputs[column]
            code = np.searchsorted(vocabulary[column], words)
            known = np.isin(words, vocabulary[column])
            if not known.all():
                word = str(words[np.argmin(known)])
                hint = nearest_name(word, vocabulary[column])
                raise InputError(
                    f"{column}: row {int(np.argmin(known))} is {word!r}, which the model was not trained with{hint}; "
                    "leave such rows out, or train with measurements of it"
                )
            out.append(np.asarray(words == value, dtype=float) if equals else code.astype(float))
        else:
            out.append(np.asarray(inputs[name], dtype=float))
    return np.stack(out, axis=1)
