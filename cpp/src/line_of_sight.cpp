#include "line_of_sight.hpp"

#include <memory>

#include "parallel.hpp"
#include "station_fan.hpp"

namespace radiocore {
namespace {

constexpr index_t receivers_per_task = 512;  // whole bytes of the answer
/// A station's fan of walls pays from about this many receivers a wall on.
constexpr double receivers_per_wall = 0.25;

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
  const bool by_fan = engine == LineOfSightEngine::index &&
                      double(links.receiver_count) >= receivers_per_wall * double(city.walls());
  const index_t row_bytes = (links.receiver_count + 7) / 8;
  const index_t tasks_a_station = (links.receiver_count + receivers_per_task - 1) / receivers_per_task;
  if (threads <= 0) threads = available_threads();

  // A few stations at a time: their fans are built side by side, then their receivers are shared out.
  const index_t group = threads;
  for (index_t first = 0; first < links.station_count; first += group) {
    const index_t count = std::min(group, links.station_count - first);
    std::vector<std::unique_ptr<StationFan>> fans(static_cast<std::size_t>(count));
    std::vector<char> shut(static_cast<std::size_t>(count));
    parallel_for(count, threads, [&](index_t i) {
      const Point3 station = links.stations[first + i];
      const HostList host = hosts.of(first + i);
      shut[std::size_t(i)] = enclosed(city, station, host);
      if (by_fan) fans[std::size_t(i)] = std::make_unique<StationFan>(city, station, host, max_distance_mm);
    });
    parallel_for(count * tasks_a_station, threads, [&](index_t task) {
      const index_t i = task / tasks_a_station, s = first + i;
      const index_t begin = task % tasks_a_station * receivers_per_task;
      const index_t end = std::min(links.receiver_count, begin + receivers_per_task);
      const Point3 station = links.stations[s];
      std::uint8_t* row = los + s * row_bytes;
      std::fill(row + begin / 8, row + (end + 7) / 8, std::uint8_t(0));
      if (shut[std::size_t(i)]) return;
      const auto trace = [&](auto&& blocked) {
        for (index_t r = begin; r < end; ++r) {
          const Point3 receiver = links.receivers[r];
          if (building[r] >= 0) continue;
          if (max_distance_mm >= 0) {
            const std::int64_t dx = station.x - receiver.x, dy = station.y - receiver.y;
            if (dx * dx + dy * dy > max_distance_mm * max_distance_mm) continue;
          }
          if (!blocked(receiver)) row[r / 8] = std::uint8_t(row[r / 8] | (0x80 >> (r % 8)));
        }
      };
      const HostList host = hosts.of(s);
      if (by_fan) {
        const StationFanView fan = fans[std::size_t(i)]->view();
        trace([&](Point3 receiver) { return link_blocked(view, fan, receiver); });
      } else if (engine == LineOfSightEngine::index) {
        trace([&](Point3 receiver) { return link_blocked(view, grid, receiver, station, host); });
      } else {
        trace([&](Point3 receiver) { return blocked_by_any(city, receiver, station, host); });
      }
    });
  }
}

}  // namespace radiocore
