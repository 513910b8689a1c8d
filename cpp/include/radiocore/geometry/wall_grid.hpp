// The `index` line-of-sight engine for few receivers: walls in the cells of a uniform grid, walked along the link.
//
// Cells are only ever a reason to look: which of them a link or a wall touches is found in double
// precision with a margin of millimetres, and what is decided is decided by the exact predicates.
#pragma once

#include "radiocore/geometry/blockage.hpp"

namespace radiocore {

/// A wall of a prism that stands on the ground. 32 bits hold the lattice.
struct Wall {
  std::int32_t ax, ay, bx, by;
  std::int32_t roof;
  std::int32_t prism;
};

/// What outlines span in plan, mm, both ends included.
struct PlanBox {
  std::int32_t x0, y0, x1, y1;

  RADIOCORE_HD constexpr bool holds(Point p) const { return (x0 <= p.x) & (p.x <= x1) & (y0 <= p.y) & (p.y <= y1); }
};

struct WallGridView {
  std::int64_t x0, y0;  // south-west corner, mm
  double cell_mm;
  std::int32_t nx, ny;
  const std::uint32_t* wall_start;      // (nx ny + 1,) into walls
  const Wall* walls;                    // of a cell: the highest first
  const std::uint32_t* elevated_start;  // (nx ny + 1,) into elevated: prisms with a base above ground
  const std::int32_t* elevated;
  const std::uint32_t* prism_start;     // (nx ny + 1,) into prisms: all whose own box touches the cell
  const std::int32_t* prisms;
  const std::int32_t* top;              // (nx ny,) highest roof in the cell, mm
  const PlanBox* boxes;                 // (P,) of all outlines of each prism's building
};

/// Buildings that never block a station's links, as a short list.
struct HostList {
  const std::int32_t* building;
  index_t count;

  RADIOCORE_HD bool holds(std::int32_t candidate) const {
    for (index_t i = 0; i < count; ++i) {
      if (building[i] == candidate) return true;
    }
    return false;
  }
};

/// Of cells 0 .. count - 1 of width 1 the one that holds x; -1 before them, `count` behind them.
RADIOCORE_HD inline std::int32_t number_of_cell(double x, std::int32_t count) {
  if (x < 0.0) return -1;
  return x < double(count) ? std::int32_t(x) : count;
}

/// The cells that a segment touches in one strip of the grid, first to last, and perhaps a few beside it; none where
/// last < first. The segment is in the strip for parameters t0 <= t <= t1 (with a margin).
struct CellsOfStrip {
  std::int32_t first, last;
  double t0, t1;
};

/// The strips of cells that the segment p-q touches: u runs along its longer side, v across; strips are taken along u.
struct StripWalk {
  static constexpr double margin = 2.0;  // mm; rounding of the arithmetic below stays under a micrometre
  double pu, pv, slope, per_u, u_min, u_max, cell_mm, per_cell, last_v;
  std::int64_t stride_u, stride_v;
  std::int32_t begin, step, strips;  // begin, begin + step, ...: so many
  bool upright;

  RADIOCORE_INLINE StripWalk(const WallGridView& grid, Point p, Point q) {
    const double px = double(p.x - grid.x0), py = double(p.y - grid.y0);
    const double dx = double(q.x - p.x), dy = double(q.y - p.y);
    const bool along_x = (dx < 0 ? -dx : dx) >= (dy < 0 ? -dy : dy);
    pu = along_x ? px : py;
    pv = along_x ? py : px;
    const double du = along_x ? dx : dy, dv = along_x ? dy : dx;
    const std::int32_t nu = along_x ? grid.nx : grid.ny;
    last_v = double((along_x ? grid.ny : grid.nx) - 1);
    stride_u = along_x ? 1 : grid.nx;
    stride_v = along_x ? grid.nx : 1;
    cell_mm = grid.cell_mm;
    per_cell = 1.0 / cell_mm;
    upright = du == 0.0;
    slope = upright ? 0.0 : dv / du;
    per_u = upright ? 0.0 : 1.0 / du;
    u_min = (du < 0 ? pu + du : pu) - margin;
    u_max = (du < 0 ? pu : pu + du) + margin;
    const double first = u_min * per_cell, last = u_max * per_cell;
    const std::int32_t lowest = first < 0.0 ? 0 : std::int32_t(first < double(nu) ? first : double(nu));
    const std::int32_t highest = last < 0.0 ? -1 : std::int32_t(last < double(nu) ? last : double(nu - 1));
    step = du < 0 ? -1 : 1;
    begin = step > 0 ? lowest : highest;
    strips = highest - lowest + 1;
  }

  /// Without a branch, so that several can be found at once.
  RADIOCORE_INLINE CellsOfStrip operator()(std::int32_t strip) const {
    const double low = strip * cell_mm - margin, high = (strip + 1) * cell_mm + margin;
    const double u0 = low > u_min ? low : u_min, u1 = high < u_max ? high : u_max;
    const double v0 = pv + slope * (u0 - pu), v1 = pv + slope * (u1 - pu);
    const double first = ((v0 < v1 ? v0 : v1) - margin) * per_cell, last = ((v0 < v1 ? v1 : v0) + margin) * per_cell;
    const double beyond = last_v + 1.0;
    const double from = first > 0.0 ? first : 0.0, to = last < last_v ? last : last_v;
    // A vertical link has all its heights in this one strip.
    const double ta = (u0 - pu) * per_u, tb = upright ? 1.0 : (u1 - pu) * per_u;
    return {std::int32_t(from < beyond ? from : beyond), std::int32_t(last < 0.0 ? -1.0 : to), ta < tb ? ta : tb,
            ta < tb ? tb : ta};
  }
};

/// Visits every cell that the segment p-q touches, from p to q, and perhaps a few beside it.
///
/// visit(cell, t0, t1): the segment is in the cell's strip for parameters t0 <= t <= t1 (with a
/// margin). Stops when visit returns false.
template <class Visit>
RADIOCORE_HD inline void walk_cells(const WallGridView& grid, Point p, Point q, Visit&& visit) {
  const StripWalk walk(grid, p, q);
  std::int32_t strip = walk.begin;
  for (std::int32_t k = 0; k < walk.strips; ++k, strip += walk.step) {
    const CellsOfStrip cells = walk(strip);
    for (std::int32_t j = cells.first; j <= cells.last; ++j) {
      if (!visit(strip * walk.stride_u + j * walk.stride_v, cells.t0, cells.t1)) return;
    }
  }
}

/// Is the link p-q blocked by a prism that is not the station's host? Its ends are known to lie in
/// no such prism. Exact; equal to asking link_meets_prism of every prism.
RADIOCORE_HD inline bool link_blocked(const CityView& city, const WallGridView& grid, Point3 p, Point3 q,
                                      HostList hosts) {
  bool blocked = false;
  const double pz = double(p.z), dz = double(q.z - p.z);
  const std::int64_t lowest = p.z < q.z ? p.z : q.z;
  walk_cells(grid, p.plan(), q.plan(), [&](std::int64_t cell, double t0, double t1) {
    const double lowest_here = (dz > 0 ? pz + dz * t0 : pz + dz * t1) - 1.0;
    const double top = double(grid.top[cell]);
    if (lowest_here >= top || double(lowest) >= top) return true;
    for (std::uint32_t i = grid.wall_start[cell]; i < grid.wall_start[cell + 1]; ++i) {
      const Wall& wall = grid.walls[i];
      if (lowest_here >= double(wall.roof)) break;  // and over all that follow, which are no higher
      if (wall_blocks(p, q, {wall.ax, wall.ay}, {wall.bx, wall.by}, wall.roof) &&
          !hosts.holds(city.building[wall.prism])) {
        blocked = true;
        return false;
      }
    }
    for (std::uint32_t i = grid.elevated_start[cell]; i < grid.elevated_start[cell + 1]; ++i) {
      const std::int32_t prism = grid.elevated[i];
      if (!hosts.holds(city.building[prism]) && link_meets_prism(city, prism, p, q)) {
        blocked = true;
        return false;
      }
    }
    return true;
  });
  return blocked;
}

/// Calls visit(prism) for every prism whose outline may hold p.
template <class Visit>
RADIOCORE_HD inline void for_each_prism_near(const WallGridView& grid, Point p, Visit&& visit) {
  const std::int32_t i = number_of_cell(double(p.x - grid.x0) / grid.cell_mm, grid.nx);
  const std::int32_t j = number_of_cell(double(p.y - grid.y0) / grid.cell_mm, grid.ny);
  if (i < 0 || j < 0 || i >= grid.nx || j >= grid.ny) return;
  const std::int64_t cell = std::int64_t(j) * grid.nx + i;
  for (std::uint32_t at = grid.prism_start[cell]; at < grid.prism_start[cell + 1]; ++at) {
    const std::int32_t prism = grid.prisms[at];
    if (grid.boxes[prism].holds(p)) visit(prism);
  }
}

/// Is a prism taken before another as the one that holds a point? The tallest first, then the lowest building.
RADIOCORE_HD inline bool holds_before(const CityView& city, index_t prism, index_t other) {
  return other < 0 || city.roof[prism] > city.roof[other] ||
         (city.roof[prism] == city.roof[other] && city.building[prism] < city.building[other]);
}

/// Building that holds p, or -1: that of the prism that holds_before the others. With `use_height` a prism holds p only
/// between its base and its roof.
RADIOCORE_HD inline std::int32_t building_at(const CityView& city, const WallGridView& grid, Point3 p,
                                             bool use_height) {
  index_t found = -1;
  for_each_prism_near(grid, p.plan(), [&](std::int32_t prism) {
    if (use_height && (p.z < city.base[prism] || p.z >= city.roof[prism])) return;
    if (holds_before(city, prism, found) && outline_contains(city, prism, p.plan())) found = prism;
  });
  return found < 0 ? -1 : city.building[found];
}

}  // namespace radiocore
