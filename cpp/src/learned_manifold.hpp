// Coverage by the learned weights of the grid model: Algorithms 6 and 7 of arXiv:2312.01826.
#pragma once

#include "cell_paths.hpp"
#include "line_of_sight.hpp"
#include "radiocore/coverage/cell_weight.hpp"
#include "radiocore/coverage/power_law.hpp"
#include "radiocore/geometry/receiver_grid.hpp"
#include "radiocore/numerics/philox.hpp"

namespace radiocore {

/// n x n cells around a receiver, row by row from the south-west, and the weights on the way to each.
struct CellPaths {
  std::int64_t n, cell_mm;
  const std::int32_t* start;  // by number of the turned cell
  const CellOffset* cell;
  const CellWeight* weight;
};

/// A product that falls below is left there: the cells behind would change it by less.
constexpr double negligible_weight = 1e-6;

/// Roofs over the cells of a stretch of receivers, overlaid in one raster.
struct CellRoofs {
  const std::int32_t* roof_mm;   // 0: none
  const std::int32_t* building;  // -1: none
  index_t width;
  const std::int32_t* row;     // (rows, n) of the raster under the cells of receivers of a row of the grid
  const std::int32_t* column;  // (columns, n)
  index_t first_row, first_column;  // of the grid, where these begin
};

/// Receivers [first, first + count) of a grid and the stations of one carrier, of like power, without sectors.
struct LearnedStretch {
  ReceiverGrid grid;
  index_t first, count;
  const Point3* station;  // in canonical order, higher than the receivers
  index_t stations;
  const double* load;           // (S,)
  Hosts hosts;                  // buildings that never block a station's links
  const std::uint8_t* los;      // (S, row_bytes) bits; exact for stations in the square
  index_t row_bytes;
  const std::uint8_t* outdoors;  // bits
  CellPaths paths;
  CellRoofs roofs;
  bool by_cell;  // of farther stations at most one a cell counts, from the cell's middle, as in the paper
};

/// Fills weight (S, R): the chance of line of sight by which each station counts. -1 for those left out (outside the
/// square); 1 for the associated one if in line of sight; 0 for blocked ones nearer than it. server (R,), -1: none.
void fill_learned_weights(const LearnedStretch& stretch, int threads, double* weight, std::int32_t* server);

struct LearnedChannel {
  double power_mw;
  PowerLaw law;
  double shape[2];                   // blocked, line of sight
  std::int64_t interferer_reach_mm;  // in plan; -1: no limit
  double noise_mw;
  const double* threshold;
  index_t thresholds;
};

struct LearnedMap {
  double* coverage;  // (T, R); by sampling: the share of draws
  std::int32_t* server;
  double* server_power_mw;
  std::uint8_t* server_los;
};

/// Coverage in closed form: average over the fading and the states of the farther stations (7d of the specification).
/// Both shapes are whole numbers of at most max_server_shape (checked by the caller).
void learned_coverage(const LearnedStretch& stretch, const LearnedChannel& channel, int threads, const LearnedMap& map);

/// The same by `draws` random draws of states and fading, keyed by receiver, station and draw.
void sample_learned_coverage(const LearnedStretch& stretch, const LearnedChannel& channel, std::uint64_t seed,
                             std::uint32_t draws, int threads, const LearnedMap& map);

}  // namespace radiocore
