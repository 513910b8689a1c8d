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

/// Is there an outline over the ground of p: of any building, or of this one?
RADIOCORE_HD inline bool stands_under(const CityView& city, const WallGridView& grid, Point p,
                                      std::int32_t building = -1) {
  bool found = false;
  for_each_prism_near(grid, p, [&](std::int32_t prism) {
    if (!found && (building < 0 || city.building[prism] == building)) found = outline_contains(city, prism, p);
  });
  return found;
}

/// Where a link, taken from its lower end p to q, crosses a wall below the roof: its share there, or -1 if it does not.
/// `below_base` becomes whether it is below the base, too.
///
/// Rounded, a height is off by less than a hundredth of the margin; within that the integers decide.
RADIOCORE_HD inline double crossing_share(Point3 p, Point3 q, Point a, Point b, std::int64_t base, std::int64_t roof,
                                          bool& below_base) {
  constexpr double margin = 1e-3;  // mm
  if (!crosses(p.plan(), q.plan(), a, b)) return -1.0;
  const double share = double(cross(p.plan(), a, a, b)) / double(cross(p.plan(), q.plan(), a, b));
  const double height = double(p.z) + double(q.z - p.z) * share;
  const auto is_below = [&](std::int64_t level) {
    const double above = height - double(level);
    return above < -margin || (above < margin && compare_height_at_crossing(p, q, a, b, level) < 0);
  };
  below_base = base > 0 && is_below(base);
  return is_below(roof) ? share : -1.0;
}

/// Calls visit(share, prism, below_base) for every prism over whose ground the link's lower end lies and for every
/// crossing with a wall, as far as they lie below the roof; prisms with their base above the link are left out.
///
/// A wall stands in several cells. Its crossing counts in the cell in which it lies.
template <class Visit>
RADIOCORE_HD inline void for_each_crossing(const CityView& city, const WallGridView& grid, const Link& link,
                                           Visit&& visit) {
  const Point3 p = link.low(), q = link.high();
  for_each_prism_near(grid, p.plan(), [&](std::int32_t prism) {
    if (p.z >= city.roof[prism] || q.z < city.base[prism]) return;
    if (outline_contains(city, prism, p.plan())) visit(0.0, prism, p.z < city.base[prism]);
  });

  const std::int64_t plan_x = q.x - p.x, plan_y = q.y - p.y;
  const double dx = double(plan_x), dy = double(plan_y), dz = double(q.z - p.z);
  const double x = double(p.x - grid.x0), y = double(p.y - grid.y0), per_cell = 1.0 / grid.cell_mm;
  const auto ask = [&](std::int64_t cell, Point a, Point b, std::int32_t prism, std::int64_t base, std::int64_t roof) {
    bool below_base = false;
    const double share = crossing_share(p, q, a, b, base, roof, below_base);
    if (share < 0.0) return;
    const auto u = std::int64_t((x + dx * share) * per_cell), v = std::int64_t((y + dy * share) * per_cell);
    if (v * grid.nx + u == cell) visit(share, prism, below_base);
  };

  // Walls with an end on either side of the link's line are gathered without a branch, then asked in turn.
  constexpr std::uint32_t room = 48;
  std::uint32_t gathered[room];
  std::int64_t cell_of[room];
  std::uint32_t count = 0;
  const auto ask_gathered = [&] {
    for (std::uint32_t k = 0; k < count; ++k) {
      const Wall& wall = grid.walls[gathered[k]];
      ask(cell_of[k], {wall.ax, wall.ay}, {wall.bx, wall.by}, wall.prism, 0, wall.roof);
    }
    count = 0;
  };
  walk_cells(grid, p.plan(), q.plan(), [&](std::int64_t cell, double t0, double) {
    const double lowest_here = double(p.z) + dz * t0 - 1.0;
    if (lowest_here >= double(grid.top[cell])) return true;
    const std::uint32_t end = grid.wall_start[cell + 1];
    for (std::uint32_t i = grid.wall_start[cell]; i < end;) {
      if (count == room) ask_gathered();
      const std::uint32_t stop = end - i < room - count ? end : i + (room - count);
      for (; i < stop; ++i) {
        const Wall& wall = grid.walls[i];
        const std::int64_t of_a = plan_x * (wall.ay - p.y) - plan_y * (wall.ax - p.x);
        const std::int64_t of_b = plan_x * (wall.by - p.y) - plan_y * (wall.bx - p.x);
        gathered[count] = i;
        cell_of[count] = cell;
        count += !(((of_a > 0) & (of_b > 0)) | ((of_a < 0) & (of_b < 0)));
      }
    }
    for (std::uint32_t i = grid.elevated_start[cell]; i < grid.elevated_start[cell + 1]; ++i) {
      const std::int32_t prism = grid.elevated[i];
      if (q.z < city.base[prism] || lowest_here >= double(city.roof[prism])) continue;
      for_each_wall(city, prism, [&](Point a, Point b) {
        ask(cell, a, b, prism, city.base[prism], city.roof[prism]);
        return true;
      });
    }
    return true;
  });
  ask_gathered();
}

/// Shell's sort: by insertion alone for the few, which come nearly in order.
template <class Less>
RADIOCORE_HD inline void sort_stretches(Stretch* stretch, index_t count, Less&& less) {
  for (index_t gap = count > 32 ? count / 2 : 1; gap > 0; gap /= 2) {
    for (index_t i = gap; i < count; ++i) {
      const Stretch moved = stretch[i];
      index_t j = i;
      for (; j >= gap && less(moved, stretch[j - gap]); j -= gap) stretch[j] = stretch[j - gap];
      stretch[j] = moved;
    }
  }
}

/// Makes stretches of a link's crossings, in place, and returns how many. Each lies in a prism that is met, and each
/// such prism has one: where nothing is left of a stretch but a point, it stays, with no length.
RADIOCORE_HD inline index_t join_crossings(const CityView& city, const Link& link, Stretch* stretch, index_t count) {
  constexpr std::int32_t none = -1;
  const double low = double(link.low().z), rise = double(link.high().z) - low;
  sort_stretches(stretch, count, [](const Stretch& a, const Stretch& b) { return a.from < b.from; });

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
    begun.to = low + rise < roof ? 1.0 : (roof - low) / rise;
    begun.next = open;
    open = std::int32_t(made++);
  }
  index_t kept = 0;
  for (index_t i = 0; i < made; ++i) {
    if (stretch[i].prism != none) stretch[kept++] = stretch[i];
  }
  return kept;
}

/// The features of a link whose crossings are given; they are used up. With `hosts_transparent` a building that has an
/// outline under the transmitter neither blocks nor counts, whatever its height, not even around the receiver.
RADIOCORE_HD inline LinkFeatures link_features(const CityView& city, const WallGridView& grid, const Link& link,
                                               bool hosts_transparent, Stretch* stretch, index_t count) {
  const Point3 p = link.transmitter, q = link.receiver;
  const double dx = double(q.x - p.x), dy = double(q.y - p.y), dz = double(q.z - p.z);
  const double plan2 = dx * dx + dy * dy;
  LinkFeatures out{};
  out.distance_m = std::sqrt(plan2 + dz * dz) / 1000.0;
  out.plan_distance_m = std::sqrt(plan2) / 1000.0;
  out.receiver_building = building_at(city, grid, q, true);

  const bool hosted = hosts_transparent && stands_under(city, grid, p.plan());
  const index_t joined = join_crossings(city, link, stretch, count);
  index_t kept = 0;
  for (index_t i = 0; i < joined; ++i) {
    stretch[i].building = city.building[stretch[i].prism];
    if (hosted && stands_under(city, grid, p.plan(), stretch[i].building)) continue;
    stretch[kept++] = stretch[i];
  }
  sort_stretches(stretch, kept, [](const Stretch& a, const Stretch& b) { return a.from < b.from; });
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
  }
  out.obstruction_m = obstruction * out.distance_m;
  out.penetration_m = penetration * out.distance_m;

  sort_stretches(stretch, kept, [](const Stretch& a, const Stretch& b) { return a.building < b.building; });
  for (index_t i = 0; i < kept; ++i) out.buildings += i == 0 || stretch[i].building != stretch[i - 1].building;
  out.is_los = out.buildings == 0 && out.receiver_building < 0;
  return out;
}

}  // namespace radiocore
