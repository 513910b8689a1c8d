#include "station_fan.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace radiocore {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
/// Margins: of lengths in mm and of pseudo-azimuths. Rounding stays a million times below them.
constexpr double margin_mm = 1.0, margin_azimuth = 1e-9;

/// Where a wall lies as seen from the station.
struct Seen {
  float near;
  float steepest;
  std::int32_t first_sector, sector_count;  // sectors wrap around
};

double length(double x, double y) { return std::sqrt(x * x + y * y); }

double distance_to_segment(double ax, double ay, double bx, double by) {
  const double ex = bx - ax, ey = by - ay;
  const double t = std::clamp(-(ax * ex + ay * ey) / (ex * ex + ey * ey), 0.0, 1.0);
  return length(ax + t * ex, ay + t * ey);
}

Seen see(const FanWall& wall, Point3 station, std::int32_t sectors) {
  const double ax = double(wall.ax - station.x), ay = double(wall.ay - station.y);
  const double bx = double(wall.bx - station.x), by = double(wall.by - station.y);
  const double near = distance_to_segment(ax, ay, bx, by) - margin_mm;
  // Whatever touches the station is in every sector.
  if (near <= margin_mm) return {0.0f, infinity, 0, sectors};
  const double far = std::max(length(ax, ay), length(bx, by)) + margin_mm;

  const double a = pseudo_azimuth(ax, ay), b = pseudo_azimuth(bx, by);
  double low = std::min(a, b), high = std::max(a, b);
  if (high - low > 2.0) {  // less than half a turn: the shorter way leads through 0
    std::swap(low, high);
    high += 4.0;
  }
  const double per_turn = 0.25 * sectors;
  const std::int32_t first = std::int32_t(std::floor((low - margin_azimuth) * per_turn));
  const std::int32_t last = std::int32_t(std::floor((high + margin_azimuth) * per_turn));
  const std::int32_t count = std::min(last - first + 1, sectors);
  const float nearer = std::nextafter(float(near), -infinity);
  if (wall.elevated) return {nearer, infinity, first, count};  // links may pass under it: always asked

  const double rise = double(wall.roof) - double(station.z) + margin_mm;
  const double steepest = rise / (rise > 0.0 ? near : far);
  return {nearer, std::nextafter(float(steepest), infinity), first, count};
}

}  // namespace

StationFan::StationFan(const City& city, Point3 station, HostList hosts, std::int64_t max_distance_mm)
    : station_(station) {
  const CityView view = city.view();
  for (index_t prism = 0; prism < view.prisms; ++prism) {
    if (hosts.holds(view.building[prism])) continue;
    const bool elevated = view.base[prism] > 0;
    if (elevated && outline_contains(view, prism, station.plan())) overhead_.push_back(std::int32_t(prism));
    for_each_wall(view, prism, [&](Point a, Point b) {
      if (a.x == b.x && a.y == b.y) return true;  // crosses nothing, and lies in no direction
      walls_.push_back({std::int32_t(a.x), std::int32_t(a.y), std::int32_t(b.x), std::int32_t(b.y),
                        std::int32_t(view.roof[prism]), std::int32_t(prism), elevated});
      return true;
    });
  }
  // A power of two near a quarter of the walls: some ten walls a sector on towns.
  sectors_ = 64;
  while (sectors_ < 1024 && std::size_t(sectors_) * 4 < walls_.size()) sectors_ *= 2;

  std::vector<Seen> seen(walls_.size());
  for (std::size_t i = 0; i < walls_.size(); ++i) {
    seen[i] = see(walls_[i], station, sectors_);
    if (max_distance_mm >= 0 && double(seen[i].near) > double(max_distance_mm)) seen[i].sector_count = 0;
  }
  const auto for_each_sector = [&](const Seen& wall, auto&& visit) {
    for (std::int32_t i = 0; i < wall.sector_count; ++i) {
      visit(std::size_t((wall.first_sector + i + sectors_) % sectors_));
    }
  };
  start_.assign(std::size_t(sectors_) + 1, 0);
  for (const Seen& wall : seen) for_each_sector(wall, [&](std::size_t sector) { ++start_[sector + 1]; });
  std::partial_sum(start_.begin(), start_.end(), start_.begin());
  entries_.resize(start_.back());
  std::vector<std::uint32_t> next(start_.begin(), start_.end() - 1);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    for_each_sector(seen[i], [&](std::size_t sector) {
      entries_[next[sector]++] = {seen[i].near, seen[i].steepest, 0.0f, std::int32_t(i)};
    });
  }
  for (std::size_t sector = 0; sector < std::size_t(sectors_); ++sector) {
    FanEntry* const first = entries_.data() + start_[sector];
    FanEntry* const last = entries_.data() + start_[sector + 1];
    std::sort(first, last, [](const FanEntry& a, const FanEntry& b) { return a.near < b.near; });
    float horizon = -infinity;
    for (FanEntry* entry = first; entry != last; ++entry) {
      entry->horizon = horizon = std::max(horizon, entry->steepest);
    }
  }
}

StationFanView StationFan::view() const {
  return {station_,       sectors_,         start_.data(), entries_.data(), walls_.data(),
          overhead_.data(), std::int32_t(overhead_.size())};
}

}  // namespace radiocore
