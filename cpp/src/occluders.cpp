#include "occluders.hpp"

#include <algorithm>
#include <cmath>

#include "radiocore/geometry/shadow.hpp"

namespace radiocore {

Occluders::Occluders(const City& city, const ReceiverGrid& grid)
    : horizon(std::size_t(city.prisms())), city_(city), view_(city.view()), grid_(grid) {}

double Occluders::farthest() const {
  const std::int64_t x1 = grid_.x(grid_.nx - 1), y1 = grid_.y(grid_.ny - 1);
  const auto x = double(std::max(std::abs(grid_.x0 - station_.x), std::abs(x1 - station_.x)));
  const auto y = double(std::max(std::abs(grid_.y0 - station_.y), std::abs(y1 - station_.y)));
  return std::sqrt(x * x + y * y) + 1.0;
}

void Occluders::find(Point3 station, HostList hosts) {
  station_ = station;
  runs.clear();
  corners.clear();
  touching.clear();
  raised.clear();
  around.clear();
  horizon.look_from(station, farthest());
  sort_by_distance();
  for (std::size_t bucket = 0; bucket + 1 < bucket_start_.size(); ++bucket) {
    // Rounding may put a building into the bucket before or after its own, by much less than that.
    if (horizon.closed_beyond((double(bucket) - 0.001) * bucket_mm_)) break;
    for (std::uint32_t i = bucket_start_[bucket]; i < bucket_start_[bucket + 1]; ++i) {
      const std::int32_t prism = order_[i];
      if (!horizon.hides(std::size_t(prism)) && !hosts.holds(view_.building[prism])) add(prism);
    }
  }
  horizon.settle();
}

void Occluders::add(std::int32_t prism) {
  Rise rise{view_.base[prism], view_.roof[prism], 1.0, shadow_reach(station_.z, view_.roof[prism], grid_.z)};
  if (rise.base > grid_.z) {
    const bool apart = horizon.nearest(std::size_t(prism)) >= 0.0f;
    // Links to a station beside the building and not above its base pass below it.
    if (rise.base > station_.z || (apart && rise.base == station_.z)) return;
    (apart ? raised : around).push_back(prism);
    if (!apart) return;
    rise.begin = shadow_reach(station_.z, rise.base, grid_.z);
  }
  if (city_.is_simple(prism)) {
    add_far_walls(prism, rise);
  } else {
    add_all_walls(prism, rise);
  }
}

/// Prisms that rise above the receivers in buckets of their nearest distance from the station.
void Occluders::sort_by_distance() {
  constexpr std::size_t buckets = 256;
  bucket_mm_ = farthest() / double(buckets - 1);
  const auto per_mm = float(1.0 / bucket_mm_);
  const index_t prisms = view_.prisms;
  horizon.place_shadows(city_.circles(), view_.roof, grid_.z);
  bucket_of_.resize(std::size_t(prisms));
  bucket_start_.assign(buckets + 1, 0);
  for (index_t prism = 0; prism < prisms; ++prism) {
    const float bucket = std::max(0.0f, horizon.nearest(std::size_t(prism))) * per_mm;
    // Whatever is farther than every receiver, or no higher than they are, hides nothing.
    const bool matters = view_.roof[prism] > grid_.z && bucket < float(buckets);
    bucket_of_[std::size_t(prism)] = std::uint16_t(matters ? bucket : float(buckets));
  }
  for (const std::uint16_t bucket : bucket_of_) {
    if (bucket < buckets) ++bucket_start_[bucket + 1u];
  }
  for (std::size_t i = 0; i < buckets; ++i) bucket_start_[i + 1] += bucket_start_[i];
  order_.resize(bucket_start_[buckets]);
  next_.assign(bucket_start_.begin(), bucket_start_.end());
  for (index_t prism = 0; prism < prisms; ++prism) {
    const std::uint16_t bucket = bucket_of_[std::size_t(prism)];
    if (bucket < buckets) order_[next_[bucket]++] = std::int32_t(prism);
  }
}

/// The walls that face away from the station are enough: the last crossing of a descending link is
/// its lowest, and leads out of the building. City keeps the inside of simple outlines on the left.
void Occluders::add_far_walls(std::int32_t prism, const Rise& rise) {
  for (index_t ring = view_.prism_ring_start[prism]; ring < view_.prism_ring_start[prism + 1]; ++ring) {
    const Point* const first = view_.vertices + view_.ring_start[ring];
    const index_t walls = view_.ring_start[ring + 1] - view_.ring_start[ring];
    faces_away_.resize(std::size_t(walls));
    for (index_t i = 0; i < walls; ++i) {
      const Point b = first[i + 1 < walls ? i + 1 : 0];
      faces_away_[std::size_t(i)] = side_of_wall(first[i], b, station_.plan()) > 0;
    }
    const char* const away = faces_away_.data();
    index_t begin = 0;  // where a run begins, if the ring is not one run around the station
    while (begin < walls && !(away[begin] && !away[begin > 0 ? begin - 1 : walls - 1])) ++begin;
    if (begin == walls && !away[0]) continue;
    if (begin == walls) begin = 0;
    run_.corners.clear();
    for (index_t k = 0; k < walls; ++k) {
      const index_t i = begin + k < walls ? begin + k : begin + k - walls;
      const Point a = first[i], b = first[i + 1 < walls ? i + 1 : 0];
      if (!away[i] || seen_end_on(a, b, rise.roof)) {
        end_run(rise);
        continue;
      }
      if (run_.is_wide()) end_run(rise);
      if (run_.corners.empty()) run_.begin(horizon.sight(a));
      run_.extend(horizon.sight(b));
    }
    end_run(rise);
  }
}

/// Outlines that cross themselves have no inside to tell: all of their walls, one by one.
void Occluders::add_all_walls(std::int32_t prism, const Rise& rise) {
  for_each_wall(view_, prism, [&](Point a, Point b) {
    if (seen_end_on(a, b, rise.roof)) return true;
    if (cross(station_.plan(), a, station_.plan(), b) < 0) std::swap(a, b);
    run_.begin(horizon.sight(a));
    run_.extend(horizon.sight(b));
    end_run(rise);
    return true;
  });
}

/// Takes down a run that was found, unless its shadow is hidden already, or what is left of it.
void Occluders::end_run(const Rise& rise) {
  if (run_.corners.empty()) return;
  const double hidden = horizon.hidden_behind(run_);
  const double begin = std::max(rise.begin, hidden / run_.far);
  const bool seen = rise.end > 0.0 ? begin < rise.end : hidden < farthest();
  if (seen) {
    runs.push_back({{rise.base, rise.roof, begin, rise.end}, std::uint32_t(corners.size()),
                    std::uint32_t(run_.corners.size()), run_.near, run_.far, run_.from(), run_.to()});
    for (const Sighted& corner : run_.corners) {
      corners.push_back({station_.x + std::int64_t(corner.x), station_.y + std::int64_t(corner.y)});
    }
    horizon.hide_behind(run_, rise.begin, rise.end);
  }
  run_.corners.clear();
}

/// Does the wall lie on a line with the station? Beside it the wall has no shadow. A station right on
/// it, below the roof, sees nothing behind it.
bool Occluders::seen_end_on(Point a, Point b, std::int64_t roof) {
  const Point q = station_.plan();
  if (cross(q, a, q, b) != 0) return false;
  const bool on_wall = (a.x - q.x) * (b.x - q.x) <= 0 && (a.y - q.y) * (b.y - q.y) <= 0;
  if (on_wall && station_.z < roof) touching.push_back({a, b, roof});
  return true;
}

}  // namespace radiocore
