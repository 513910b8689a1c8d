// Sums over the points within a radius of each receiver of a grid, exact in whole numbers.
//
// In a row of receivers those within the radius of a point are neighbours of each other, so each
// point is added where its stretch begins and taken off behind its end: a row costs its points and
// its receivers, not their product.
#pragma once

#include "parallel.hpp"
#include "radiocore/geometry/receiver_grid.hpp"
#include "radiocore/numerics/whole_root.hpp"

namespace radiocore {

/// Calls take(i, sum) for the receivers first + i, 0 <= i < count: sum is that of value_of(k) over the points k
/// within radius_mm of the receiver in plan. Sum has +=, -= and starts as Sum{}.
template <class Sum, class ValueOf, class Take>
void sum_over_discs(const Point* points, index_t point_count, std::int64_t radius_mm, const ReceiverGrid& grid,
                    index_t first, index_t count, int threads, ValueOf&& value_of, Take&& take) {
  if (count == 0) return;
  const index_t first_row = first / grid.nx, last_row = (first + count - 1) / grid.nx;
  parallel_ranges(last_row - first_row + 1, 4, threads, [&](index_t begin, index_t end) {
    std::vector<Sum> change(grid.nx + 1);
    for (index_t row = first_row + begin; row < first_row + end; ++row) {
      std::fill(change.begin(), change.end(), Sum{});
      const std::int64_t y = grid.y(row);
      for (index_t k = 0; k < point_count; ++k) {
        const std::int64_t dy = points[k].y - y;
        if (dy > radius_mm || dy < -radius_mm) continue;
        const std::int64_t half = whole_root(radius_mm * radius_mm - dy * dy), east = points[k].x - grid.x0;
        const std::int64_t from = std::max<std::int64_t>(-floor_divide(half - east, grid.step_x), 0);
        const std::int64_t to = std::min<std::int64_t>(floor_divide(east + half, grid.step_x), grid.nx - 1);
        if (from > to) continue;
        change[from] += value_of(k);
        change[to + 1] -= value_of(k);
      }
      Sum sum{};
      for (index_t column = 0; column < grid.nx; ++column) {
        sum += change[column];
        const index_t i = row * grid.nx + column - first;
        if (i >= 0 && i < count) take(i, sum);
      }
    }
  });
}

}  // namespace radiocore
