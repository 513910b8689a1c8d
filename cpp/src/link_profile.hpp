// Line of sight in probability from the profiles of links, by a network.
#pragma once

#include <array>

#include "line_of_sight.hpp"
#include "radiocore/coverage/profile_network.hpp"

namespace radiocore {

/// Steps of height for which it is known how far the next higher roof is, mm.
constexpr std::array<std::int32_t, 8> free_above_mm{0, 4000, 8000, 12000, 16000, 20000, 28000, 40000};

/// Roofs by cell, row by row from the south-west; the outermost cells hold none, and stand for all beyond.
struct RoofCells {
  const std::int32_t* roof_mm;   // 0: none
  const std::int32_t* building;  // -1: none
  const std::uint8_t* distance;  // (cells, levels): rings of cells around it that hold no roof above the level, + 1
  std::int64_t x0_mm, y0_mm;     // south-west corner
  std::int64_t cell_mm;
  std::int32_t nx, ny;
};

/// Fills distance (ny, nx, levels): 0 where the cell's own roof is above the level; at most 255.
void fill_free_distances(const std::int32_t* roof_mm, std::int32_t nx, std::int32_t ny, int threads,
                         std::uint8_t* distance);

struct ProfileModel {
  ProfileNetwork network;
  float scale_mm;   // clearance that counts as 1
  float side;       // how far beside the link its sides are, cells
  double certain;   // probabilities within this of 0 or 1 are 0 or 1
};

/// Fills probability (S, R), of line of sight: 0 or 1 as in los (S, R) for links of at most exact_radius_mm in plan;
/// by the network beyond; 0 for receivers with building[r] >= 0. Single precision in a fixed order: a link's answer
/// depends on that link alone.
void fill_profile_probability(const ProfileModel& model, const RoofCells& roofs, const LinkEnds& ends,
                              const Hosts& hosts, const std::int32_t* building, const std::uint8_t* los,
                              std::int64_t exact_radius_mm, int threads, double* probability);

/// Fills clearances (L, steps, 3) of links from receiver i to station i, as the network sees them, and how many steps
/// each has; steps behind the end are -1. Links of more than `steps` steps are cut off.
void fill_profiles(const ProfileModel& model, const RoofCells& roofs, const Point3* receivers, const Point3* stations,
                   index_t links, index_t steps, float* clearances, std::int32_t* count);

}  // namespace radiocore
