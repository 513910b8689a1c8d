// The walls of a city as one station sees them: in sectors of azimuth, near to far, behind a horizon.
//
// For many receivers of one station this is what makes the `index` engine fast. A link looks up its
// sector, starts at the wall just in front of the receiver (the likeliest to block) and goes towards
// the station, until it is blocked or rises above everything that is left. As in the wall grid,
// sectors, distances and horizon are only reasons to look, kept on the safe side by margins; what is
// decided is decided by the exact predicates.
#pragma once

#include <cmath>

#include "radiocore/geometry/blockage.hpp"
#include "radiocore/geometry/wall_grid.hpp"

namespace radiocore {

/// Azimuth as a number in [0, 4) that grows with it; one division and no trigonometry.
RADIOCORE_HD inline double pseudo_azimuth(double dx, double dy) {
  const double length = (dx < 0 ? -dx : dx) + (dy < 0 ? -dy : dy);
  const double x = dx / length;
  return dy >= 0 ? 1.0 - x : 3.0 + x;
}

/// One wall in one sector. Within a sector `near` ascends.
struct FanEntry {
  float near;      // mm, no part of the wall is nearer to the station
  float steepest;  // a link of at least this slope passes over this wall
  float horizon;   // ... and over all nearer ones of its sector
  std::int32_t wall;
};

/// A wall and the prism that it belongs to; walls of prisms above the ground ask for the whole prism.
struct FanWall {
  std::int32_t ax, ay, bx, by;
  std::int32_t roof;
  std::int32_t prism;
  bool elevated;
};

struct StationFanView {
  Point3 station;
  std::int32_t sectors;
  const std::uint32_t* start;  // (sectors + 1,) into entries
  const FanEntry* entries;
  const FanWall* walls;
  const std::int32_t* overhead;  // elevated prisms over or under the station: asked of every link
  std::int32_t overhead_count;
};

/// Is the link from the fan's station to the receiver blocked? The ends are known to lie in no prism
/// but the station's hosts, which the fan leaves out. Equal to link_blocked on every link.
RADIOCORE_HD inline bool link_blocked(const CityView& city, const StationFanView& fan, Point3 receiver) {
  for (std::int32_t i = 0; i < fan.overhead_count; ++i) {
    if (link_meets_prism(city, fan.overhead[i], receiver, fan.station)) return true;
  }
  const double dx = double(receiver.x - fan.station.x), dy = double(receiver.y - fan.station.y);
  if (dx == 0.0 && dy == 0.0) return false;  // a vertical link crosses no wall
  const double distance = std::sqrt(dx * dx + dy * dy);
  const double slope = double(receiver.z - fan.station.z) / distance;
  std::int32_t sector = std::int32_t(pseudo_azimuth(dx, dy) * (0.25 * fan.sectors));
  sector = sector < fan.sectors ? sector : fan.sectors - 1;

  // The first entry beyond the receiver, by halving.
  const FanEntry* const first = fan.entries + fan.start[sector];
  const FanEntry* end = first;
  for (std::uint32_t left = fan.start[sector + 1] - fan.start[sector]; left > 0;) {
    const std::uint32_t half = left / 2;
    const bool nearer = double(end[half].near) <= distance;
    end = nearer ? end + half + 1 : end;
    left = nearer ? left - half - 1 : half;
  }
  for (const FanEntry* entry = end; entry != first;) {
    --entry;
    if (slope >= double(entry->horizon)) return false;
    if (slope >= double(entry->steepest)) continue;
    const FanWall& wall = fan.walls[entry->wall];
    if (wall.elevated) {
      if (link_meets_prism(city, wall.prism, receiver, fan.station)) return true;
    } else if (wall_blocks(receiver, fan.station, {wall.ax, wall.ay}, {wall.bx, wall.by}, wall.roof)) {
      return true;
    }
  }
  return false;
}

}  // namespace radiocore
