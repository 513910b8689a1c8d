// Prisms of a city, and whether a point lies in an outline. Exact.
#pragma once

#include "radiocore/geometry/lattice.hpp"

namespace radiocore {

/// The columns of a city: vertices in rings, rings in prisms, prisms in buildings. Owns nothing.
struct CityView {
  const Point* vertices;
  const index_t* ring_start;        // (K + 1,)
  const index_t* prism_ring_start;  // (P + 1,)
  const std::int64_t* base;         // (P,)
  const std::int64_t* roof;         // (P,)
  const std::int32_t* building;     // (P,)
  index_t prisms;
};

/// Calls visit(a, b) for every wall of a prism until it returns false.
template <class Visit>
RADIOCORE_HD inline void for_each_wall(const CityView& city, index_t prism, Visit&& visit) {
  for (index_t ring = city.prism_ring_start[prism]; ring < city.prism_ring_start[prism + 1]; ++ring) {
    const index_t first = city.ring_start[ring], last = city.ring_start[ring + 1] - 1;
    Point a = city.vertices[last];
    for (index_t i = first; i <= last; ++i) {
      const Point b = city.vertices[i];
      if (!visit(a, b)) return;
      a = b;
    }
  }
}

/// Algorithm 1, step 6: does the ray from p to the east cross the (nudged) wall a-b? Without a branch: side_of_wall()
/// takes a point on a wall that leads north to be left of it, on one that leads south right.
RADIOCORE_HD constexpr bool east_ray_crosses(Point p, Point a, Point b) {
  // A corner at the height of the ray counts as above it: it is nudged north.
  const bool from_above = a.y >= p.y, to_above = b.y >= p.y;
  const std::int64_t left = cross(a, b, a, p);
  return (from_above != to_above) & ((to_above ? left : -left) >= 0);
}

/// Is p inside the outline of a prism (even-odd over all its rings)? Exact, ties by the nudge.
RADIOCORE_HD inline bool outline_contains(const CityView& city, index_t prism, Point p) {
  bool inside = false;
  for_each_wall(city, prism, [&](Point a, Point b) {
    inside ^= east_ray_crosses(p, a, b);
    return true;
  });
  return inside;
}

/// Is p inside a prism: inside its outline and base <= z < roof?
RADIOCORE_HD inline bool prism_contains(const CityView& city, index_t prism, Point3 p) {
  return city.base[prism] <= p.z && p.z < city.roof[prism] && outline_contains(city, prism, p.plan());
}

}  // namespace radiocore
