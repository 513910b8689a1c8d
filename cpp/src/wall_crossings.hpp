// Crossings of links with walls that stand on the ground, many walls at once: what the kernels of all instruction sets
// are given. They are those of for_each_crossing, in the same order.
#pragma once

#include "city.hpp"
#include "instruction_set.hpp"
#include "radiocore/geometry/link_features.hpp"

namespace radiocore {

/// A cell that a link goes through below its highest roof, and a height below which it is nowhere there.
struct LowCell {
  std::int32_t number, lowest_mm;
};

/// Where a link crosses a wall of the grid, and how high above its roof: within height_margin_mm that is undecided, and
/// no crossing is higher.
struct WallCrossing {
  double share, above_mm;
  std::uint32_t wall;
};

/// A link from its lower end to the other, and room for what is found: the cells that a link can touch, and every wall.
struct WallCrossingJob {
  WallGridView grid;
  WallColumns walls;
  Point3 low, high;
  LowCell* cells;
  WallCrossing* found;
};

struct WallCrossingCounts {
  index_t cells, found;
};

RADIOCORE_KERNELS(find_wall_crossings, const WallCrossingJob& job, WallCrossingCounts& counts)

}  // namespace radiocore
