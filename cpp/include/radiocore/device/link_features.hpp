// Features of links as bodies: crossings are counted, then found and used up in a room of just that size.
#pragma once

#include "radiocore/device/trace.hpp"
#include "radiocore/geometry/link_features.hpp"

namespace radiocore {

/// (N,) columns of the features of N links.
struct LinkFeatureColumns {
  std::uint8_t* is_los;
  std::int32_t* buildings;
  std::int32_t* receiver_building;
  double* obstruction_m;
  double* penetration_m;
  double* distance_m;
  double* plan_distance_m;

  RADIOCORE_HD void set(index_t i, const LinkFeatures& features) const {
    is_los[i] = features.is_los;
    buildings[i] = features.buildings;
    receiver_building[i] = features.receiver_building;
    obstruction_m[i] = features.obstruction_m;
    penetration_m[i] = features.penetration_m;
    distance_m[i] = features.distance_m;
    plan_distance_m[i] = features.plan_distance_m;
  }
  /// The columns without their first links.
  LinkFeatureColumns from(index_t first) const {
    return {is_los + first,        buildings + first,  receiver_building + first, obstruction_m + first,
            penetration_m + first, distance_m + first, plan_distance_m + first};
  }
};

/// Items are links.
struct CountCrossings {
  TownView town;
  const Point3* transmitters;
  const Point3* receivers;
  std::int64_t* crossings;

  RADIOCORE_HD void operator()(index_t i) const {
    std::int64_t number = 0;
    const Link link{transmitters[i], receivers[i]};
    const auto count = [&](double, std::int32_t, bool) { ++number; };
    for_each_start(town.city, town.grid, link, count);
    for_each_crossing(town.city, town.grid, link, count);
    crossings[i] = number;
  }
};

/// Items are links from `first` on; link i has stretches[start[i] - start[first]] .. of its own.
struct FindLinkFeatures {
  TownView town;
  const Point3* transmitters;
  const Point3* receivers;
  bool hosts_transparent;
  index_t first;
  const std::int64_t* start;
  Stretch* stretches;
  LinkFeatureColumns columns;

  RADIOCORE_HD void operator()(index_t item) const {
    const index_t i = first + item;
    const Link link{transmitters[i], receivers[i]};
    Stretch* const own = stretches + (start[i] - start[first]);
    index_t count = 0;
    const auto add = [&](double share, std::int32_t prism, bool below_base) {
      own[count++] = crossing_at(share, prism, below_base);
    };
    for_each_start(town.city, town.grid, link, add);
    const index_t starts = count;
    for_each_crossing(town.city, town.grid, link, add);
    columns.set(i, link_features(town.city, town.grid, link, hosts_transparent, own, starts, count));
  }
};

}  // namespace radiocore
