// What a straight link in 3-D passes through: how much of it lies inside prisms, and how many buildings it meets.
//
// Followed upwards, from its lower end, a link is below a roof up to one parameter and above a base from one on, and
// enters and leaves an outline by turns. So its crossings with walls below the roof, and the prisms over whose ground
// it starts, say where it is inside. Which walls are crossed, whether below the base, below the roof, and hence which
// prisms are met: integers, as link_meets_prism. Where, and so how long: double precision.
#pragma once

#include <cmath>

#include "radiocore/geometry/wall_grid.hpp"

namespace radiocore {

/// A stretch of a link inside a prism, from one share of its length to another; before the end is known, a crossing.
struct Stretch {
  double from, to;
  std::int32_t prism;
  std::int32_t building;
  std::int32_t next;  // in a chain of stretches
  bool below_base;    // its crossing, or the one that began it
};

RADIOCORE_HD inline Stretch crossing_at(double share, std::int32_t prism, bool below_base) {
  return {share, share, prism, -1, -1, below_base};
}

struct LinkFeatures {
  bool is_los;
  std::int32_t buildings;          // met, the transmitter's hosts left out
  std::int32_t receiver_building;  // that holds the receiver, or -1
  double obstruction_m;            // inside prisms, overlaps once
  double penetration_m;            // inside the prisms of receiver_building
  double distance_m, plan_distance_m;
};

struct Link {
  Point3 transmitter, receiver;

  RADIOCORE_HD Point3 low() const { return transmitter.z <= receiver.z ? transmitter : receiver; }
  RADIOCORE_HD Point3 high() const { return transmitter.z <= receiver.z ? receiver : transmitter; }
};

/// Does the building of a prism have an outline over the ground of p?
RADIOCORE_HD inline bool stands_under(const CityView& city, const WallGridView& grid, Point p, std::int32_t prism) {
  if (!grid.boxes[prism].holds(p)) return false;
  bool found = false;
  for_each_prism_near(grid, p, [&](std::int32_t other) {
    if (!found && city.building[other] == city.building[prism]) found = outline_contains(city, other, p);
  });
  return found;
}

/// Heights at crossings, rounded, are off by less than a hundredth of this; within it the integers decide.
constexpr double height_margin_mm = 1e-3;

/// A link's line in plan, for questions about walls. `Whole` is std::int64_t, or a vector of them where many walls are
/// asked at once; truth is then a mask.
struct PlanLine {
  std::int64_t x, y, along_x, along_y;
  bool tied_is_left;  // what lies on the line, by the nudge

  RADIOCORE_INLINE PlanLine(Point p, Point q)
      : x(p.x),
        y(p.y),
        along_x(q.x - p.x),
        along_y(q.y - p.y),
        tied_is_left(along_y != 0 ? along_y < 0 : along_x > 0) {}

  /// crosses() of the link and the wall a-b: of the four orientations one follows from the others. Where they cross is
  /// numerator / denominator of the link.
  template <class Whole>
  RADIOCORE_INLINE auto crosses(Whole ax, Whole ay, Whole bx, Whole by, Whole& numerator, Whole& denominator) const {
    const Whole wall_x = bx - ax, wall_y = by - ay;
    const Whole of_a = along_x * (ay - y) - along_y * (ax - x), of_b = along_x * (by - y) - along_y * (bx - x);
    const Whole of_p = wall_y * (ax - x) - wall_x * (ay - y), of_q = of_p - (of_b - of_a);
    const std::int64_t left = tied_is_left ? 0 : 1;
    const auto tied_is_left_of_wall = (wall_y > 0) | ((wall_y == 0) & (wall_x < 0));
    numerator = of_p;
    denominator = of_b - of_a;
    return ((of_a >= left) ^ (of_b >= left)) &
           (((of_p > 0) | ((of_p == 0) & tied_is_left_of_wall)) ^ ((of_q > 0) | ((of_q == 0) & tied_is_left_of_wall)));
  }
};

/// Calls visit(share, prism, below_base) for every prism over whose ground the link's lower end lies, as far as it
/// lies below the roof; prisms with their base above the link are left out.
template <class Visit>
RADIOCORE_HD inline void for_each_start(const CityView& city, const WallGridView& grid, const Link& link,
                                        Visit&& visit) {
  const Point3 p = link.low();
  const std::int64_t highest = link.high().z;
  for_each_prism_near(grid, p.plan(), [&](std::int32_t prism) {
    if (p.z >= city.roof[prism] || highest < city.base[prism]) return;
    if (outline_contains(city, prism, p.plan())) visit(0.0, prism, p.z < city.base[prism]);
  });
}

/// Crossings of a link, taken upwards from p to q, with the walls in a cell. A wall stands in several cells: its
/// crossing counts in the one in which it lies.
struct CellCrossings {
  const WallGridView& grid;
  Point3 p, q;

  RADIOCORE_HD CellCrossings(const WallGridView& grid, const Link& link)
      : grid(grid), p(link.low()), q(link.high()) {}

  RADIOCORE_HD std::int64_t cell_at(double share) const {
    const double per_cell = 1.0 / grid.cell_mm;
    const auto u = std::int64_t((double(p.x - grid.x0) + double(q.x - p.x) * share) * per_cell);
    const auto v = std::int64_t((double(p.y - grid.y0) + double(q.y - p.y) * share) * per_cell);
    return v * grid.nx + u;
  }

  /// Is the link below a level where it crosses a wall, about this much above it?
  RADIOCORE_HD bool is_below(double above, Point a, Point b, std::int64_t level) const {
    return above < -height_margin_mm ||
           (above < height_margin_mm && compare_height_at_crossing(p, q, a, b, level) < 0);
  }

  template <class Visit>
  RADIOCORE_HD void ask(std::int64_t cell, Point a, Point b, std::int32_t prism, std::int64_t base, std::int64_t roof,
                        Visit&& visit) const {
    std::int64_t numerator, denominator;
    if (!PlanLine(p.plan(), q.plan()).crosses(a.x, a.y, b.x, b.y, numerator, denominator)) return;
    const double share = double(numerator) / double(denominator);
    if (cell_at(share) != cell) return;
    const double height = double(p.z) + double(q.z - p.z) * share;
    if (!is_below(height - double(roof), a, b, roof)) return;
    visit(share, prism, base > 0 && is_below(height - double(base), a, b, base));
  }

  /// Asks the walls of the prisms in the cell whose base is above ground.
  template <class Visit>
  RADIOCORE_HD void ask_elevated(const CityView& city, std::int64_t cell, Visit&& visit) const {
    for (std::uint32_t i = grid.elevated_start[cell]; i < grid.elevated_start[cell + 1]; ++i) {
      const std::int32_t prism = grid.elevated[i];
      if (q.z < city.base[prism] || p.z >= city.roof[prism]) continue;
      for_each_wall(city, prism, [&](Point a, Point b) {
        ask(cell, a, b, prism, city.base[prism], city.roof[prism], visit);
        return true;
      });
    }
  }
};

/// Calls visit(share, prism, below_base) for every crossing with a wall below its roof; prisms with their base above
/// the link are left out. Raised prisms come before those that stand on the ground.
template <class Visit>
RADIOCORE_HD inline void for_each_crossing(const CityView& city, const WallGridView& grid, const Link& link,
                                           Visit&& visit) {
  const CellCrossings crossings(grid, link);
  const Point3 p = crossings.p, q = crossings.q;
  if (grid.elevated_start[std::int64_t(grid.nx) * grid.ny] > 0) {
    walk_cells(grid, p.plan(), q.plan(), [&](std::int64_t cell, double, double) {
      crossings.ask_elevated(city, cell, visit);
      return true;
    });
  }
  walk_cells(grid, p.plan(), q.plan(), [&](std::int64_t cell, double t0, double) {
    const double lowest_here = double(p.z) + double(q.z - p.z) * t0 - 1.0;
    for (std::uint32_t i = grid.wall_start[cell]; i < grid.wall_start[cell + 1]; ++i) {
      const Wall& wall = grid.walls[i];
      if (lowest_here >= double(wall.roof)) break;  // and over all that follow, which are no higher
      crossings.ask(cell, {wall.ax, wall.ay}, {wall.bx, wall.by}, wall.prism, 0, wall.roof, visit);
    }
    return true;
  });
}

/// Shell's sort by where they begin: by insertion alone for the few, which come nearly in order.
RADIOCORE_HD inline void sort_stretches(Stretch* stretch, index_t count) {
  for (index_t gap = count > 32 ? count / 2 : 1; gap > 0; gap /= 2) {
    for (index_t i = gap; i < count; ++i) {
      const Stretch moved = stretch[i];
      index_t j = i;
      for (; j >= gap && moved.from < stretch[j - gap].from; j -= gap) stretch[j] = stretch[j - gap];
      stretch[j] = moved;
    }
  }
}

/// Makes stretches of a link's crossings, in place, and returns how many. Each lies in a prism that is met, and each
/// such prism has one: where nothing is left of a stretch but a point, it stays, with no length. Those with no prism
/// are none.
RADIOCORE_HD inline index_t join_crossings(const CityView& city, const Link& link, Stretch* stretch, index_t count) {
  constexpr std::int32_t none = -1;
  const double low = double(link.low().z), rise = double(link.high().z) - low;
  sort_stretches(stretch, count);

  // Stretches whose end is not known form a chain; those that the link has left through the roof drop out of it.
  index_t made = 0;
  std::int32_t open = none;
  for (index_t i = 0; i < count; ++i) {
    const Stretch crossing = stretch[i];
    std::int32_t* place = &open;
    while (*place != none && stretch[*place].prism != crossing.prism) {
      Stretch& other = stretch[*place];
      if (other.to <= crossing.from) {
        *place = other.next;
      } else {
        place = &other.next;
      }
    }
    if (*place != none) {
      Stretch& ended = stretch[*place];
      *place = ended.next;
      ended.to = crossing.from < ended.to ? crossing.from : ended.to;
      if (ended.below_base && crossing.below_base) ended.prism = none;  // left before it rose to the base
      continue;
    }
    const double base = double(city.base[crossing.prism]), roof = double(city.roof[crossing.prism]);
    Stretch& begun = stretch[made];
    begun = crossing;
    if (crossing.below_base) begun.from = (base - low) / rise;
    const double up_to_roof = (roof - low) / rise;
    begun.to = up_to_roof < 1.0 ? up_to_roof : 1.0;
    begun.next = open;
    open = std::int32_t(made++);
  }
  return made;
}

/// Building that holds the receiver, or -1. If it is the lower end, the starts know.
RADIOCORE_HD inline std::int32_t receiver_building(const CityView& city, const WallGridView& grid, const Link& link,
                                                   const Stretch* start, index_t starts) {
  if (link.transmitter.z <= link.receiver.z) return building_at(city, grid, link.receiver, true);
  index_t found = -1;
  for (index_t i = 0; i < starts; ++i) {
    if (!start[i].below_base && holds_before(city, start[i].prism, found)) found = start[i].prism;
  }
  return found < 0 ? -1 : city.building[found];
}

/// The features of a link whose starts and, after them, crossings are given; they are used up. With
/// `hosts_transparent` a building that has an outline under the transmitter neither blocks nor counts, whatever its
/// height, not even around the receiver.
RADIOCORE_HD inline LinkFeatures link_features(const CityView& city, const WallGridView& grid, const Link& link,
                                               bool hosts_transparent, Stretch* stretch, index_t starts,
                                               index_t count) {
  const Point3 p = link.transmitter, q = link.receiver;
  const double dx = double(q.x - p.x), dy = double(q.y - p.y), dz = double(q.z - p.z);
  const double plan2 = dx * dx + dy * dy;
  LinkFeatures out{};
  out.distance_m = std::sqrt(plan2 + dz * dz) / 1000.0;
  out.plan_distance_m = std::sqrt(plan2) / 1000.0;
  out.receiver_building = receiver_building(city, grid, link, stretch, starts);

  const index_t joined = join_crossings(city, link, stretch, count);
  index_t kept = 0;
  for (index_t i = 0; i < joined; ++i) {
    Stretch moved = stretch[i];
    if (moved.prism < 0) continue;
    moved.building = city.building[moved.prism];
    if (hosts_transparent && stands_under(city, grid, p.plan(), moved.prism)) continue;
    index_t j = kept++;  // by where they begin: only those that begin at a base come out of order
    for (; j > 0 && moved.from < stretch[j - 1].from; --j) stretch[j] = stretch[j - 1];
    stretch[j] = moved;
  }
  double obstruction = 0.0, penetration = 0.0, obstructed_to = 0.0, penetrated_to = 0.0;
  const auto add = [](const Stretch& inside, double& length, double& counted_to) {
    const double from = inside.from > counted_to ? inside.from : counted_to;
    if (inside.to <= from) return;
    length += inside.to - from;
    counted_to = inside.to;
  };
  for (index_t i = 0; i < kept; ++i) {
    add(stretch[i], obstruction, obstructed_to);
    if (stretch[i].building == out.receiver_building) add(stretch[i], penetration, penetrated_to);
    bool met_before = false;
    for (index_t j = 0; j < i; ++j) met_before |= stretch[j].building == stretch[i].building;
    out.buildings += !met_before;
  }
  out.obstruction_m = obstruction * out.distance_m;
  out.penetration_m = penetration * out.distance_m;
  out.is_los = out.buildings == 0 && out.receiver_building < 0;
  return out;
}

}  // namespace radiocore
