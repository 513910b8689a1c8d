// Exact predicates on a lattice of whole millimetres, |coordinate| < 2^30.
//
// Touching (the one tie rule): the city counts as nudged east by e and north by e^2, e positive and
// infinitesimal. Links and points stay where they are. Then no wall passes through the end of a
// link, no link through a corner, and nothing is undecided. Heights are not nudged: they are
// compared at the crossing of the un-nudged lines.
//
// Why 2^30: differences stay below 2^31, their products below 2^62, an orientation below 2^63.
#pragma once

#include "radiocore/core.hpp"

namespace radiocore {

struct Point {
  std::int64_t x, y;
};

struct Point3 {
  std::int64_t x, y, z;
  RADIOCORE_HD constexpr Point plan() const { return {x, y}; }
};

/// Cross product of the vectors a->b and c->d.
RADIOCORE_HD constexpr std::int64_t cross(Point a, Point b, Point c, Point d) {
  return (b.x - a.x) * (d.y - c.y) - (b.y - a.y) * (d.x - c.x);
}

RADIOCORE_HD constexpr int sign(std::int64_t value) { return (value > 0) - (value < 0); }

/// The quotient rounded down, for b > 0.
RADIOCORE_HD constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0); }

/// On which side of the link p->q the (nudged) corner v lies: +1 left, -1 right.
/// 0 only for a vertical link, which has no direction in plan.
RADIOCORE_HD constexpr int side_of_link(Point p, Point q, Point v) {
  const int exact = sign(cross(p, q, p, v));
  if (exact != 0) return exact;
  // cross(q - p, (e, e^2)) = (q.x - p.x) e^2 - (q.y - p.y) e: the larger power decides.
  return q.y != p.y ? sign(p.y - q.y) : sign(q.x - p.x);
}

/// On which side of the (nudged) wall a->b the point p lies: +1 left, -1 right.
/// 0 only for a wall of no length.
RADIOCORE_HD constexpr int side_of_wall(Point a, Point b, Point p) {
  const int exact = sign(cross(a, b, a, p));
  if (exact != 0) return exact;
  // Nudging the wall is moving the point by (-e, -e^2).
  return b.y != a.y ? sign(b.y - a.y) : sign(a.x - b.x);
}

/// Does the link p-q cross the wall a-b in plan? Exact, ties by the nudge.
RADIOCORE_HD constexpr bool crosses(Point p, Point q, Point a, Point b) {
  return side_of_link(p, q, a) != side_of_link(p, q, b) && side_of_wall(a, b, p) != side_of_wall(a, b, q);
}

/// Sign of (height of the link where it crosses the wall a-b) - level. Only for links that cross.
RADIOCORE_HD constexpr int compare_height_at_crossing(Point3 p, Point3 q, Point a, Point b, std::int64_t level) {
  // The crossing lies at t = numerator / denominator along p->q; a crossing link is never parallel.
  const std::int64_t denominator = cross(p.plan(), q.plan(), a, b);
  const std::int64_t numerator = cross(p.plan(), a, a, b);
  const wide_t scaled = wide_t(p.z - level) * denominator + wide_t(q.z - p.z) * numerator;
  const int height_sign = (scaled > 0) - (scaled < 0);
  return denominator > 0 ? height_sign : -height_sign;
}

}  // namespace radiocore
