#include "shadow.hpp"

#include <cstring>

#include "bits.hpp"
#include "occluders.hpp"
#include "parallel.hpp"
#include "radiocore/geometry/shadow.hpp"
#include "radiocore/numerics/whole_root.hpp"
#include "scan_lines.hpp"

namespace radiocore {
namespace {

/// Draws the shadows of one station after the other into one bitmap.
class ShadowPainter {
 public:
  ShadowPainter(const City& city, const ReceiverGrid& grid, const Word* outdoors)
      : city_(city),
        view_(city.view()),
        grid_(grid),
        outdoors_(outdoors),
        bits_(std::size_t(words_for(grid.size() + 1))),
        lines_(grid.nx, grid.ny),
        occluders_(city, grid) {}

  const Word* paint(Point3 station, HostList hosts, std::int64_t max_distance_mm) {
    station_ = station;
    std::fill(bits_.begin(), bits_.end(), Word{0});
    occluders_.find(station, hosts);
    show_visible();
    if (max_distance_mm >= 0) hide_beyond(max_distance_mm);
    for (const Occluder& walls : occluders_.runs) draw(walls);
    for (const std::int32_t prism : occluders_.raised) draw_underside(prism);
    for (const std::int32_t prism : occluders_.around) ask_around(prism);
    for (const TouchingWall& wall : occluders_.touching) {
      hide_if(0, grid_.size(), [&](Point3 receiver) { return blocks(wall, receiver); });
    }
    return bits_.data();
  }

 private:
  index_t bit(std::int32_t row, std::int32_t column) const { return index_t(row) * grid_.nx + column; }

  /// Opens what no horizon hides to all receivers outdoors.
  void show_visible() {
    const std::vector<GridPoint> region = occluders_.horizon.visible_region(grid_);
    lines_.begin(0.0);
    for (std::size_t i = 0; i < region.size(); ++i) {
      lines_.add_side(region[i], region[i + 1 < region.size() ? i + 1 : 0]);
    }
    lines_.flip_crossings(bits_.data());
    Word carry = 0;  // all bits alike: the parity so far
    for (std::size_t i = 0; i < bits_.size(); ++i) {
      const Word inside = running_parity(bits_[i]) ^ carry;
      carry = Word{0} - (inside >> (word_bits - 1));
      bits_[i] = inside & outdoors_[i];
    }
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
  void draw(const Occluder& walls) {
    const double begin = walls.rise.begin, cut = occluders_.horizon.visible_up_to(walls.from, walls.to) / walls.near;
    const double end = walls.rise.end > 0.0 && walls.rise.end < cut ? walls.rise.end : cut;
    if (end <= begin) return;
    const auto blocked = [&](Point3 receiver) { return blocks(walls, receiver); };
    if (!begin_polygon((end + 1.0) * walls.far)) return hide_if(0, grid_.size(), blocked);
    const Point* const corners = occluders_.corners.data() + walls.first;
    GridPoint near{}, far{};
    for (std::uint32_t i = 0; i < walls.corners; ++i) {
      const GridPoint here = image(corners[i], begin), there = image(corners[i], end);
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
    hide_polygon(blocked);
  }

  /// Links that come out of a prism by its base: the receivers' side of the outline's image.
  void draw_underside(std::int32_t prism) {
    const double lift = shadow_reach(station_.z, view_.base[prism], grid_.z);
    const double near = occluders_.horizon.nearest(std::size_t(prism)), farthest = occluders_.farthest();
    if (lift * near > farthest + 1.0) return;
    const auto blocked = [&](Point3 receiver) { return link_meets_prism(view_, prism, receiver, station_); };
    const double far = near + 2.0 * city_.circle(prism).radius + 10.0;  // 10 mm cover all rounding
    if (!begin_polygon((lift + 1.0) * far)) return hide_if(0, grid_.size(), blocked);
    for_each_wall(view_, prism, [&](Point a, Point b) {
      lines_.add_side(image(a, lift), image(b, lift));
      return true;
    });
    hide_polygon(blocked);
  }

  /// A prism above the receivers' plane that the station stands in, on or close to: every link within reach of its
  /// shadow is asked.
  void ask_around(std::int32_t prism) {
    const auto reach = std::int64_t(occluders_.horizon.shadow_end(std::size_t(prism))) + 10;
    const std::int64_t middle = station_.x - grid_.x0;
    const std::int32_t begin = columns_up_to(middle - reach - 1), end = columns_up_to(middle + reach);
    for (std::int32_t row = 0; row < grid_.ny; ++row) {
      if (std::abs(grid_.y(row) - station_.y) > reach) continue;
      hide_if(bit(row, begin), bit(row, end), [&](Point3 receiver) {
        return link_meets_prism(view_, prism, receiver, station_);
      });
    }
  }

  /// Starts a polygon of images not farther than that; false if they cannot be told well enough, of a wall of
  /// hundreds of km that passes the station by nothing.
  bool begin_polygon(double farthest_mm) {
    // Each corner is off by less than 16 units in the last place of the largest number in its making: what is
    // blown up is the way from the station in whole millimetres, not a difference of rounded places.
    const GridPoint q = image(station_.plan(), 0.0);
    const double size = std::abs(q.x) + std::abs(q.y) + farthest_mm * std::max(per_x_, per_y_);
    const double blur = 1e-9 + size * 0x1p-48;
    lines_.begin(blur);
    return blur < 0.5;
  }

  /// Where a point comes to lie that is blown up about the station.
  GridPoint image(Point p, double scale) const {
    return {double(station_.x - grid_.x0) * per_x_ + scale * (double(p.x - station_.x) * per_x_),
            double(station_.y - grid_.y0) * per_y_ + scale * (double(p.y - station_.y) * per_y_)};
  }

  /// Hides the polygon's inside, and what lies too close to its sides if it is blocked.
  template <class Blocked>
  void hide_polygon(Blocked&& blocked) {
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
      blocked(grid_[at]) ? clear_bits(bits, at, at + 1) : set_bits(bits, at, at + 1);
    }
  }

  bool blocks(const Occluder& walls, Point3 receiver) const {
    const Point* const corners = occluders_.corners.data() + walls.first;
    for (std::uint32_t i = 1; i < walls.corners; ++i) {
      if (wall_blocks(receiver, station_, corners[i - 1], corners[i], walls.rise.roof) &&
          (walls.rise.base <= receiver.z ||
           compare_height_at_crossing(receiver, station_, corners[i - 1], corners[i], walls.rise.base) >= 0)) {
        return true;
      }
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

  const City& city_;
  const CityView view_;
  const ReceiverGrid grid_;
  const Word* const outdoors_;
  const double per_x_ = 1.0 / double(grid_.step_x), per_y_ = 1.0 / double(grid_.step_y);
  std::vector<Word> bits_;
  ScanLines lines_;
  Occluders occluders_;

  Point3 station_{};
  std::vector<index_t> doubtful_;
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
  std::vector<Word> mask(std::size_t(words_for(grid.size() + 1)));
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
