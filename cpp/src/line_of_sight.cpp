#include "line_of_sight.hpp"

#include "parallel.hpp"

namespace radiocore {
namespace {

constexpr index_t receivers_per_task = 256;

/// Step 3 of Algorithm 2: does the link pass through the prism's enclosing circle?
bool passes_circle(const Circle& circle, Point3 p, Point3 q) {
  const double dx = double(q.x - p.x), dy = double(q.y - p.y);
  const double cx = circle.x - double(p.x), cy = circle.y - double(p.y);
  const double length2 = dx * dx + dy * dy;
  const double t = length2 > 0.0 ? std::clamp((cx * dx + cy * dy) / length2, 0.0, 1.0) : 0.0;
  return std::hypot(cx - t * dx, cy - t * dy) <= circle.radius;
}

/// Traditional simulation: every prism is asked. Also the standard that `index` is held to.
bool blocked_by_any(const City& city, Point3 p, Point3 q, HostList hosts) {
  const CityView view = city.view();
  for (index_t prism = 0; prism < view.prisms; ++prism) {
    if (!passes_circle(city.circle(prism), p, q) || hosts.holds(view.building[prism])) continue;
    if (link_meets_prism(view, prism, p, q)) return true;
  }
  return false;
}

/// Is the station inside a prism that is not its host? Then it has no line of sight to anywhere.
bool enclosed(const City& city, Point3 station, HostList hosts) {
  const CityView view = city.view();
  bool inside = false;
  for_each_prism_near(city.grid(), station.plan(), [&](std::int32_t prism) {
    if (!inside && !hosts.holds(view.building[prism])) inside = prism_contains(view, prism, station);
  });
  return inside;
}

}  // namespace

void find_buildings(const City& city, const Point3* points, index_t count, bool use_height, int threads,
                    std::int32_t* building) {
  parallel_ranges(count, receivers_per_task, threads, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) building[i] = city.building_at(points[i], use_height);
  });
}

void trace_line_of_sight(const City& city, const LinkEnds& links, const Hosts& hosts, const std::int32_t* building,
                         LineOfSightEngine engine, std::int64_t max_distance_mm, int threads, std::uint8_t* los) {
  const CityView view = city.view();
  const WallGridView grid = city.grid();
  std::vector<char> station_enclosed(std::size_t(links.station_count));
  for (index_t s = 0; s < links.station_count; ++s) {
    station_enclosed[std::size_t(s)] = enclosed(city, links.stations[s], hosts.of(s));
  }
  parallel_ranges(links.receiver_count, receivers_per_task, threads, [&](index_t begin, index_t end) {
    for (index_t s = 0; s < links.station_count; ++s) {
      const Point3 station = links.stations[s];
      const HostList host = hosts.of(s);
      std::uint8_t* row = los + s * links.receiver_count;
      for (index_t r = begin; r < end; ++r) {
        row[r] = 0;
        if (building[r] >= 0 || station_enclosed[std::size_t(s)]) continue;
        const Point3 receiver = links.receivers[r];
        if (max_distance_mm >= 0) {
          const std::int64_t dx = station.x - receiver.x, dy = station.y - receiver.y;
          if (dx * dx + dy * dy > max_distance_mm * max_distance_mm) continue;
        }
        const bool blocked = engine == LineOfSightEngine::index ? link_blocked(view, grid, receiver, station, host)
                                                                : blocked_by_any(city, receiver, station, host);
        row[r] = !blocked;
      }
    }
  });
}

}  // namespace radiocore
