// A city as the core keeps it: the columns, an enclosing circle a prism, and the grid of walls.
#pragma once

#include <span>
#include <vector>

#include "radiocore/geometry/circle.hpp"
#include "radiocore/geometry/wall_grid.hpp"

namespace radiocore {

/// The walls of a WallGridView once more, a column a field. A vector that begins at a wall may be read.
struct WallColumns {
  const std::int32_t *ax, *ay, *bx, *by, *roof;
};

class City {
 public:
  City(std::vector<Point> vertices, std::vector<index_t> ring_start, std::vector<index_t> prism_ring_start,
       std::vector<std::int64_t> base, std::vector<std::int64_t> roof, std::vector<std::int32_t> building);

  CityView view() const;
  WallGridView grid() const;
  WallColumns wall_columns() const;
  index_t prisms() const { return index_t(roof_.size()); }
  index_t walls() const { return index_t(vertices_.size()); }
  /// Enclosing circle of a prism's outline, mm, its radius rounded up by more than the arithmetic's error.
  const Circle& circle(index_t prism) const { return circles_[prism]; }
  const Circle* circles() const { return circles_.data(); }

  /// Do the walls of a prism neither meet nor touch but at their common corners? Then its inside lies
  /// to the left of every wall.
  bool is_simple(index_t prism) const { return simple_[std::size_t(prism)] != 0; }

  /// Building that holds p, or -1; see wall_grid.hpp.
  std::int32_t building_at(Point3 p, bool use_height) const;

  /// Buildings whose outline contains p in plan, ascending.
  std::vector<std::int32_t> buildings_under(Point p) const;

 private:
  /// Rings of a prism follow each other: its vertices are those up to the next prism's.
  index_t first_vertex(index_t prism) const { return ring_start_[prism_ring_start_[prism]]; }
  void build_circles();
  void orient_rings();
  void build_grid();

  std::vector<Point> vertices_;
  std::vector<index_t> ring_start_, prism_ring_start_;
  std::vector<std::int64_t> base_, roof_;
  std::vector<std::int32_t> building_;
  std::vector<Circle> circles_;
  std::vector<PlanBox> boxes_;
  std::vector<char> simple_;

  std::int64_t x0_ = 0, y0_ = 0;
  double cell_mm_ = 1.0;
  std::int32_t nx_ = 0, ny_ = 0;
  std::vector<std::uint32_t> wall_start_, elevated_start_, prism_start_;
  std::vector<Wall> walls_;
  std::vector<std::int32_t> wall_columns_;
  std::vector<std::int32_t> elevated_, prism_list_, top_;
};

}  // namespace radiocore
