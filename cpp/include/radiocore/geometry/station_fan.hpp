// The city as one station sees it: the plan around the antenna in sectors of azimuth and rings of
// distance, and in every cell the slopes under which links are blocked.
//
// The slope of a link is its rise over its run, seen from the antenna. A wall blocks the links that
// end behind it below a slope, so that most links are decided by one look into the cell where they
// end: below `surely` of the walls before it there is no line of sight, from `perhaps` on there is.
// The few between walk the walls of their sector towards the antenna. Azimuths, distances and slopes
// are rounded, and only ever a reason to look: bounds keep a margin, and what lies between them is
// decided by the exact predicates.
#pragma once

#include <cmath>
#include <limits>

#include "radiocore/geometry/blockage.hpp"

namespace radiocore {

constexpr std::int32_t fan_sectors = 1024;  // a broad optimum in towns of 3,000 to 20,000 walls
constexpr float fan_infinity = std::numeric_limits<float>::infinity();

/// Azimuth as a number from 0 (east) to 4 that grows with it; one division and no trigonometry.
template <class Real>
RADIOCORE_INLINE Real pseudo_azimuth(Real dx, Real dy) {
  const Real ax = dx < 0 ? -dx : dx, length = ax + (dy < 0 ? -dy : dy);
  const Real x = dx / (length < 1 ? Real(1) : length);  // whole millimetres: only nothing is below 1
  return dy >= 0 ? 1 - x : 3 + x;
}

/// A wall of a prism on the ground. 32 bits hold the lattice.
struct FanWall {
  std::int32_t ax, ay, bx, by;
  std::int32_t roof;
};

/// What one wall, or one prism above the ground, does in one sector.
struct FanEntry {
  float near, far;    // mm, between them lies what is seen of it in the sector
  float surely;       // links under this slope that end beyond `far` are blocked
  float perhaps;      // links of at least this slope pass over it
  float horizon;      // ... and over all that comes before it in the sector
  std::int32_t what;  // wall, or ~prism
};

/// Bounds of slope for the links that end in a cell.
struct FanCell {
  float surely;   // below: blocked
  float perhaps;  // from here on: not
};

/// Cells are numbered sector by sector, from near to far; so are their entries.
struct StationFanView {
  Point3 station;
  std::int32_t rings;  // a power of two
  float rings_per_mm;
  const FanCell* cells;        // (fan_sectors rings,)
  const std::uint32_t* start;  // (fan_sectors rings + 1,) into entries
  const FanEntry* entries;
  const FanWall* walls;
};

/// Where a link ends in a fan, to single precision.
struct FanPlace {
  float slope, distance;  // distance in plan, mm, at least 1
  std::int32_t cell;
};

/// Ring that a distance lies in: never less for more.
RADIOCORE_INLINE std::int32_t ring_of(std::int32_t rings, float rings_per_mm, float distance) {
  const float ring = distance * rings_per_mm, last = float(rings - 1);
  return std::int32_t(ring < last ? ring : last);
}

/// Place of a receiver given by its offset from the station in whole mm.
RADIOCORE_INLINE FanPlace place_in_fan(std::int32_t rings, float rings_per_mm, std::int32_t dx_mm, std::int32_t dy_mm,
                                       std::int32_t dz_mm) {
  const float dx = float(dx_mm), dy = float(dy_mm);
  const float length = std::sqrt(dx * dx + dy * dy), distance = length < 1.0f ? 1.0f : length;
  const std::int32_t sector = std::int32_t(pseudo_azimuth(dx, dy) * (0.25f * fan_sectors));
  return {float(dz_mm) / distance, distance,
          (sector < fan_sectors ? sector : fan_sectors - 1) * rings + ring_of(rings, rings_per_mm, distance)};
}

/// Is the link blocked that ends at `receiver`, in `place`, by what its cell leaves open? Exact.
RADIOCORE_HD inline bool link_blocked(const CityView& city, const StationFanView& fan, FanPlace place,
                                      Point3 receiver) {
  const FanEntry* const first = fan.entries + fan.start[place.cell & -fan.rings];
  for (const FanEntry* entry = fan.entries + fan.start[place.cell + 1]; entry != first;) {
    --entry;
    if (place.slope >= entry->horizon) return false;
    if (place.slope >= entry->perhaps || place.distance < entry->near) continue;
    if (place.slope < entry->surely && place.distance > entry->far) return true;
    if (entry->what < 0) {
      if (link_meets_prism(city, ~entry->what, receiver, fan.station)) return true;
    } else {
      const FanWall& wall = fan.walls[entry->what];
      if (wall_blocks(receiver, fan.station, {wall.ax, wall.ay}, {wall.bx, wall.by}, wall.roof)) return true;
    }
  }
  return false;
}

}  // namespace radiocore
