"""What Path Obscura asks of a link beside its length inside obstacles, from samples along it.

Source of the columns: arXiv:2501.08306, and crc-covlib, which takes them from a profile of surface heights. Here that
profile is the buildings' and the ground is flat, so that no obstruction is terrain. Where roofs are flat a local
maximum is a stretch of one height that is higher than what the link meets on either side.
"""

from __future__ import annotations

import numpy as np

from ..units import MM_PER_M

STEP_M = 2.0
"""Between samples, in plan, at most; gaps that are narrower are not seen."""
SAMPLES_AT_A_TIME = 1 << 18
METRES_MHZ = 299.792458
"""Wavelength times frequency."""


def profile_columns(
    scene, station_mm, hosts, receivers_mm, frequency_mhz: float, threads: int
) -> dict[str, np.ndarray]:
    """Columns of the links from one station, each (R,).

    Parameters
    ----------
    station_mm, receivers_mm : (3,) and (R, 3) int64 places on the lattice
    hosts : rows of the buildings that are transparent to the station

    Returns
    -------
    dict
        ``intersection_depth_m`` (along the link, from where the first obstacle begins to where the last ends),
        ``obstruction_count`` (stretches without a gap), ``terrain_share`` (0) and ``above_fresnel_count`` (local maxima
        of the roofs that rise out of the first Fresnel zone).
    """
    plan_m = np.hypot(*(receivers_mm - station_mm)[:, :2].T) / MM_PER_M
    samples = np.maximum(np.ceil(plan_m / STEP_M), 1).astype(np.int64)
    ends = np.cumsum(samples)
    columns = {name: np.zeros(len(samples)) for name in _COLUMNS}
    first = 0
    while first < len(samples):
        before = ends[first] - samples[first]
        last = max(first + 1, int(np.searchsorted(ends, before + SAMPLES_AT_A_TIME, side="right")))
        here = slice(first, last)
        found = _of_samples(scene, station_mm, hosts, receivers_mm[here], samples[here], frequency_mhz, threads)
        for name, values in zip(_COLUMNS, found, strict=True):
            columns[name][here] = values
        first = last
    return columns | {"terrain_share": np.zeros(len(samples))}


_COLUMNS = ("intersection_depth_m", "obstruction_count", "above_fresnel_count")
PROFILE_COLUMNS = (*_COLUMNS, "terrain_share")


def _of_samples(scene, station_mm, hosts, receivers_mm, samples, frequency_mhz: float, threads: int):
    """The first three columns; after the samples of each link lies one of open ground, which parts it from the next."""
    link = np.repeat(np.arange(len(samples)), samples + 1)
    start = np.cumsum(samples + 1) - (samples + 1)
    number = np.arange(len(link)) - start[link]
    share = (number + 0.5) / samples[link]
    along_mm = receivers_mm - station_mm
    place_mm = station_mm + np.rint(share[:, None] * along_mm[link]).astype(np.int64)
    is_sample = number < samples[link]
    building = np.full(len(link), -1)
    building[is_sample] = scene.city.buildings_at(place_mm[is_sample], True, threads)
    building[np.isin(building, hosts)] = -1
    inside = building >= 0

    length_m = np.sqrt((along_mm**2).sum(axis=1)) / MM_PER_M
    at = np.flatnonzero(inside)
    met, first = np.unique(link[at], return_index=True)
    last = np.append(first, len(at))[1:] - 1
    depth_m = np.zeros(len(samples))
    depth_m[met] = (at[last] - at[first] + 1) * (length_m / samples)[met]
    begins = inside & ~np.append(False, inside[:-1])
    blocks = np.bincount(link[begins], minlength=len(samples))

    roof_m = np.where(inside, scene.buildings.height_m[building], 0.0)
    zone_m = np.sqrt(METRES_MHZ / frequency_mhz * share * np.abs(1 - share) * length_m[link])
    out_of_zone = np.cumsum(roof_m > place_mm[:, 2] / MM_PER_M + zone_m)
    change_m = np.diff(roof_m, prepend=0.0)
    step = np.flatnonzero(change_m)
    up = change_m[step] > 0
    top = np.flatnonzero(up[:-1] & ~up[1:])
    begin, end = step[top], step[top + 1]
    risen = begin[out_of_zone[end - 1] > np.where(begin > 0, out_of_zone[begin - 1], 0)]
    return depth_m, blocks, np.bincount(link[risen], minlength=len(samples))
