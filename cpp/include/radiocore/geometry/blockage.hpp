// Does a straight link meet a prism? Exact: integers only, so that the CPU and the GPU agree.
#pragma once

#include "radiocore/geometry/polygon.hpp"

namespace radiocore {

/// Algorithm 2 for one building, generalised to prisms with a base and to links in 3-D.
///
/// A prism is its outline times [base, roof). Going up along the link, it is met
///   - where it crosses a wall at base <= z < roof, or else
///   - where it passes the base plane, or starts, inside the outline: inside, because then the
///     crossings below the base and the lower end's own position have odd parity.
/// A link exactly at roof height passes. Cost: one pass over the walls, two if the lower end counts.
RADIOCORE_HD inline bool link_meets_prism(const CityView& city, index_t prism, Point3 p, Point3 q) {
  const std::int64_t base = city.base[prism], roof = city.roof[prism];
  const Point3 low = p.z <= q.z ? p : q;
  const Point3 high = p.z <= q.z ? q : p;
  if (low.z >= roof || high.z < base) return false;

  bool met = false;
  bool odd_below = false;
  for_each_wall(city, prism, [&](Point a, Point b) {
    if (!crosses(low.plan(), high.plan(), a, b)) return true;
    if (compare_height_at_crossing(low, high, a, b, base) < 0) {
      odd_below = !odd_below;
    } else if (compare_height_at_crossing(low, high, a, b, roof) < 0) {
      met = true;
    }
    return !met;
  });
  return met || odd_below != outline_contains(city, prism, low.plan());
}

/// Does the link cross this wall of a prism that stands on the ground, below its roof?
/// For ends outside the prism that is all there is to know of it.
RADIOCORE_HD constexpr bool wall_blocks(Point3 p, Point3 q, Point a, Point b, std::int64_t roof) {
  if (!crosses(p.plan(), q.plan(), a, b)) return false;
  if (p.z < roof && q.z < roof) return true;
  return compare_height_at_crossing(p, q, a, b, roof) < 0;
}

}  // namespace radiocore
