// The neighbourhood of each receiver, and line of sight in probability over its terrain.
#pragma once

#include "line_of_sight.hpp"
#include "radiocore/coverage/air_to_ground.hpp"
#include "radiocore/geometry/receiver_grid.hpp"

namespace radiocore {

/// Buildings as the terrain model sees them.
struct BuildingTable {
  const Point* centre;
  const std::int64_t* area_mm2;
  const std::int64_t* height_mm;
  index_t count;
};

/// Fills alpha_beta (R,) and gamma_m (R,) of the receivers first to first + R of a grid; whole-number sums, so the
/// order of buildings is irrelevant.
void describe_terrain(const BuildingTable& buildings, const ReceiverGrid& grid, index_t first, index_t count,
                      std::int64_t radius_mm, int threads, double* alpha_beta, double* gamma_m);

/// Fills probability (S, R): 0 or 1 as traced for links of at most exact_radius_mm in plan, the
/// terrain's line-of-sight probability beyond; 0 for receivers inside a building.
void fill_line_of_sight_probability(const LinkEnds& ends, const std::uint8_t* los, const std::int32_t* building,
                                    const double* alpha_beta, const double* gamma_m, std::int64_t exact_radius_mm,
                                    int threads, double* probability);

}  // namespace radiocore
