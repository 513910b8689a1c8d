"""Line of sight off the profile of a link by a small network, step by step. Positions in single precision."""

from math import ceil, exp, floor, hypot, sqrt

import numpy as np

NOTHING = (-1.0, -1.0, -1.0)


def steps_of(receiver_mm, station_mm, roof_at, cell_mm, corner_mm, scale_mm, side):
    """Clearances of every step: under the link, on the higher side, on the lower side."""
    f = np.float32
    east, north = (int(station_mm[k]) - int(receiver_mm[k]) for k in (0, 1))
    length = hypot(east, north)
    number = max(1, ceil(length / cell_mm))
    start = [f((int(receiver_mm[k]) - corner_mm[k]) / cell_mm) for k in (0, 1)]
    stride = [f(d / cell_mm / number) for d in (east, north)]
    aside = [f(-north * side / length), f(east * side / length)] if length else [f(0), f(0)]
    rise = f((int(station_mm[2]) - int(receiver_mm[2])) / number)
    out = []
    for i in range(number):
        along = f(i) + f(0.5)
        x, y = (start[k] + along * stride[k] for k in (0, 1))
        link_mm = f(int(receiver_mm[2])) + along * rise

        def over(u, v, link_mm=link_mm):
            roof_mm = roof_at(floor(u), floor(v))
            return -1.0 if roof_mm <= 0 else min(1.0, max(-1.0, float(roof_mm - link_mm) / scale_mm))

        sides = sorted((over(x + aside[0], y + aside[1]), over(x - aside[0], y - aside[1])))
        out.append((over(x, y), sides[1], sides[0]))
    return out


def passes(steps, kernel, bias, weight, weight_bias) -> float:
    """exp(- sum of hazards); a step that sees no roof in its window has none."""
    padded = [NOTHING, *steps, NOTHING]
    total = 0.0
    for i in range(len(steps)):
        window = [value for step in padded[i : i + 3] for value in step]
        if max(window) <= -1.0:
            continue
        out = float(weight_bias[0])
        for j in range(len(bias)):
            value = float(bias[j]) + sum(float(kernel[k][j]) * window[k] for k in range(9))
            out += float(weight[j]) * max(0.0, value)
        total += (out + sqrt(out * out + 1)) / 2
    return exp(-total)


def rings_free(roof_mm, level_mm: int):
    """Rings of cells around each, the own one included, without a roof above the level; at most 255."""
    high = np.argwhere(np.asarray(roof_mm) > level_mm)
    out = np.full(np.shape(roof_mm), 255)
    for at in np.ndindex(*out.shape):
        if len(high):
            out[at] = min(255, np.abs(high - at).max(axis=1).min())
    return out
