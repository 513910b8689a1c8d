// Coverage of a stretch of a receiver grid in one pass: distances, powers, association, closed form.
#pragma once

#include "instruction_set.hpp"
#include "line_of_sight.hpp"
#include "radiocore/coverage/antenna.hpp"
#include "radiocore/coverage/power_law.hpp"
#include "radiocore/geometry/receiver_grid.hpp"

namespace radiocore {

/// Receivers first <= i < first + count of a grid and all that decides their coverage.
struct MapStretch {
  ReceiverGrid grid;
  index_t first, count;
  const Point3* station;
  index_t stations;
  const double* power_mw;
  const Boresight* boresight;
  const double* load;
  const std::uint8_t* los;  // (S, los_bytes): bit i, lowest first = receiver first + i sees the station
  index_t los_bytes;
  PowerLaw law;
  double shape[2];              // blocked, line of sight; whole, 1 to max_server_shape
  std::int64_t interferer_reach_mm;  // -1: none
  double noise_mw;
  const double* threshold;
  index_t thresholds;

  bool in_sight(index_t s, index_t i) const { return los[s * los_bytes + (i >> 3)] >> (i & 7) & 1; }
};

struct CoverageMap {
  double* coverage;  // (T, count)
  std::int32_t* server;  // -1: none
  double* server_power_mw;
  std::uint8_t* server_los;
};

/// Fills the map. Each receiver's answer depends on it alone: not on the stretch, nor on threads.
///
/// In single precision the server and its power are still those of double, and probabilities are
/// within single_precision_bound of it. What single precision does not take (loads, shapes above 4,
/// servers of shape above 2, near ties, powers out of range) is computed in double.
void map_coverage(const MapStretch& stretch, bool double_precision, InstructionSet instructions, int threads,
                  const CoverageMap& map);

}  // namespace radiocore
