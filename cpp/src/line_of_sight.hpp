// Which links are in line of sight: host loops over the exact predicates.
#pragma once

#include <vector>

#include "city.hpp"

namespace radiocore {

enum class LineOfSightEngine { brute_force, index };

/// Buildings transparent to each station: list[start[s]] .. list[start[s + 1]].
struct Hosts {
  const std::int64_t* start;
  const std::int32_t* list;

  HostList of(index_t station) const { return {list + start[station], start[station + 1] - start[station]}; }
};

struct LinkEnds {
  const Point3* receivers;
  index_t receiver_count;
  const Point3* stations;
  index_t station_count;
};

/// Is the station inside a prism that is not its host? Then it has no line of sight to anywhere.
bool is_enclosed(const City& city, Point3 station, HostList hosts);

/// Fills building[r] with the building that holds each receiver in 3-D, or -1.
void find_buildings(const City& city, const Point3* points, index_t count, bool use_height, int threads,
                    std::int32_t* building);

/// Fills los (S, ceil(R / 8)), a bit a link, the lowest bit of a byte first, set for line of sight.
///
/// Receivers with building[r] >= 0 have no line of sight (the paper's type-I rule). Links longer in
/// plan than max_distance_mm (if >= 0) are not traced and left at 0.
void trace_line_of_sight(const City& city, const LinkEnds& links, const Hosts& hosts, const std::int32_t* building,
                         LineOfSightEngine engine, std::int64_t max_distance_mm, int threads, std::uint8_t* los);

}  // namespace radiocore
