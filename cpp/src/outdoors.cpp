#include "outdoors.hpp"

#include <algorithm>
#include <cstring>

#include "bits.hpp"
#include "parallel.hpp"

namespace radiocore {
namespace {

/// Clears the outdoors bits of receivers inside a prism, in rows [row_begin, row_end).
void mark_prism(const CityView& city, index_t prism, const ReceiverGrid& grid, std::int32_t row_begin,
                std::int32_t row_end, std::vector<std::uint64_t>& crossings, Word* outdoors) {
  // Of every row the columns at which a wall begins to lie to the west, as (row, column) in one number.
  crossings.clear();
  for_each_wall(city, prism, [&](Point a, Point b) {
    if (a.y > b.y) std::swap(a, b);
    // Rows with a.y < y <= b.y: a corner at the height of a row counts as above it (east_ray_crosses).
    const std::int64_t first = std::max<std::int64_t>(floor_divide(a.y - grid.y0, grid.step_y) + 1, row_begin);
    const std::int64_t last = std::min<std::int64_t>(floor_divide(b.y - grid.y0, grid.step_y), row_end - 1);
    for (std::int64_t row = first; row <= last; ++row) {
      // x <= a.x + (y - a.y)(b.x - a.x) / (b.y - a.y), where a receiver on the wall is to its west.
      const std::int64_t rise = b.y - a.y;
      const std::int64_t scaled = (a.x - grid.x0) * rise + (grid.y(row) - a.y) * (b.x - a.x);
      const std::int64_t column = std::clamp<std::int64_t>(floor_divide(scaled, rise * grid.step_x) + 1, 0, grid.nx);
      crossings.push_back(std::uint64_t(row) << 32 | std::uint64_t(column));
    }
    return true;
  });
  std::sort(crossings.begin(), crossings.end());
  for (std::size_t i = 0; i + 1 < crossings.size(); i += 2) {  // even in number in every row
    const auto row = std::int64_t(crossings[i] >> 32);
    const auto begin = std::int64_t(crossings[i] & 0xffffffff), end = std::int64_t(crossings[i + 1] & 0xffffffff);
    if (begin < end) clear_bits(outdoors, row * grid.nx + begin, row * grid.nx + end);
  }
}

}  // namespace

void mark_outdoors(const City& city, const ReceiverGrid& grid, int threads, std::uint8_t* outdoors) {
  constexpr std::int32_t band = 64;  // rows, so that no word belongs to two bands
  const CityView view = city.view();
  std::vector<Word> bits(std::size_t(words_for(grid.size())));
  set_bits(bits.data(), 0, grid.size());
  parallel_for((grid.ny + band - 1) / band, threads, [&](index_t task) {
    const auto row_begin = std::int32_t(task) * band, row_end = std::min(grid.ny, row_begin + band);
    const double south = double(grid.y(row_begin)), north = double(grid.y(row_end - 1));
    std::vector<std::uint64_t> crossings;
    for (index_t prism = 0; prism < view.prisms; ++prism) {
      if (grid.z < view.base[prism] || grid.z >= view.roof[prism]) continue;
      const Circle& circle = city.circle(prism);
      if (circle.y + circle.radius < south || circle.y - circle.radius > north) continue;
      mark_prism(view, prism, grid, row_begin, row_end, crossings, bits.data());
    }
  });
  std::memcpy(outdoors, bits.data(), std::size_t((grid.size() + 7) / 8));
}

}  // namespace radiocore
