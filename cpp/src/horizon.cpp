#include "horizon.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "radiocore/geometry/station_fan.hpp"
#include "simd.hpp"

namespace radiocore {
namespace {

constexpr std::int32_t sectors = 1024;
constexpr double per_azimuth = sectors / 4.0;
constexpr double infinity = std::numeric_limits<double>::infinity();
/// What is visible is told for a few sectors together.
constexpr std::int32_t groups = 256;
/// Margins, in sectors and mm, and for the bend of a circle within a sector (at most 0.0079 radians
/// wide) and within a group. Rounding stays far below them.
constexpr double margin_sectors = 1e-4, margin_mm = 2.0, bend = 4e-5, group_bend = 6e-4;

struct Direction {
  double x, y;
};

/// Unit vectors along the sectors' boundaries.
const std::array<Direction, sectors + 1>& boundaries() {
  static const auto table = [] {
    std::array<Direction, sectors + 1> directions{};
    for (std::int32_t i = 0; i <= sectors; ++i) {
      // The inverse of pseudo_azimuth.
      const double azimuth = i / per_azimuth;
      const double x = azimuth < 2.0 ? 1.0 - azimuth : azimuth - 3.0;
      const double y = (azimuth < 2.0 ? 1.0 : -1.0) * (1.0 - std::abs(x));
      const double length = std::hypot(x, y);
      directions[std::size_t(i)] = {x / length, y / length};
    }
    return directions;
  }();
  return table;
}

/// An azimuth rounded down, not below minus a turn; without a call of floor().
std::int32_t sector_of(double azimuth) { return std::int32_t(azimuth + sectors) - sectors; }

RADIOCORE_CLONES bool all_hidden(const float* begin, const float* end, std::size_t count, float near, float far) {
  int open = 0;
  for (std::size_t i = 0; i < count; ++i) open |= int(near < begin[i]) | int(far > end[i]);
  return open == 0;
}

}  // namespace

Horizon::Horizon(Point station, double farthest_mm)
    : station_(station), farthest_(farthest_mm), begin_(2 * sectors, 0.0f), end_(2 * sectors, 0.0f) {}

Sighted Horizon::sight(Point p) const {
  const double x = double(p.x - station_.x), y = double(p.y - station_.y);
  if (x == 0.0 && y == 0.0) return {0.0, 0.0, 0.0, 0.0};
  return {x, y, std::sqrt(x * x + y * y), pseudo_azimuth(x, y) * per_azimuth};
}

bool Horizon::hides(double centre_x, double centre_y, double radius_mm, double reach) const {
  const double x = centre_x - double(station_.x), y = centre_y - double(station_.y);
  const double distance = std::sqrt(x * x + y * y), near = distance - radius_mm;
  if (near <= margin_mm) return false;
  const double end = reach > 0.0 ? std::min(reach * (distance + radius_mm), farthest_) : farthest_;
  // asin(t) <= 1.0472 t up to t = 1/2, and pseudo-azimuths grow no faster than angles.
  const double sine = radius_mm / distance;
  const double half = (sine < 0.5 ? 1.0472 * sine : 1.571) * per_azimuth + 1.0;
  const double middle = pseudo_azimuth(x, y) * per_azimuth;
  const std::int32_t first = sector_of(middle - half), count = std::min(sector_of(middle + half) - first + 1, sectors);
  const std::int32_t from = first < 0 ? first + sectors : first;
  return all_hidden(begin_.data() + from, end_.data() + from, std::size_t(count), float(near), float(end));
}

void Run::begin(const Sighted& corner) {
  corners.assign(1, corner);
  nearest.clear();
  near = infinity;
  far = 0.0;
}

void Run::extend(Sighted corner) {
  const Sighted& last = corners.back();
  double turn = corner.azimuth - std::fmod(last.azimuth, double(sectors));
  if (turn < 0.0) turn += sectors;
  if (turn > 0.5 * sectors + margin_sectors) turn = 0.0;  // backwards by rounding: the wall is seen end on
  corner.azimuth = last.azimuth + turn;
  const double x = corner.x - last.x, y = corner.y - last.y;
  const double t = std::clamp(-(last.x * x + last.y * y) / (x * x + y * y), 0.0, 1.0);
  nearest.push_back(std::sqrt((last.x + t * x) * (last.x + t * x) + (last.y + t * y) * (last.y + t * y)));
  near = std::min(near, nearest.back());
  far = std::max({far, last.distance, corner.distance});
  corners.push_back(corner);
}

bool Run::is_wide() const { return !corners.empty() && to() - from() >= 0.5 * sectors; }

double Horizon::hidden_behind(const Run& run) const {
  const std::int32_t first = sector_of(run.from() - margin_sectors);
  const std::int32_t count = std::min(sector_of(run.to() + margin_sectors) - first + 1, sectors);
  const auto from = std::size_t(first + sectors) % sectors;
  float end = float(farthest_);
  for (std::size_t i = from; i < from + std::size_t(count); ++i) {
    if (run.near < double(begin_[i])) return 0.0;
    end = std::min(end, end_[i]);
  }
  return double(end);
}

void Horizon::hide_behind(const Run& run, double reach) {
  auto sector = std::int32_t(run.from());
  double near = infinity, far = 0.0;  // of what the run covers of its sector so far
  for (std::size_t i = 0; i + 1 < run.corners.size(); ++i) {
    const Sighted &a = run.corners[i], &b = run.corners[i + 1];
    const double wall_near = run.nearest[i], wall_far = std::max(a.distance, b.distance);
    // Along a direction w the wall lies at cross(a, b) / cross(w, b - a). Where it is seen nearly end
    // on, or is about as far everywhere, its nearest and farthest points do for every sector.
    const double x = b.x - a.x, y = b.y - a.y, area = a.x * b.y - a.y * b.x;
    const bool closely =
        wall_far - wall_near >= 0.05 * wall_near && area >= 1e-6 * wall_far * (std::abs(x) + std::abs(y));
    near = std::min(near, closely ? a.distance : wall_near);
    far = std::max(far, closely ? a.distance : wall_far);
    // A sector counts when the run began before it and goes on beyond it.
    for (; sector + 1 < b.azimuth - margin_sectors; ++sector) {
      // Close to the wall's beginning the next sector may still have a little of the last wall.
      const bool beside_last = sector + 1 < a.azimuth + margin_sectors;
      double nearest = wall_near, farthest = wall_far;
      if (closely) {
        const Direction& w = boundaries()[std::size_t(sector + 1) % sectors];
        nearest = farthest = std::clamp(area / (y * w.x - x * w.y), wall_near, wall_far);
      }
      if (run.from() + margin_sectors < sector) {
        const double end = reach > 0.0 ? reach * std::min(near, nearest) * (1.0 - bend) - margin_mm : infinity;
        hide(std::size_t(sector) % sectors, std::max(far, farthest) + margin_mm, end);
      }
      near = beside_last ? std::min(near, nearest) : nearest;
      far = beside_last ? std::max(far, farthest) : farthest;
    }
    near = std::min(near, closely ? b.distance : wall_near);
    far = std::max(far, closely ? b.distance : wall_far);
  }
}

void Horizon::hide(std::size_t sector, double begin_mm, double end_mm) {
  // Rounded to the safe side.
  float begin = float(begin_mm * (1.0 + 1e-6)), end = float(end_mm * (1.0 - 1e-6));
  if (end <= begin || end < begin_[sector]) return;
  if (begin <= end_[sector]) {
    begin = std::min(begin, begin_[sector]);
    end = std::max(end, end_[sector]);
  }  // else beyond a gap; what was hidden before it is given up
  begin_[sector] = begin_[sector + sectors] = begin;
  end_[sector] = end_[sector + sectors] = end;
}

bool Horizon::closed_beyond(double distance_mm) {
  for (std::size_t i = 0; i < sectors; ++i) {
    const std::size_t sector = (open_ + i) % sectors;
    if (double(end_[sector]) < farthest_ || double(begin_[sector]) > distance_mm) {
      open_ = sector;
      return false;
    }
  }
  return true;
}

void Horizon::settle() {
  radius_.assign(groups, 0.0);
  for (std::size_t sector = 0; sector < sectors; ++sector) {
    const double visible = double(end_[sector]) >= farthest_ ? double(begin_[sector]) : farthest_;
    double& radius = radius_[sector / (sectors / groups)];
    radius = std::max(radius, visible * (1.0 + group_bend) + margin_mm);
  }
}

double Horizon::visible_up_to(double from, double to) const {
  constexpr double per_sector = double(groups) / sectors;
  const auto first = std::int32_t(std::floor((from - 1.0) * per_sector));
  const std::int32_t last = std::min(std::int32_t((to + 1.0) * per_sector), first + groups - 1);
  double farthest = 0.0;
  for (std::int32_t i = first; i <= last; ++i) farthest = std::max(farthest, radius_[std::size_t(i + groups) % groups]);
  return farthest + margin_mm;
}

std::vector<GridPoint> Horizon::visible_region(const ReceiverGrid& grid) const {
  const double qx = double(station_.x - grid.x0) / double(grid.step_x), per_x = 1.0 / double(grid.step_x);
  const double qy = double(station_.y - grid.y0) / double(grid.step_y), per_y = 1.0 / double(grid.step_y);
  std::vector<GridPoint> corners;
  corners.reserve(2 * groups);
  for (std::size_t group = 0; group < groups; ++group) {
    for (const std::size_t side : {group, group + 1}) {
      const Direction& direction = boundaries()[side * (sectors / groups)];
      corners.push_back({qx + radius_[group] * direction.x * per_x, qy + radius_[group] * direction.y * per_y});
    }
  }
  return corners;
}

}  // namespace radiocore
