#include "horizon.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sector_edges.hpp"
#include "simd.hpp"

namespace radiocore {
namespace {

constexpr std::int32_t sectors = fan_sectors;
constexpr double per_azimuth = sectors / 4.0;
constexpr double infinity = std::numeric_limits<double>::infinity();
/// What is visible is told for a few sectors together.
constexpr std::int32_t groups = 256;
/// Margins, in sectors and mm, and for the bend of a circle within a sector (at most 0.0079 radians
/// wide) and within a group. Rounding stays far below them.
constexpr double margin_sectors = 1e-4, margin_mm = 2.0, bend = 4e-5, group_bend = 6e-4;

/// A wall seen under a smaller sine than this counts as seen end on.
constexpr double least_turn = 1e-6;
/// Times farther than the wall, for a shadow that does not end.
constexpr float endless = 1e30f;

/// An azimuth rounded down, not below minus a turn; without a call of floor().
std::int32_t sector_of(double azimuth) { return std::int32_t(azimuth + sectors) - sectors; }

RADIOCORE_CLONES bool all_hidden(const float* begin, const float* end, std::size_t count, float near, float far) {
  int open = 0;
  for (std::size_t i = 0; i < count; ++i) open |= int(near < begin[i]) | int(far > end[i]);
  return open == 0;
}

/// For each prism, where its shadow lies: Horizon::Shadows.
RADIOCORE_CLONES void place(const Circle* circles, const std::int64_t* roofs, Point3 station, std::int64_t z,
                            double farthest, std::size_t prisms, float* near, float* end, std::int32_t* from,
                            std::int32_t* count) {
  const auto station_x = double(station.x), station_y = double(station.y), station_z = double(station.z);
  const double rise = double(station.z - z);
  for (std::size_t i = 0; i < prisms; ++i) {
    const double x = circles[i].x - station_x, y = circles[i].y - station_y, radius = circles[i].radius;
    const double distance = std::sqrt(x * x + y * y), nearest = distance - radius;
    const double drop = station_z - double(roofs[i]), reach_mm = rise / drop * (distance + radius);
    const bool ends = drop > 0.0 && reach_mm < farthest;
    near[i] = nearest > margin_mm ? float(nearest) : -1.0f;
    end[i] = float(ends ? reach_mm : farthest);
    // asin(t) <= 1.0472 t up to t = 1/2, and pseudo-azimuths grow no faster than angles.
    const double sine = radius / distance;
    const double half = (sine < 0.5 ? 1.0472 * sine : 1.571) * per_azimuth + 1.0;
    const double middle = pseudo_azimuth(x, y) * per_azimuth;
    const std::int32_t first = sector_of(middle - half), sectors_between = sector_of(middle + half) - first + 1;
    from[i] = first < 0 ? first + sectors : first;
    count[i] = sectors_between < sectors ? sectors_between : sectors;
  }
}

/// How far a wall is along some edges of sectors. Writes whole vectors, up to 7 distances too many.
RADIOCORE_CLONES void distances_along(const double* x, const double* y, std::int32_t count, const Run::Wall& wall,
                                      float* out) {
  const double wall_x = wall.x, wall_y = wall.y, area = wall.area, near = wall.near, far = wall.far;
  for (std::int32_t k = 0; k < count; k += 8) {
    for (std::int32_t j = k; j < k + 8; ++j) {
      const double distance = area / (wall_y * x[j] - wall_x * y[j]);
      out[j] = float(distance < near ? near : distance > far ? far : distance);
    }
  }
}

/// The nearest and the farthest of a wall that crosses sectors, from its distances along their edges.
RADIOCORE_CLONES void between_edges(const float* along, std::int32_t count, float* near, float* far) {
  for (std::int32_t i = 0; i < count; ++i) {
    const float a = along[i], b = along[i + 1];
    near[i] = a < b ? a : b;
    far[i] = a < b ? b : a;
  }
}

/// Joins a newly hidden stretch to that of each sector, if they meet; else the farther one stays.
RADIOCORE_CLONES void hide(const float* near, const float* far, float lift, float reach, std::int32_t count,
                           float* begins, float* ends) {
  // Rounded to the safe side.
  constexpr auto short_of = float((1.0 - bend) * (1.0 - 1e-6)), beyond = float(1.0 + 1e-6);
  for (std::int32_t i = 0; i < count; ++i) {
    const float begin = lift * far[i] * beyond + float(margin_mm), end = reach * near[i] * short_of - float(margin_mm);
    const float last_begin = begins[i], last_end = ends[i];
    const bool nothing = end <= begin || end < last_begin, apart = begin > last_end;
    const float joined_begin = apart || begin < last_begin ? begin : last_begin;
    const float joined_end = apart || end > last_end ? end : last_end;
    begins[i] = nothing ? last_begin : joined_begin;
    ends[i] = nothing ? last_end : joined_end;
  }
}

}  // namespace

Horizon::Horizon(std::size_t prisms)
    : begin_(2 * sectors),
      end_(2 * sectors),
      along_(sectors + 16),
      near_(sectors + 16),
      far_(sectors + 16),
      shadows_{std::vector<float>(prisms), std::vector<float>(prisms), std::vector<std::int32_t>(prisms),
               std::vector<std::int32_t>(prisms)} {}

void Horizon::look_from(Point3 station, double farthest_mm) {
  station_ = station;
  farthest_ = farthest_mm;
  open_ = 0;
  std::fill(begin_.begin(), begin_.end(), 0.0f);
  std::fill(end_.begin(), end_.end(), 0.0f);
}

Sighted Horizon::sight(Point p) const {
  const double x = double(p.x - station_.x), y = double(p.y - station_.y);
  if (x == 0.0 && y == 0.0) return {0.0, 0.0, 0.0, 0.0};
  return {x, y, std::sqrt(x * x + y * y), pseudo_azimuth(x, y) * per_azimuth};
}

void Horizon::place_shadows(const Circle* circles, const std::int64_t* roofs, std::int64_t z) {
  place(circles, roofs, station_, z, farthest_, shadows_.near.size(), shadows_.near.data(), shadows_.end.data(),
        shadows_.from.data(), shadows_.sectors.data());
}

bool Horizon::hides(std::size_t prism) const {
  const std::int32_t from = shadows_.from[prism];
  return all_hidden(begin_.data() + from, end_.data() + from, std::size_t(shadows_.sectors[prism]),
                    shadows_.near[prism], shadows_.end[prism]);
}

void Run::begin(const Sighted& corner) {
  corners.assign(1, corner);
  walls.clear();
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
  // Along a direction w the wall lies at cross(last, corner) / cross(w, corner - last), unless nearly along it.
  const double t = std::clamp(-(last.x * x + last.y * y) / (x * x + y * y), 0.0, 1.0);
  const double foot_x = last.x + t * x, foot_y = last.y + t * y, area = last.x * corner.y - last.y * corner.x;
  const double nearest = std::sqrt(foot_x * foot_x + foot_y * foot_y);
  const double farthest = std::max(last.distance, corner.distance);
  walls.push_back({x, y, area, nearest, farthest, area < least_turn * farthest * (std::abs(x) + std::abs(y))});
  near = std::min(near, nearest);
  far = std::max(far, farthest);
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

void Horizon::hide_behind(const Run& run, double lift, double reach) {
  // The sectors that the run crosses from edge to edge: `first` and on, up to `last`, which is none of them.
  const auto first = std::int32_t(run.from() + margin_sectors) + 1, last = std::int32_t(run.to() - margin_sectors);
  if (first >= last) return;
  const auto join = [&](double from, double to, double near, double far) {
    const std::int32_t begin = std::max(first, std::int32_t(from - margin_sectors));
    const std::int32_t end = std::min(last, std::int32_t(to + margin_sectors) + 1);
    for (auto i = std::size_t(begin - first); begin < end && i < std::size_t(end - first); ++i) {
      near_[i] = std::min(near_[i], float(near));
      far_[i] = std::max(far_[i], float(far));
    }
  };
  const SectorEdges& edges = SectorEdges::get();
  std::int32_t edge = first;
  for (std::size_t i = 0; i < run.walls.size(); ++i) {
    const Run::Wall& wall = run.walls[i];
    const std::int32_t end = std::min(std::int32_t(run.corners[i + 1].azimuth), last) + 1;
    if (edge >= end) continue;
    float* const along = along_.data() + (edge - first);
    if (wall.end_on) {
      std::fill_n(along, end - edge, float(wall.near));
    } else {
      const auto at = std::size_t(edge);
      distances_along(edges.x.data() + at, edges.y.data() + at, end - edge, wall, along);
    }
    edge = end;
  }
  between_edges(along_.data(), last - first, near_.data(), far_.data());
  for (std::size_t i = 0; i < run.walls.size(); ++i) {
    const Run::Wall& wall = run.walls[i];
    const Sighted &a = run.corners[i], &b = run.corners[i + 1];
    if (wall.end_on) join(a.azimuth, b.azimuth, wall.near, wall.far);
    for (const Sighted* const corner : {&a, &b}) {
      // Close to an edge it is not sure which wall reaches it.
      const bool on_edge = sector_of(corner->azimuth - margin_sectors) != sector_of(corner->azimuth + margin_sectors);
      join(corner->azimuth, corner->azimuth, on_edge ? wall.near : corner->distance,
           on_edge ? wall.far : corner->distance);
    }
  }
  const auto hide_sectors = [&](std::int32_t begin, std::int32_t end) {
    if (begin >= end) return;
    const std::int32_t at = begin - first, sector = begin % sectors, count = end - begin;
    hide(near_.data() + at, far_.data() + at, float(lift), reach > 0.0 ? float(reach) : endless, count,
         begin_.data() + sector, end_.data() + sector);
    std::copy_n(begin_.data() + sector, count, begin_.data() + sector + sectors);
    std::copy_n(end_.data() + sector, count, end_.data() + sector + sectors);
  };
  hide_sectors(first, std::min(last, sectors));
  hide_sectors(std::max(first, sectors), last);
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
  const SectorEdges& edges = SectorEdges::get();
  std::vector<GridPoint> corners;
  corners.reserve(2 * groups);
  for (std::size_t group = 0; group < groups; ++group) {
    for (const std::size_t side : {group, group + 1}) {
      const std::size_t edge = side * (sectors / groups);
      corners.push_back({qx + radius_[group] * edges.x[edge] * per_x, qy + radius_[group] * edges.y[edge] * per_y});
    }
  }
  return corners;
}

}  // namespace radiocore
