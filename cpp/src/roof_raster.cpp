#include "roof_raster.hpp"

#include <algorithm>

#include "parallel.hpp"

namespace radiocore {
namespace {

index_t count_up_to(const std::int64_t* ascending, index_t count, std::int64_t limit) {
  return std::upper_bound(ascending, ascending + count, limit) - ascending;
}

/// Raises the roof over the points of rows [row_begin, row_end) that a prism's outline holds.
void raise_roofs(const CityView& city, index_t prism, const Raster& raster, index_t row_begin, index_t row_end,
                 std::vector<std::uint64_t>& crossings, std::int32_t* roof, std::int32_t* building) {
  // Of every row the columns at which a wall begins to lie to the west, as (row, column) in one number.
  crossings.clear();
  for_each_wall(city, prism, [&](Point a, Point b) {
    if (a.y > b.y) std::swap(a, b);
    // Rows with a.y < y <= b.y: a corner at the height of a row counts as above it (east_ray_crosses).
    const index_t first = std::max(count_up_to(raster.y, raster.ny, a.y), row_begin);
    const index_t last = std::min(count_up_to(raster.y, raster.ny, b.y), row_end);
    for (index_t row = first; row < last; ++row) {
      // A point on the wall lies to the west of it.
      const std::int64_t wall_x = a.x + floor_divide((raster.y[row] - a.y) * (b.x - a.x), b.y - a.y);
      crossings.push_back(std::uint64_t(row) << 32 | std::uint64_t(count_up_to(raster.x, raster.nx, wall_x)));
    }
    return true;
  });
  std::sort(crossings.begin(), crossings.end());
  const auto top = std::int32_t(city.roof[prism]);
  const std::int32_t owner = city.building[prism];
  for (std::size_t i = 0; i + 1 < crossings.size(); i += 2) {  // even in number in every row
    const index_t row = index_t(crossings[i] >> 32) * raster.nx;
    const index_t begin = row + index_t(crossings[i] & 0xffffffff), end = row + index_t(crossings[i + 1] & 0xffffffff);
    for (index_t at = begin; at < end; ++at) {
      if (top < roof[at] || (top == roof[at] && owner > building[at])) continue;
      roof[at] = top;
      building[at] = owner;
    }
  }
}

}  // namespace

void fill_roofs(const City& city, const Raster& raster, int threads, std::int32_t* roof, std::int32_t* building) {
  const CityView view = city.view();
  parallel_ranges(raster.ny, 64, threads, [&](index_t row_begin, index_t row_end) {
    std::fill(roof + row_begin * raster.nx, roof + row_end * raster.nx, 0);
    std::fill(building + row_begin * raster.nx, building + row_end * raster.nx, -1);
    if (raster.nx == 0) return;
    const double south = double(raster.y[row_begin]), north = double(raster.y[row_end - 1]);
    const double west = double(raster.x[0]), east = double(raster.x[raster.nx - 1]);
    std::vector<std::uint64_t> crossings;
    for (index_t prism = 0; prism < view.prisms; ++prism) {
      const Circle& circle = city.circle(prism);
      if (circle.y + circle.radius < south || circle.y - circle.radius > north) continue;
      if (circle.x + circle.radius < west || circle.x - circle.radius > east) continue;
      raise_roofs(view, prism, raster, row_begin, row_end, crossings, roof, building);
    }
  });
}

}  // namespace radiocore
