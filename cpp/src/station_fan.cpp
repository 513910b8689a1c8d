#include "station_fan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace radiocore {
namespace {

using seen::Corner, seen::length, seen::margin, seen::Span, seen::touching_mm, seen::wrapped;

constexpr double infinity = fan_infinity;
/// A power of two near a cell a receiver, from about 100 m to 20 m wide in a city.
constexpr std::int32_t fewest_rings = 4, most_rings = 64;

/// From 0 to the nearest of low .. high.
double distance_to(double low, double high) { return low > 0 ? low : high < 0 ? -high : 0.0; }

/// The slope from which on links pass over what rises over the antenna by `rise`.
float slope_over(Span span, double rise) {
  const double highest = rise * (rise > 0 ? span.high : span.low);
  return float(highest + margin * std::abs(highest));
}

/// What a wall or a prism does to links; `closes`: none of the sector passes beside it.
FanEntry entry_of(Span span, double rise, bool closes, std::int32_t what) {
  const double lowest = rise * (rise > 0 ? span.low : span.high);
  return {float((1 - margin) / span.high),
          float((1 + margin) / span.low),
          closes ? float(lowest - margin * std::abs(lowest)) : -fan_infinity,
          slope_over(span, rise),
          0.0f,
          what};
}

}  // namespace

FanGround::FanGround(const City& the_city, const Point3* receivers, index_t receiver_count,
                     std::int64_t max_distance_mm)
    : city(the_city), max_distance_(max_distance_mm < 0 ? infinity : double(max_distance_mm)) {
  const CityView view = city.view();
  walls.reserve(std::size_t(city.walls()));
  for (index_t prism = 0; prism < view.prisms; ++prism) {
    for_each_wall(view, prism, [&](Point a, Point b) {
      walls_.hold(b, walls.empty());
      walls.push_back({std::int32_t(a.x), std::int32_t(a.y), std::int32_t(b.x), std::int32_t(b.y),
                       std::int32_t(view.roof[prism])});
      return true;
    });
  }
  for (index_t r = 0; r < receiver_count; ++r) {
    receivers_.hold(receivers[r].plan(), r == 0);
    lowest_receiver = r == 0 ? receivers[r].z : std::min(lowest_receiver, receivers[r].z);
  }
  rings = fewest_rings;
  while (rings < most_rings && 2 * index_t(rings) * fan_sectors <= receiver_count) rings *= 2;
}

void FanGround::Box::hold(Point p, bool first) {
  low = first ? p : Point{std::min(low.x, p.x), std::min(low.y, p.y)};
  high = first ? p : Point{std::max(high.x, p.x), std::max(high.y, p.y)};
}

double FanGround::Box::farthest(Point3 station) const {
  return length(double(std::max(station.x - low.x, high.x - station.x)),
                double(std::max(station.y - low.y, high.y - station.y)));
}

double FanGround::longest_link(Point3 station) const {
  return std::min(receivers_.farthest(station), max_distance_) * (1 + margin);
}

double FanGround::farthest_wall(Point3 station) const { return walls_.farthest(station); }

void StationFan::build(const FanGround& ground, Point3 station, HostList hosts) {
  ground_ = &ground;
  station_ = station;
  longest_link_ = ground.longest_link(station);
  rings_per_mm_ = float(ground.rings / std::max(1.0, std::min(longest_link_, ground.farthest_wall(station))));
  cells_.assign(std::size_t(ground.rings) * fan_sectors, {-fan_infinity, -fan_infinity});
  placed_.clear();

  const CityView city = ground.city.view();
  sort_prisms(city, hosts);
  for (const Approach& it : near_to_far_) {
    const auto rise = double(city.roof[it.prism] - station.z);
    if (hidden(it, rise)) continue;
    if (city.base[it.prism] > 0) {
      place_prism(city, it.prism);
      continue;
    }
    for (index_t ring = city.prism_ring_start[it.prism]; ring < city.prism_ring_start[it.prism + 1]; ++ring) {
      place_ring(std::size_t(city.ring_start[ring]), std::size_t(city.ring_start[ring + 1]), it.near, rise);
    }
  }
  pack();
}

StationFanView StationFan::view() const {
  return {station_,      ground_->rings,  rings_per_mm_,        cells_.data(),
          start_.data(), entries_.data(), ground_->walls.data()};
}

/// About from near to far, so that what stands in a shadow is found there and left out at once.
void StationFan::sort_prisms(const CityView& city, HostList hosts) {
  constexpr std::int32_t steps = 256;  // of distance
  const float steps_per_mm = rings_per_mm_ * (steps / float(ground_->rings));
  std::array<std::int32_t, steps + 1> next{};
  approaches_.clear();
  for (index_t prism = 0; prism < city.prisms; ++prism) {
    if (city.roof[prism] <= std::min(ground_->lowest_receiver, station_.z)) continue;  // below all links
    if (hosts.holds(city.building[prism])) continue;
    const Circle& circle = ground_->city.circle(prism);
    const double away = length(circle.x - double(station_.x), circle.y - double(station_.y));
    const double near = std::max(0.0, away - circle.radius) * (1 - margin);
    if (near > longest_link_) continue;
    approaches_.push_back({float(near), std::int32_t(prism)});
    ++next[std::size_t(ring_of(steps, steps_per_mm, float(near))) + 1];
  }
  std::partial_sum(next.begin(), next.end(), next.begin());
  near_to_far_.resize(approaches_.size());
  for (const Approach& it : approaches_) {
    near_to_far_[std::size_t(next[std::size_t(ring_of(steps, steps_per_mm, it.near))]++)] = it;
  }
}

/// Is every link that could meet the prism surely blocked by what is before it?
bool StationFan::hidden(const Approach& prism, double rise) const {
  const Circle& circle = ground_->city.circle(prism.prism);
  const double x = circle.x - double(station_.x), y = circle.y - double(station_.y), away = length(x, y);
  if (away <= circle.radius + touching_mm) return false;
  const float over = slope_over({1.0 / (away + circle.radius), 1.0 / (away - circle.radius)}, rise);
  // Between the tangents to its circle.
  const double sine = circle.radius / away, cosine = std::sqrt(1.0 - sine * sine);
  const Corner right(x * cosine + y * sine, y * cosine - x * sine), left(x * cosine - y * sine, y * cosine + x * sine);
  for (std::int32_t i = wrapped(left.last - right.first); i >= 0; --i) {
    if (cells_[cell_at(wrapped(right.first + i), prism.near)].surely < over) return false;
  }
  return true;
}

void StationFan::place_ring(std::size_t first, std::size_t last, float near, double rise) {
  const auto corner = [&](std::int32_t x, std::int32_t y) {
    return Corner(double(x - station_.x), double(y - station_.y));
  };
  const auto close = [&](std::int32_t sector, Span span) { shade(sector, entry_of(span, rise, true, 0)); };
  Corner from = corner(ground_->walls[first].ax, ground_->walls[first].ay);
  seen::Chain chain(from);
  for (std::size_t i = first; i < last; ++i) {
    const FanWall& wall = ground_->walls[i];
    if (wall.ax == wall.bx && wall.ay == wall.by) continue;  // crosses nothing, and lies in no direction
    const Corner to = corner(wall.bx, wall.by);
    const seen::SeenWall it(from, to, cross(station_.plan(), {wall.ax, wall.ay}, station_.plan(), {wall.bx, wall.by}));
    chain.follow(it, ground_->edges, close);
    if (it.touches) place_everywhere(std::int32_t(i));
    for (std::int32_t k = 0; k < it.sectors && !it.touches; ++k) {
      const std::int32_t sector = it.sector(k);
      const Span span = it.span(k, ground_->edges);
      if (slope_over(span, rise) <= cells_[cell_at(sector, near)].surely) continue;
      const FanEntry entry = entry_of(span, rise, it.crosses(k), std::int32_t(i));
      place(sector, entry);
      if (it.crosses(k)) shade(sector, entry);
    }
    from = to;
  }
  chain.end(from, close);
}

/// A prism above the ground, by the box around it, which is seen at less than half a turn from outside.
void StationFan::place_prism(const CityView& city, std::int32_t prism) {
  double x0 = infinity, y0 = infinity, x1 = -infinity, y1 = -infinity;
  for_each_wall(city, prism, [&](Point a, Point) {
    const double x = double(a.x - station_.x), y = double(a.y - station_.y);
    x0 = std::min(x0, x), x1 = std::max(x1, x);
    y0 = std::min(y0, y), y1 = std::max(y1, y);
    return true;
  });
  const double near = length(distance_to(x0, x1), distance_to(y0, y1));
  if (near <= touching_mm) return place_everywhere(~prism);
  const Corner middle(0.5 * (x0 + x1), 0.5 * (y0 + y1));
  std::int32_t right = 0, left = 0;  // in sectors from the middle's
  double far = 0;
  for (const Corner& it : {Corner(x0, y0), Corner(x1, y0), Corner(x1, y1), Corner(x0, y1)}) {
    constexpr std::int32_t half = fan_sectors / 2;
    right = std::min(right, wrapped(it.first - middle.first + half) - half);
    left = std::max(left, wrapped(it.last - middle.first + half) - half);
    far = std::max(far, length(it.x, it.y));
  }
  const FanEntry entry = entry_of({1.0 / far, 1.0 / near}, double(city.roof[prism] - station_.z), false, ~prism);
  for (std::int32_t i = right; i <= left; ++i) place(wrapped(middle.first + i), entry);
}

void StationFan::place_everywhere(std::int32_t what) {
  for (std::int32_t sector = 0; sector < fan_sectors; ++sector) {
    place(sector, {0.0f, fan_infinity, -fan_infinity, fan_infinity, 0.0f, what});
  }
}

void StationFan::place(std::int32_t sector, const FanEntry& entry) {
  if (double(entry.near) > longest_link_) return;
  const std::size_t cell = cell_at(sector, entry.near);
  if (entry.perhaps > cells_[cell].surely) placed_.push_back({std::uint32_t(cell), entry});
}

/// Cells behind the entry are surely blocked below its slope; along a sector that slope never falls.
void StationFan::shade(std::int32_t sector, const FanEntry& entry) {
  const std::size_t end = std::size_t(sector + 1) * std::size_t(ground_->rings);
  for (std::size_t cell = cell_at(sector, entry.far) + 1; cell < end; ++cell) {
    if (cells_[cell].surely >= entry.surely) return;
    cells_[cell].surely = entry.surely;
  }
}

/// Sorts the entries by cell, less those that stand wholly in a shadow, and finds the horizon.
void StationFan::pack() {
  std::erase_if(placed_, [&](const Placed& it) { return it.entry.perhaps <= cells_[it.cell].surely; });
  // Counted two cells on, so that filling leaves every start where it belongs.
  start_.assign(cells_.size() + 2, 0);
  for (const Placed& it : placed_) ++start_[it.cell + 2];
  std::partial_sum(start_.begin(), start_.end(), start_.begin());
  entries_.resize(placed_.size());
  for (const Placed& it : placed_) entries_[start_[it.cell + 1]++] = it.entry;

  const auto rings = std::size_t(ground_->rings);
  for (std::size_t sector = 0; sector < cells_.size(); sector += rings) {
    float horizon = -fan_infinity;
    for (std::size_t cell = sector; cell < sector + rings; ++cell) {
      for (std::uint32_t i = start_[cell]; i < start_[cell + 1]; ++i) {
        entries_[i].horizon = horizon = std::max(horizon, entries_[i].perhaps);
      }
      cells_[cell].perhaps = horizon;
    }
  }
}

}  // namespace radiocore
