#include "city.hpp"

#include <algorithm>
#include <unordered_map>

namespace radiocore {
namespace {

constexpr std::size_t longest_vector = 16;  // of 32-bit words, on any machine

/// Lists of items a cell, packed one after the other.
template <class Item>
struct CellLists {
  std::vector<std::uint32_t> start;
  std::vector<Item> items;
};

/// `emit(add)` calls add(cell, item) for every pair, the same ones each time it is called.
template <class Item, class Emit>
CellLists<Item> pack(std::size_t cells, Emit&& emit) {
  CellLists<Item> lists;
  lists.start.assign(cells + 1, 0);
  emit([&](std::int64_t cell, const Item&) { ++lists.start[std::size_t(cell) + 1]; });
  for (std::size_t cell = 0; cell < cells; ++cell) lists.start[cell + 1] += lists.start[cell];
  lists.items.resize(lists.start[cells]);
  std::vector<std::uint32_t> next(lists.start.begin(), lists.start.end() - 1);
  emit([&](std::int64_t cell, const Item& item) { lists.items[next[std::size_t(cell)]++] = item; });
  return lists;
}

struct Segment {
  Point a, b;
};

/// Have the closed segments a point in common?
bool touch(const Segment& s, const Segment& t) {
  const auto apart = [](std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) {
    return std::max(a, b) < std::min(c, d) || std::max(c, d) < std::min(a, b);
  };
  if (apart(s.a.x, s.b.x, t.a.x, t.b.x) || apart(s.a.y, s.b.y, t.a.y, t.b.y)) return false;
  return sign(cross(s.a, s.b, s.a, t.a)) * sign(cross(s.a, s.b, s.a, t.b)) <= 0 &&
         sign(cross(t.a, t.b, t.a, s.a)) * sign(cross(t.a, t.b, t.a, s.b)) <= 0;
}

/// Do two walls, the second from the end of the first, have more than that corner in common?
bool fold_back(const Segment& s, const Segment& t) {
  if (cross(s.a, s.b, t.a, t.b) != 0) return false;
  return (s.b.x - s.a.x) * (t.b.x - t.a.x) + (s.b.y - s.a.y) * (t.b.y - t.a.y) <= 0;
}

}  // namespace

City::City(std::vector<Point> vertices, std::vector<index_t> ring_start, std::vector<index_t> prism_ring_start,
           std::vector<std::int64_t> base, std::vector<std::int64_t> roof, std::vector<std::int32_t> building)
    : vertices_(std::move(vertices)),
      ring_start_(std::move(ring_start)),
      prism_ring_start_(std::move(prism_ring_start)),
      base_(std::move(base)),
      roof_(std::move(roof)),
      building_(std::move(building)) {
  build_circles();
  orient_rings();
  build_grid();
}

CityView City::view() const {
  return {vertices_.data(), ring_start_.data(), prism_ring_start_.data(), base_.data(),
          roof_.data(),     building_.data(),   prisms()};
}

WallGridView City::grid() const {
  return {x0_,           y0_,           cell_mm_,           nx_,           ny_,
          wall_start_.data(), walls_.data(), elevated_start_.data(), elevated_.data(),
          prism_start_.data(), prism_list_.data(), top_.data(), boxes_.data()};
}

WallColumns City::wall_columns() const {
  const std::size_t length = walls_.size() + longest_vector;
  const auto column = [&](std::size_t i) { return wall_columns_.data() + i * length; };
  return {column(0), column(1), column(2), column(3), column(4)};
}

std::int32_t City::building_at(Point3 p, bool use_height) const {
  return radiocore::building_at(view(), grid(), p, use_height);
}

std::vector<std::int32_t> City::buildings_under(Point p) const {
  const CityView city = view();
  std::vector<std::int32_t> found;
  for_each_prism_near(grid(), p, [&](std::int32_t prism) {
    if (outline_contains(city, prism, p)) found.push_back(city.building[prism]);
  });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

void City::build_circles() {
  const CityView city = view();
  circles_.resize(std::size_t(prisms()));
  std::vector<double> xy;
  for (index_t prism = 0; prism < prisms(); ++prism) {
    xy.clear();
    for (index_t i = first_vertex(prism); i < first_vertex(prism + 1); ++i) {
      xy.push_back(double(city.vertices[i].x));
      xy.push_back(double(city.vertices[i].y));
    }
    circles_[prism] = minimum_enclosing_circle(xy.data(), xy.size() / 2);
    circles_[prism].radius = circles_[prism].radius * (1.0 + 1e-9) + 1.0;
  }
}

void City::orient_rings() {
  // Every pair of walls is looked at: outlines of more walls than this are rare, and treated as if
  // they crossed themselves, which only costs time.
  constexpr index_t most_walls = 4096;
  simple_.assign(std::size_t(prisms()), 0);
  std::vector<Segment> walls;
  std::vector<index_t> next;  // the wall that follows in the same ring
  for (index_t prism = 0; prism < prisms(); ++prism) {
    if (first_vertex(prism + 1) - first_vertex(prism) > most_walls) continue;
    walls.clear();
    next.clear();
    for (index_t ring = prism_ring_start_[prism]; ring < prism_ring_start_[prism + 1]; ++ring) {
      const index_t first = index_t(walls.size()), corners = ring_start_[ring + 1] - ring_start_[ring];
      for (index_t i = 0; i < corners; ++i) {
        walls.push_back({vertices_[ring_start_[ring] + i], vertices_[ring_start_[ring] + (i + 1) % corners]});
        next.push_back(first + (i + 1) % corners);
      }
    }
    bool simple = true;
    for (std::size_t i = 0; i < walls.size() && simple; ++i) {
      for (std::size_t j = i + 1; j < walls.size() && simple; ++j) {
        if (next[i] == index_t(j)) {
          simple = !fold_back(walls[i], walls[j]);
        } else if (next[j] == index_t(i)) {
          simple = !fold_back(walls[j], walls[i]);
        } else {
          simple = !touch(walls[i], walls[j]);
        }
      }
    }
    simple_[prism] = simple;
    if (!simple) continue;
    for (index_t ring = prism_ring_start_[prism]; ring < prism_ring_start_[prism + 1]; ++ring) {
      Point* const first = vertices_.data() + ring_start_[ring];
      Point* const last = vertices_.data() + ring_start_[ring + 1];
      wide_t twice_area = 0;
      for (Point* p = first + 1; p + 1 < last; ++p) twice_area += cross(*first, *p, *first, *(p + 1));
      // A ring inside an odd number of others is a hole: the inside of the outline is around it.
      bool hole = false;
      for (index_t other = prism_ring_start_[prism]; other < prism_ring_start_[prism + 1]; ++other) {
        if (other == ring) continue;
        const index_t begin = ring_start_[other], end = ring_start_[other + 1];
        for (index_t i = begin; i < end; ++i) {
          hole ^= east_ray_crosses(*first, vertices_[i], vertices_[i + 1 < end ? i + 1 : begin]);
        }
      }
      if ((twice_area > 0) == hole) std::reverse(first, last);
    }
  }
}

void City::build_grid() {
  const CityView city = view();
  std::int64_t x1 = 0, y1 = 0;
  for (std::size_t i = 0; i < vertices_.size(); ++i) {
    const Point v = vertices_[i];
    x0_ = i == 0 ? v.x : std::min(x0_, v.x);
    y0_ = i == 0 ? v.y : std::min(y0_, v.y);
    x1 = i == 0 ? v.x : std::max(x1, v.x);
    y1 = i == 0 ? v.y : std::max(y1, v.y);
  }
  x0_ -= 4;
  y0_ -= 4;
  const double width = double(x1 - x0_) + 4.0, depth = double(y1 - y0_) + 4.0;
  // About 32 m, measured as a broad optimum; wider where the map is large and empty, so that there
  // are never many more cells than walls.
  cell_mm_ = 32768.0;
  const double most_cells = 16.0 * double(vertices_.size()) + 4096.0;
  while (std::ceil(width / cell_mm_) * std::ceil(depth / cell_mm_) > most_cells) cell_mm_ *= 2.0;
  nx_ = std::max(1, std::int32_t(std::ceil(width / cell_mm_)));
  ny_ = std::max(1, std::int32_t(std::ceil(depth / cell_mm_)));
  const std::size_t cells = std::size_t(nx_) * std::size_t(ny_);
  const WallGridView frame = grid();

  auto walls = pack<Wall>(cells, [&](auto&& add) {
    for (index_t prism = 0; prism < prisms(); ++prism) {
      if (base_[prism] > 0) continue;
      for_each_wall(city, prism, [&](Point a, Point b) {
        const Wall wall{std::int32_t(a.x), std::int32_t(a.y), std::int32_t(b.x),
                        std::int32_t(b.y), std::int32_t(roof_[prism]), std::int32_t(prism)};
        walk_cells(frame, a, b, [&](std::int64_t cell, double, double) {
          add(cell, wall);
          return true;
        });
        return true;
      });
    }
  });
  boxes_.resize(std::size_t(prisms()));
  for (index_t prism = 0; prism < prisms(); ++prism) {
    Point low = vertices_[first_vertex(prism)], high = low;
    for (index_t i = first_vertex(prism); i < first_vertex(prism + 1); ++i) {
      low = {std::min(low.x, vertices_[i].x), std::min(low.y, vertices_[i].y)};
      high = {std::max(high.x, vertices_[i].x), std::max(high.y, vertices_[i].y)};
    }
    boxes_[std::size_t(prism)] = {std::int32_t(low.x), std::int32_t(low.y), std::int32_t(high.x), std::int32_t(high.y)};
  }
  auto in_boxes = [&](bool elevated_only, auto&& add) {
    for (index_t prism = 0; prism < prisms(); ++prism) {
      if (elevated_only && base_[prism] <= 0) continue;
      const PlanBox box = boxes_[std::size_t(prism)];
      const auto cell_of = [&](std::int64_t value, std::int64_t origin, std::int32_t count) {
        return std::clamp(std::int32_t(std::floor(double(value - origin) / cell_mm_)), 0, count - 1);
      };
      for (std::int32_t j = cell_of(box.y0 - 2, y0_, ny_); j <= cell_of(box.y1 + 2, y0_, ny_); ++j) {
        for (std::int32_t i = cell_of(box.x0 - 2, x0_, nx_); i <= cell_of(box.x1 + 2, x0_, nx_); ++i) {
          add(std::int64_t(j) * nx_ + i, std::int32_t(prism));
        }
      }
    }
  };
  auto elevated = pack<std::int32_t>(cells, [&](auto&& add) { in_boxes(true, add); });
  auto all = pack<std::int32_t>(cells, [&](auto&& add) { in_boxes(false, add); });
  std::unordered_map<std::int32_t, PlanBox> of_building;
  for (std::size_t prism = 0; prism < boxes_.size(); ++prism) {
    const PlanBox own = boxes_[prism];
    PlanBox& box = of_building.try_emplace(building_[prism], own).first->second;
    box = {std::min(box.x0, own.x0), std::min(box.y0, own.y0), std::max(box.x1, own.x1), std::max(box.y1, own.y1)};
  }
  for (std::size_t prism = 0; prism < boxes_.size(); ++prism) boxes_[prism] = of_building.at(building_[prism]);

  top_.assign(cells, 0);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    for (std::uint32_t i = walls.start[cell]; i < walls.start[cell + 1]; ++i) {
      top_[cell] = std::max(top_[cell], walls.items[i].roof);
    }
    for (std::uint32_t i = elevated.start[cell]; i < elevated.start[cell + 1]; ++i) {
      top_[cell] = std::max(top_[cell], std::int32_t(roof_[std::size_t(elevated.items[i])]));
    }
    // The highest wall first: it is the likeliest to block.
    std::stable_sort(walls.items.begin() + walls.start[cell], walls.items.begin() + walls.start[cell + 1],
                     [](const Wall& a, const Wall& b) { return a.roof > b.roof; });
  }
  wall_start_ = std::move(walls.start);
  walls_ = std::move(walls.items);
  for (const auto field : {&Wall::ax, &Wall::ay, &Wall::bx, &Wall::by, &Wall::roof}) {
    for (const Wall& wall : walls_) wall_columns_.push_back(wall.*field);
    wall_columns_.resize(wall_columns_.size() + longest_vector);
  }
  elevated_start_ = std::move(elevated.start);
  elevated_ = std::move(elevated.items);
  prism_start_ = std::move(all.start);
  prism_list_ = std::move(all.items);
}

}  // namespace radiocore
