// Coverage looked up by how many stations are near and by the terrain: Algorithm 5 of arXiv:2312.01826, online.
#pragma once

#include "radiocore/coverage/air_to_ground.hpp"
#include "radiocore/geometry/receiver_grid.hpp"

namespace radiocore {

/// Fills out (R,): how many of the points lie within radius_mm of the receivers first to first + R, in plan.
void count_within(const Point* points, index_t point_count, const ReceiverGrid& grid, index_t first, index_t count,
                  std::int64_t radius_mm, int threads, std::int32_t* out);

/// Coverage (thresholds, levels, nodes): level n is that of n stations near, a node that of a terrain.
struct DensityTable {
  const double* value;
  index_t thresholds, levels, nodes;
};

/// Ascending values along one side of a table.
struct Axis {
  const double* value;
  index_t count;
};

/// Nodes (alpha_beta, gamma_m), the latter running fastest.
struct TerrainPlane {
  Axis alpha_beta, gamma_m;
};

/// Parameters of the sigmoid; node k of the table is that of pair k, node `count` that of open ground.
struct SigmoidPairs {
  const double* a;
  const double* b;
  index_t count;
};

/// What is known of R receivers.
struct Surrounded {
  index_t count;
  const double* alpha_beta;
  const double* gamma_m;
  const std::int32_t* stations;
};

/// Fills out (thresholds, R), bilinear between the nodes around each terrain, which is clamped to the plane.
void interpolate(const DensityTable& table, const TerrainPlane& plane, const Surrounded& receivers, int threads,
                 double* out);

/// Fills out (thresholds, R) from the pair of least |a - a_k| / a + |b - b_k| / b, the first of equals.
///
/// Below alpha beta = 25 the answer is blended linearly from that of open ground.
void take_nearest(const DensityTable& table, const SigmoidPairs& pairs, const Surrounded& receivers, int threads,
                  double* out);

}  // namespace radiocore
