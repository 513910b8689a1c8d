"""Carriers, names and sites: which rows of a station file interfere, and which are one station."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..units import MM_PER_M

if TYPE_CHECKING:
    import pandas

CELLS_PER_SITE = {"LTE": 256, "NR": 4096}
"""Cell ids of one site: LTE by 3GPP TS 36.413 (eNB id = cell id // 256); NR assumes a gNB id of 24 bits."""
SITE_WORD = {"LTE": "eNB", "NR": "gNB"}
RADIO_OF_ID = {"gnb": "NR", "enb": "LTE", "eci": "LTE"}
"""Columns of ids that cells of one radio have."""
NR_ASSUMPTION = "NR cells are assigned to a gNB by cell id // 4096, which assumes a gNB id of 24 bits"


def label_rows(rows: pandas.DataFrame, *, by_site: bool) -> pandas.DataFrame:
    """The rows with ``radio``, ``network``, ``carrier``, ``site`` and ``id`` filled in; "" where not known.

    Parameters
    ----------
    by_site : bool
        Name rows after their site ("LTE 302-220 eNB 12345") instead of their cell.
    """
    blank = np.full(len(rows), "", dtype=object)
    radio = _text(rows, "radio", blank).str.upper()
    told = {name: of for name, of in RADIO_OF_ID.items() if name in rows}
    for name, of in told.items():
        is_of = rows[name].notna() if len(set(told.values())) > 1 else True  # ids of one radio: all rows are of it
        radio = radio.mask((radio == "") & is_of, of)
    network = _text(rows, "network", blank).map(network_label)
    if "mcc" in rows and "mnc" in rows:
        known = rows.mcc.notna() & rows.mnc.notna() & (network == "")
        mcc, mnc = (rows[name].where(known, 0).astype(int).astype(str) for name in ("mcc", "mnc"))
        network = network.where(~known, (mcc + "-" + mnc).map(network_label))
    frequency = rows.frequency_mhz if "frequency_mhz" in rows else np.full(len(rows), np.nan)
    own_carrier = _text(rows, "carrier", blank)
    owner = _joined(radio, network)
    carrier = own_carrier.where(own_carrier != "", _joined(owner, _numbered("", frequency, rows, " MHz")))
    site = _site(rows, radio)
    name = _text(rows, "id", blank)
    where = _joined(_numbered("area ", rows.get("area"), rows), _numbered("cell ", _cell(rows), rows))
    cell_name = _joined(owner, where).where(where != "", "")
    site_name = _joined(owner, site)
    made = site_name.where(site != "", cell_name) if by_site else cell_name
    return rows.assign(
        radio=radio, network=network, carrier=carrier, site=site, site_name=site_name, id=name.where(name != "", made)
    )


def network_label(name: str) -> str:
    """``"302-220"`` for 302-220, 302 220 or 302220; ``"262-01"`` for 262-1; other names as they are."""
    match = re.fullmatch(r"(\d{3})[- ]?0*(\d{1,3})", name.strip())
    return f"{match[1]}-{int(match[2]):02d}" if match else name.strip()


@dataclass(frozen=True)
class Merged:
    """Stations made of cells."""

    rows: pandas.DataFrame
    cells_merged_away: int
    widest_m: float
    """Largest distance of a cell from the station that it went into, m."""


def merge_cells(rows: pandas.DataFrame) -> Merged:
    """One isotropic station for the cells of one site, and for cells at one place, of one carrier.

    Rows with an azimuth stay as they are. Positions and heights of a station are the means of
    its cells, its power the mean in mW. Cells without a site id are one station where they are
    equal in position and height to the millimetre.
    """
    isotropic = rows.azimuth_deg.isna().to_numpy()
    has_site = isotropic & (rows.site != "").to_numpy()
    own = np.arange(len(rows)).astype(str).astype(object)
    by_site = np.where(has_site, (rows.carrier + "\0" + rows.site).to_numpy(dtype=object), own)
    folded, widest_m = _fold(rows, by_site, rows.site_name.where(rows.site != "", rows.id))
    isotropic = folded.azimuth_deg.isna().to_numpy()
    place = folded.carrier
    for name in ("x_m", "y_m", "height_m"):
        place = place + "\0" + np.rint(folded[name] * MM_PER_M).astype(np.int64).astype(str)
    own = np.arange(len(folded)).astype(str).astype(object)
    final, _ = _fold(folded, np.where(isotropic, place.to_numpy(dtype=object), own), folded.id)
    return Merged(final, len(rows) - len(final), widest_m)


def _fold(rows: pandas.DataFrame, key: np.ndarray, common_id) -> tuple[pandas.DataFrame, float]:
    """One row for each key, in the order of the file, and how far the widest group reaches, m."""
    _, group = np.unique(key.astype(str), return_inverse=True)
    if len(group) == group.max() + 1:
        return rows, 0.0
    # Sums run over sorted rows, so that the order of the file does not show in the last bit.
    order = np.lexsort((rows.power_dbm, rows.y_m, rows.x_m, rows.id.astype(str), group))
    rows, group, common_id = rows.iloc[order], group[order], common_id.iloc[order]
    start = np.flatnonzero(np.diff(group, prepend=-1))
    out = rows.iloc[start].copy()
    for name in ("x_m", "y_m", "height_m", "load"):
        out[name] = _mean(rows[name].to_numpy(), start)
    mean_mw = _mean(10 ** (rows.power_dbm.to_numpy() / 10), start)
    same_power = _is_constant(rows.power_dbm.to_numpy(), start)
    out["power_dbm"] = np.where(same_power, out.power_dbm, 10 * np.log10(mean_mw))
    same_frequency = _is_constant(rows.frequency_mhz.to_numpy(), start)
    out["frequency_mhz"] = np.where(same_frequency, out.frequency_mhz, np.nan)
    out["cells"] = np.add.reduceat(rows.cells.to_numpy(), start)
    out["row"] = np.minimum.reduceat(rows["row"].to_numpy(), start)
    last = np.append(start[1:], len(rows)) - 1
    mixed = rows.id.iloc[start].to_numpy() != rows.id.iloc[last].to_numpy()  # sorted by id: first = last if equal
    out["id"] = np.where(mixed, common_id.iloc[start].to_numpy(dtype=object), out.id.to_numpy(dtype=object))
    reach_m = np.hypot(rows.x_m - out.x_m.to_numpy()[group], rows.y_m - out.y_m.to_numpy()[group])
    return out.sort_values(["row", "id"]), float(reach_m.max())


def _mean(value: np.ndarray, start: np.ndarray) -> np.ndarray:
    count = np.diff(np.append(start, len(value)))
    mean = np.add.reduceat(value, start) / count
    return np.where(_is_constant(value, start), value[start], mean)  # equal values keep their bytes


def _is_constant(value: np.ndarray, start: np.ndarray) -> np.ndarray:
    return np.minimum.reduceat(value, start) == np.maximum.reduceat(value, start)


def _site(rows, radio):
    """``"eNB 12345"`` of each row; "" where no id tells the site."""
    import pandas as pd

    number = pd.Series(np.nan, index=rows.index)
    cell = _cell(rows)
    if cell is not None:
        # A cell id below the site's share (site 0) is a local number or a placeholder, not a global id.
        for name, cells_per_site in CELLS_PER_SITE.items():
            number = number.mask((radio == name) & (cell >= cells_per_site), cell // cells_per_site)
    for name, radios in (("enb", list(SITE_WORD)), ("gnb", ["NR"])):  # some files have all ids of sites as eNB
        if name in rows:
            number = rows[name].where(rows[name].notna() & radio.isin(radios), number)
    word = radio.map(SITE_WORD).fillna("")
    return _joined(word, _numbered("", number, rows)).where(number.notna(), "")


def _cell(rows):
    """Global cell id where the file has one (its ECI before its cell column)."""
    if "eci" in rows:
        return rows.eci.fillna(rows.cell) if "cell" in rows else rows.eci
    return rows.get("cell")


def _text(rows, name: str, blank: np.ndarray):
    import pandas as pd

    return rows[name] if name in rows else pd.Series(blank, index=rows.index)


def _numbered(before: str, number, rows, after: str = ""):
    """Text of numbers between ``before`` and ``after``; "" where there is none."""
    import pandas as pd

    if number is None:
        return pd.Series("", index=rows.index, dtype=object)
    number = pd.Series(number, index=rows.index)
    text = number.map(lambda value: f"{before}{value:.12g}{after}")
    return text.where(number.notna(), "")


def _joined(first, second):
    return (first + " " + second).str.strip()
