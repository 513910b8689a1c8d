// Line of sight as bodies: what holds a point, and is a link free.
#pragma once

#include "radiocore/device/links.hpp"
#include "radiocore/geometry/wall_grid.hpp"

namespace radiocore {

/// A city where a body can reach it.
struct TownView {
  CityView city;
  WallGridView grid;
};

/// Buildings transparent to each station: list[start[s]] .. list[start[s + 1]].
struct HostTable {
  const std::int64_t* start;
  const std::int32_t* list;

  RADIOCORE_HD HostList of(index_t station) const {
    return {list + start[station], start[station + 1] - start[station]};
  }
};

/// Items are receivers: the building that holds each in 3-D, or -1.
struct FindBuilding {
  TownView town;
  Places receivers;
  std::int32_t* building;

  RADIOCORE_HD void operator()(index_t r) const {
    building[r] = building_at(town.city, town.grid, receivers[r], true);
  }
};

/// Items are stations: is each inside a prism that is not its host? Then it has no line of sight.
struct FindEnclosed {
  TownView town;
  HostTable hosts;
  const Point3* stations;
  std::uint8_t* enclosed;

  RADIOCORE_HD void operator()(index_t s) const {
    const HostList host = hosts.of(s);
    bool inside = false;
    for_each_prism_near(town.grid, stations[s].plan(), [&](std::int32_t prism) {
      if (!inside && !host.holds(town.city.building[prism])) inside = prism_contains(town.city, prism, stations[s]);
    });
    enclosed[s] = inside;
  }
};

/// Bits (station, receiver): line of sight, by walking the cells that the link touches. Exact.
///
/// Receivers inside a building have none (the paper's type-I rule); links longer in plan than
/// max_distance_mm (if >= 0) are not traced.
struct TraceLink {
  TownView town;
  HostTable hosts;
  const Point3* stations;
  const std::uint8_t* enclosed;
  Places receivers;
  const std::int32_t* building;
  std::int64_t max_distance_mm;

  /// What can be told without asking any wall.
  RADIOCORE_HD bool may_see(index_t s, index_t r) const {
    if (enclosed[s] || building[r] >= 0) return false;
    if (max_distance_mm < 0) return true;
    const Point3 station = stations[s], receiver = receivers[r];
    const std::int64_t dx = station.x - receiver.x, dy = station.y - receiver.y;
    return dx * dx + dy * dy <= max_distance_mm * max_distance_mm;
  }

  RADIOCORE_HD bool operator()(index_t s, index_t r) const {
    return may_see(s, r) && !link_blocked(town.city, town.grid, receivers[r], stations[s], hosts.of(s));
  }
};

}  // namespace radiocore
