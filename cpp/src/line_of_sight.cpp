#include "line_of_sight.hpp"

#include <array>
#include <atomic>
#include <optional>

#include "parallel.hpp"
#include "simd.hpp"
#include "station_fan.hpp"

namespace radiocore {
namespace {

constexpr index_t receivers_per_task = 512;  // whole bytes of the answer
constexpr int stations_per_thread = 4;       // from here on none has much less to do than another

/// Does a station's fan of walls cost less than the walks through the wall grid that it saves? It
/// costs as much as some thousand walks, and one more for every twenty walls.
bool fan_pays(index_t receivers, index_t walls) { return receivers >= 1000 + walls / 20; }

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

/// Receivers begin to end of a station: those outdoors and near enough are traced.
struct Block {
  const Point3* receivers;
  const std::int32_t* building;
  index_t begin, end;
  Point3 station;
  std::int64_t max_distance_mm;

  bool counts(index_t r) const {
    if (building[r] >= 0) return false;
    const std::int64_t dx = station.x - receivers[r].x, dy = station.y - receivers[r].y;
    return max_distance_mm < 0 || dx * dx + dy * dy <= max_distance_mm * max_distance_mm;
  }
};

void set_bit(std::uint8_t* row, index_t r) { row[r / 8] = std::uint8_t(row[r / 8] | (1 << (r % 8))); }

template <class Blocked>
void trace_each(const Block& block, std::uint8_t* row, Blocked&& blocked) {
  for (index_t r = block.begin; r < block.end; ++r) {
    if (block.counts(r) && !blocked(block.receivers[r])) set_bit(row, r);
  }
}

/// Places of some receivers in a fan, in columns.
struct Places {
  std::array<float, receivers_per_task> slope, distance;
  std::array<std::int32_t, receivers_per_task> cell;
};

RADIOCORE_CLONES void find_places(const Point3* receivers, index_t count, const StationFanView& fan, Places& places) {
  const Point3 station = fan.station;
  const std::int32_t rings = fan.rings;
  const float rings_per_mm = fan.rings_per_mm;
  for (index_t i = 0; i < count; ++i) {
    const FanPlace place =
        place_in_fan(rings, rings_per_mm, std::int32_t(receivers[i].x - station.x),
                     std::int32_t(receivers[i].y - station.y), std::int32_t(receivers[i].z - station.z));
    places.slope[i] = place.slope;
    places.distance[i] = place.distance;
    places.cell[i] = place.cell;
  }
}

/// Most links are decided by the cell that they end in; the others are gathered and walk the fan.
void trace_by_fan(const CityView& city, const StationFanView& fan, const Block& block, std::uint8_t* row) {
  const index_t count = block.end - block.begin;
  Places places;
  find_places(block.receivers + block.begin, count, fan, places);
  std::array<std::int32_t, receivers_per_task> open;
  index_t open_count = 0;
  for (index_t i = 0; i < count; ++i) {
    const FanCell cell = fan.cells[places.cell[i]];
    const index_t r = block.begin + i;
    const bool counts = block.counts(r), clear = counts & (places.slope[i] >= cell.perhaps);
    open[open_count] = std::int32_t(i);
    open_count += counts & !clear & !(places.slope[i] < cell.surely);
    row[r / 8] = std::uint8_t(row[r / 8] | (clear << (r % 8)));
  }
  for (index_t k = 0; k < open_count; ++k) {
    const index_t i = open[k], r = block.begin + i;
    const FanPlace place{places.slope[i], places.distance[i], places.cell[i]};
    if (!link_blocked(city, fan, place, block.receivers[r])) set_bit(row, r);
  }
}

}  // namespace

bool is_enclosed(const City& city, Point3 station, HostList hosts) {
  const CityView view = city.view();
  bool inside = false;
  for_each_prism_near(city.grid(), station.plan(), [&](std::int32_t prism) {
    if (!inside && !hosts.holds(view.building[prism])) inside = prism_contains(view, prism, station);
  });
  return inside;
}

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
  const bool by_fan = engine == LineOfSightEngine::index && fan_pays(links.receiver_count, city.walls());
  const index_t row_bytes = (links.receiver_count + 7) / 8;
  const index_t tasks_a_station = (links.receiver_count + receivers_per_task - 1) / receivers_per_task;
  if (threads <= 0) threads = available_threads();
  std::optional<FanGround> ground;
  if (by_fan) ground.emplace(city, links.receivers, links.receiver_count, max_distance_mm);

  // A station's fan, if one is wanted; false where the station sees nothing.
  const auto look_around = [&](index_t s, StationFan& fan) {
    const Point3 station = links.stations[s];
    if (is_enclosed(city, station, hosts.of(s))) return false;
    if (by_fan) fan.build(*ground, station, hosts.of(s));
    return true;
  };
  const auto trace = [&](index_t s, bool open, const StationFan& fan, index_t task) {
    const index_t begin = task * receivers_per_task, end = std::min(links.receiver_count, begin + receivers_per_task);
    std::uint8_t* row = los + s * row_bytes;
    std::fill(row + begin / 8, row + (end + 7) / 8, std::uint8_t(0));
    if (!open) return;
    const HostList host = hosts.of(s);
    const Block block{links.receivers, building, begin, end, links.stations[s], max_distance_mm};
    if (by_fan) {
      trace_by_fan(view, fan.view(), block, row);
    } else if (engine == LineOfSightEngine::index) {
      trace_each(block, row, [&](Point3 p) { return link_blocked(view, grid, p, block.station, host); });
    } else {
      trace_each(block, row, [&](Point3 p) { return blocked_by_any(city, p, block.station, host); });
    }
  };

  if (by_fan && links.station_count >= index_t(stations_per_thread) * threads) {
    // Stations are shared out whole: a thread's fan stays in its cache.
    std::atomic<index_t> next{0};
    parallel_for(threads, threads, [&](index_t) {
      StationFan fan;
      for (index_t s = next++; s < links.station_count; s = next++) {
        const bool open = look_around(s, fan);
        for (index_t task = 0; task < tasks_a_station; ++task) trace(s, open, fan, task);
      }
    });
    return;
  }
  std::vector<StationFan> fans(static_cast<std::size_t>(links.station_count));
  std::vector<char> open(fans.size());
  parallel_for(links.station_count, threads, [&](index_t s) {
    open[std::size_t(s)] = look_around(s, fans[std::size_t(s)]);
  });
  parallel_for(links.station_count * tasks_a_station, threads, [&](index_t task) {
    const index_t s = task / tasks_a_station;
    trace(s, open[std::size_t(s)], fans[std::size_t(s)], task % tasks_a_station);
  });
}

}  // namespace radiocore
