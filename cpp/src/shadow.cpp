#include "shadow.hpp"

#include <cstring>

#include "bits.hpp"
#include "horizon.hpp"
#include "parallel.hpp"
#include "radiocore/geometry/shadow.hpp"
#include "scan_lines.hpp"

namespace radiocore {
namespace {

/// Largest whole number whose square is at most `value`.
std::int64_t whole_root(std::int64_t value) {
  auto root = std::int64_t(std::sqrt(double(value)));
  while (root * root > value) --root;
  while ((root + 1) * (root + 1) <= value) ++root;
  return root;
}

/// A run of walls to be drawn.
struct Occluder {
  std::uint32_t first, corners;  // of the list of corners
  std::int64_t roof;
  double begin, end;  // of its shadow, as multiples of the walls' distance; end 0: without
  double near, far;   // mm, between which the walls lie
  double from, to;    // azimuths, in sectors
};

/// A wall that the station stands on.
struct TouchingWall {
  Point a, b;
  std::int64_t roof;
};

/// Draws the shadows of one station after the other into one bitmap.
class ShadowPainter {
 public:
  ShadowPainter(const City& city, const ReceiverGrid& grid, const Word* outdoors)
      : city_(city),
        view_(city.view()),
        grid_(grid),
        outdoors_(outdoors),
        bits_(std::size_t(words_for(grid.size()))),
        lines_(grid.nx, grid.ny) {}

  const Word* paint(Point3 station, HostList hosts, std::int64_t max_distance_mm) {
    station_ = station;
    std::fill(bits_.begin(), bits_.end(), Word{0});
    Horizon horizon(station.plan(), farthest());
    find_occluders(horizon, hosts);
    horizon.settle();
    show_visible(horizon);
    if (max_distance_mm >= 0) hide_beyond(max_distance_mm);
    for (const Occluder& walls : occluders_) draw(walls, horizon);
    for (const TouchingWall& wall : touching_) {
      hide_if(0, grid_.size(), [&](Point3 receiver) { return blocks(wall, receiver); });
    }
    for (const std::int32_t prism : elevated_) draw_elevated(prism);
    return bits_.data();
  }

 private:
  index_t bit(std::int32_t row, std::int32_t column) const { return index_t(row) * grid_.nx + column; }

  double farthest() const {
    const double x = std::max(std::abs(double(grid_.x0 - station_.x)), std::abs(double(grid_.x(grid_.nx - 1) - station_.x)));
    const double y = std::max(std::abs(double(grid_.y0 - station_.y)), std::abs(double(grid_.y(grid_.ny - 1) - station_.y)));
    return std::sqrt(x * x + y * y) + 1.0;
  }

  /// Goes through the buildings from near to far, and lists the walls that may hide something visible.
  void find_occluders(Horizon& horizon, HostList hosts) {
    occluders_.clear();
    corners_.clear();
    touching_.clear();
    elevated_.clear();
    sort_by_distance();
    for (std::size_t bucket = 0; bucket + 1 < bucket_start_.size(); ++bucket) {
      if (horizon.closed_beyond(double(bucket) * bucket_mm_)) break;
      for (std::uint32_t i = bucket_start_[bucket]; i < bucket_start_[bucket + 1]; ++i) {
        const std::int32_t prism = order_[i];
        const std::int64_t roof = view_.roof[prism];
        const Circle& circle = city_.circle(prism);
        const double reach = shadow_reach(station_.z, roof, grid_.z);
        if (horizon.hides(circle.x, circle.y, circle.radius, reach) || hosts.holds(view_.building[prism])) continue;
        if (view_.base[prism] > grid_.z) {
          elevated_.push_back(prism);
        } else if (city_.is_simple(prism)) {
          add_far_walls(horizon, prism, reach);
        } else {
          add_all_walls(horizon, prism, reach);
        }
      }
    }
  }

  /// Prisms that rise above the receivers in buckets of their nearest distance from the station.
  void sort_by_distance() {
    constexpr std::size_t buckets = 256;
    bucket_mm_ = farthest() / double(buckets - 1);
    const index_t prisms = view_.prisms;
    bucket_of_.resize(std::size_t(prisms));
    bucket_start_.assign(buckets + 1, 0);
    for (index_t prism = 0; prism < prisms; ++prism) {
      const Circle& circle = city_.circle(prism);
      const double x = circle.x - double(station_.x), y = circle.y - double(station_.y);
      const double near = std::max(0.0, std::sqrt(x * x + y * y) - circle.radius - 1.0);
      const double bucket = std::min(near / bucket_mm_, double(buckets));
      // Whatever is farther than every receiver, or no higher than they are, hides nothing.
      bucket_of_[std::size_t(prism)] = std::uint16_t(view_.roof[prism] > grid_.z ? bucket : double(buckets));
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
  void add_far_walls(Horizon& horizon, std::int32_t prism, double reach) {
    const std::int64_t roof = view_.roof[prism];
    for (index_t ring = view_.prism_ring_start[prism]; ring < view_.prism_ring_start[prism + 1]; ++ring) {
      const Point* const first = view_.vertices + view_.ring_start[ring];
      const index_t corners = view_.ring_start[ring + 1] - view_.ring_start[ring];
      faces_away_.resize(std::size_t(corners));
      for (index_t i = 0; i < corners; ++i) {
        const Point b = first[i + 1 < corners ? i + 1 : 0];
        faces_away_[std::size_t(i)] = side_of_wall(first[i], b, station_.plan()) > 0;
      }
      const char* const away = faces_away_.data();
      index_t begin = 0;  // where a run begins, if the ring is not one run around the station
      while (begin < corners && !(away[begin] && !away[begin > 0 ? begin - 1 : corners - 1])) ++begin;
      if (begin == corners && !away[0]) continue;
      if (begin == corners) begin = 0;
      run_.corners.clear();
      for (index_t k = 0; k < corners; ++k) {
        const index_t i = begin + k < corners ? begin + k : begin + k - corners;
        const Point a = first[i], b = first[i + 1 < corners ? i + 1 : 0];
        if (!away[i] || seen_end_on(a, b, roof)) {
          end_run(horizon, roof, reach);
          continue;
        }
        if (run_.is_wide()) end_run(horizon, roof, reach);
        if (run_.corners.empty()) run_.begin(horizon.sight(a));
        run_.extend(horizon.sight(b));
      }
      end_run(horizon, roof, reach);
    }
  }

  /// Outlines that cross themselves have no inside to tell: all of their walls, one by one.
  void add_all_walls(Horizon& horizon, std::int32_t prism, double reach) {
    const std::int64_t roof = view_.roof[prism];
    for_each_wall(view_, prism, [&](Point a, Point b) {
      if (seen_end_on(a, b, roof)) return true;
      if (cross(station_.plan(), a, station_.plan(), b) < 0) std::swap(a, b);
      run_.begin(horizon.sight(a));
      run_.extend(horizon.sight(b));
      end_run(horizon, roof, reach);
      return true;
    });
  }

  /// Takes down a run that was found, unless its shadow is hidden already, or what is left of it.
  void end_run(Horizon& horizon, std::int64_t roof, double reach) {
    if (run_.corners.empty()) return;
    const double hidden = horizon.hidden_behind(run_);
    const double begin = std::max(1.0, hidden / run_.far);
    const bool seen = reach > 0.0 ? begin < reach : hidden < farthest();
    if (seen) {
      occluders_.push_back({std::uint32_t(corners_.size()), std::uint32_t(run_.corners.size()), roof, begin, reach,
                            run_.near, run_.far, run_.from(), run_.to()});
      for (const Sighted& corner : run_.corners) {
        corners_.push_back({station_.x + std::int64_t(corner.x), station_.y + std::int64_t(corner.y)});
      }
      horizon.hide_behind(run_, reach);
    }
    run_.corners.clear();
  }

  /// Does the wall lie on a line with the station? Beside it the wall has no shadow. A station right on
  /// it, below the roof, sees nothing behind it.
  bool seen_end_on(Point a, Point b, std::int64_t roof) {
    const Point q = station_.plan();
    if (cross(q, a, q, b) != 0) return false;
    const bool on_wall = (a.x - q.x) * (b.x - q.x) <= 0 && (a.y - q.y) * (b.y - q.y) <= 0;
    if (on_wall && station_.z < roof) touching_.push_back({a, b, roof});
    return true;
  }

  /// Opens what no horizon hides to all receivers outdoors.
  void show_visible(const Horizon& horizon) {
    const std::vector<GridPoint> region = horizon.visible_region(grid_);
    lines_.begin(0.0);
    for (std::size_t i = 0; i < region.size(); ++i) lines_.add_side(region[i], region[i + 1 < region.size() ? i + 1 : 0]);
    lines_.scan(
        [](std::int32_t, std::int32_t, std::int32_t) {},
        [&](std::int32_t row, std::int32_t begin, std::int32_t end) {
          copy_bits(outdoors_, bits_.data(), bit(row, begin), bit(row, end));
        });
  }

  void hide_beyond(std::int64_t limit) {
    for (std::int32_t row = 0; row < grid_.ny; ++row) {
      const std::int64_t dy = grid_.y(row) - station_.y, rest = limit * limit - dy * dy;
      std::int32_t begin = 0, end = 0;  // columns within the limit
      if (rest >= 0) {
        const std::int64_t half = whole_root(rest), middle = station_.x - grid_.x0;
        begin = columns_up_to(middle - half - 1);
        end = columns_up_to(middle + half);
      }
      if (begin > 0) clear_bits(bits_.data(), bit(row, 0), bit(row, begin));
      if (end < grid_.nx) clear_bits(bits_.data(), bit(row, end), bit(row, grid_.nx));
    }
  }

  /// Columns at most `x` east of the first one.
  std::int32_t columns_up_to(std::int64_t x) const {
    return std::int32_t(std::clamp<std::int64_t>(floor_divide(x, grid_.step_x) + 1, 0, grid_.nx));
  }

  /// The shadow of a run of walls is the polygon between two of its images, blown up about the station.
  /// Beyond what is visible it is cut off.
  void draw(const Occluder& walls, const Horizon& horizon) {
    const double cut = horizon.visible_up_to(walls.from, walls.to) / walls.near;
    const double end = walls.end > 0.0 && walls.end < cut ? walls.end : cut;
    if (end <= walls.begin) return;
    const GridPoint q{double(station_.x - grid_.x0) * per_x_, double(station_.y - grid_.y0) * per_y_};
    const Point* const corners = corners_.data() + walls.first;
    // Each corner is off by less than 16 units in the last place of the largest number in its making: what is
    // blown up is the way from the station in whole millimetres, not a difference of rounded places.
    const double size = std::abs(q.x) + std::abs(q.y) + (end + 1.0) * walls.far * std::max(per_x_, per_y_);
    const double blur = 1e-9 + size * 0x1p-48;
    if (!(blur < 0.5)) {  // a wall of hundreds of km that passes the station by nothing: `end` has no bound
      hide_if(0, grid_.size(), [&](Point3 receiver) { return blocks(walls, receiver); });
      return;
    }
    lines_.begin(blur);
    GridPoint near{}, far{};
    for (std::uint32_t i = 0; i < walls.corners; ++i) {
      const double x = double(corners[i].x - station_.x) * per_x_, y = double(corners[i].y - station_.y) * per_y_;
      const GridPoint here{q.x + walls.begin * x, q.y + walls.begin * y}, there{q.x + end * x, q.y + end * y};
      if (i == 0) {
        lines_.add_side(here, there);
      } else {
        lines_.add_side(near, here);
        lines_.add_side(far, there);
      }
      near = here;
      far = there;
    }
    lines_.add_side(near, far);
    doubtful_.clear();
    Word* const bits = bits_.data();
    const index_t nx = grid_.nx;
    lines_.scan(
        [&](std::int32_t row, std::int32_t begin, std::int32_t end) {
          for_each_set_bit(bits, row * nx + begin, row * nx + end, [&](index_t at) { doubtful_.push_back(at); });
        },
        [bits, nx](std::int32_t row, std::int32_t begin, std::int32_t end) {
          clear_bits(bits, row * nx + begin, row * nx + end);
        });
    for (const index_t at : doubtful_) {
      blocks(walls, grid_[at]) ? clear_bits(bits_.data(), at, at + 1) : set_bits(bits_.data(), at, at + 1);
    }
  }

  bool blocks(const Occluder& walls, Point3 receiver) const {
    const Point* const corners = corners_.data() + walls.first;
    for (std::uint32_t i = 1; i < walls.corners; ++i) {
      if (wall_blocks(receiver, station_, corners[i - 1], corners[i], walls.roof)) return true;
    }
    return false;
  }

  bool blocks(const TouchingWall& wall, Point3 receiver) const {
    return wall_blocks(receiver, station_, wall.a, wall.b, wall.roof);
  }

  /// Asks about every link of these bits that is still open.
  template <class Blocked>
  void hide_if(index_t begin, index_t end, Blocked&& blocked) {
    for_each_set_bit(bits_.data(), begin, end, [&](index_t at) {
      if (blocked(grid_[at])) clear_bits(bits_.data(), at, at + 1);
    });
  }

  /// A prism that hangs above the receivers' plane is asked about every link still open in the wedge
  /// behind its circle: its shadow is the prism blown up about the station, its base the least, its roof
  /// the most.
  void draw_elevated(std::int32_t prism) {
    if (view_.base[prism] > station_.z) return;  // all links pass below
    const Circle& circle = city_.circle(prism);
    const double x = circle.x - double(station_.x), y = circle.y - double(station_.y);
    const double radius = circle.radius + 10.0, distance = std::sqrt(x * x + y * y);  // 10 mm cover all rounding
    const double reach = shadow_reach(station_.z, view_.roof[prism], grid_.z);
    const double end = reach > 0.0 ? std::min(reach * (distance + radius), farthest()) : farthest();
    lines_.begin(0.0);
    if (distance < 1.01 * radius) {  // around the station
      add_corners({{-end, -end}, {end, -end}, {end, end}, {-end, end}});
    } else {
      // Between the circle's tangents, from the chord before it to the one at the end of its shadow.
      const double sine = radius / distance, cosine = std::sqrt(1.0 - sine * sine);
      const double east = x / distance, north = y / distance;
      const GridPoint right{east * cosine + north * sine, north * cosine - east * sine};
      const GridPoint left{east * cosine - north * sine, north * cosine + east * sine};
      const double near = std::max(1.0, shadow_reach(station_.z, view_.base[prism], grid_.z)) * (distance - radius);
      const double far = end / cosine;
      add_corners({{right.x * near, right.y * near},
                   {right.x * far, right.y * far},
                   {left.x * far, left.y * far},
                   {left.x * near, left.y * near}});
    }
    lines_.scan([](std::int32_t, std::int32_t, std::int32_t) {},
                [&](std::int32_t row, std::int32_t begin, std::int32_t end_column) {
                  hide_if(bit(row, begin), bit(row, end_column), [&](Point3 receiver) {
                    return link_meets_prism(view_, prism, receiver, station_);
                  });
                });
  }

  /// The polygon of corners given from the station, mm.
  void add_corners(const GridPoint (&corners)[4]) {
    const double qx = double(station_.x - grid_.x0), qy = double(station_.y - grid_.y0);
    const auto on_grid = [&](const GridPoint& p) { return GridPoint{(qx + p.x) * per_x_, (qy + p.y) * per_y_}; };
    for (std::size_t i = 0; i < 4; ++i) lines_.add_side(on_grid(corners[i]), on_grid(corners[(i + 1) % 4]));
  }

  const City& city_;
  const CityView view_;
  const ReceiverGrid grid_;
  const Word* const outdoors_;
  const double per_x_ = 1.0 / double(grid_.step_x), per_y_ = 1.0 / double(grid_.step_y);
  std::vector<Word> bits_;
  ScanLines lines_;

  Point3 station_{};
  std::vector<Occluder> occluders_;
  std::vector<Point> corners_;
  std::vector<TouchingWall> touching_;
  std::vector<index_t> doubtful_;
  std::vector<char> faces_away_;
  Run run_{};
  std::vector<std::int32_t> elevated_;
  double bucket_mm_ = 0.0;
  std::vector<std::uint16_t> bucket_of_;
  std::vector<std::uint32_t> bucket_start_, next_;
  std::vector<std::int32_t> order_;
};

/// A station below the receivers' plane casts no shadow on it: its links are asked one by one.
void trace_from_below(const City& city, const ReceiverGrid& grid, Point3 station, const Hosts& hosts,
                      const Word* outdoors, std::int64_t max_distance_mm, std::uint8_t* los) {
  constexpr index_t chunk = 8192;  // whole bytes of the answer
  std::vector<Point3> receivers(chunk);
  std::vector<std::int32_t> building(chunk);
  for (index_t begin = 0; begin < grid.size(); begin += chunk) {
    const index_t count = std::min(chunk, grid.size() - begin);
    for (index_t i = 0; i < count; ++i) {
      receivers[std::size_t(i)] = grid[begin + i];
      building[std::size_t(i)] = test_bit(outdoors, begin + i) ? -1 : 0;
    }
    trace_line_of_sight(city, {receivers.data(), count, &station, 1}, hosts, building.data(), LineOfSightEngine::index,
                        max_distance_mm, 1, los + begin / 8);
  }
}

}  // namespace

void trace_shadows(const City& city, const ReceiverGrid& grid, const Point3* stations, index_t station_count,
                   const Hosts& hosts, const std::uint8_t* outdoors, std::int64_t max_distance_mm, int threads,
                   std::uint8_t* los) {
  const auto row_bytes = std::size_t((grid.size() + 7) / 8);
  std::vector<Word> mask(std::size_t(words_for(grid.size())));
  std::memcpy(mask.data(), outdoors, row_bytes);
  // A painter serves one thread, station after station; which one serves which changes nothing.
  if (threads <= 0) threads = available_threads();
  const index_t painters = std::min<index_t>(threads, station_count);
  std::atomic<index_t> next{0};
  parallel_for(painters, threads, [&](index_t) {
    ShadowPainter painter(city, grid, mask.data());
    for (index_t s = next++; s < station_count; s = next++) {
      std::uint8_t* const row = los + std::size_t(s) * row_bytes;
      const HostList host = hosts.of(s);
      if (is_enclosed(city, stations[s], host)) {
        std::memset(row, 0, row_bytes);
      } else if (stations[s].z < grid.z) {
        trace_from_below(city, grid, stations[s], {hosts.start + s, hosts.list}, mask.data(), max_distance_mm, row);
      } else {
        std::memcpy(row, painter.paint(stations[s], host, max_distance_mm), row_bytes);
      }
    }
  });
}

}  // namespace radiocore
