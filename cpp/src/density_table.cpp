#include "density_table.hpp"

#include <limits>

#include "disc_sums.hpp"

namespace radiocore {
namespace {

/// A point between two neighbours of an axis.
struct Place {
  index_t low;
  double share;  // of the upper neighbour
};

Place place_on(const Axis& axis, double value) {
  if (axis.count == 1 || !(value > axis.value[0])) return {0, 0.0};  // NaN, too
  if (value >= axis.value[axis.count - 1]) return {axis.count - 2, 1.0};
  const index_t low = std::upper_bound(axis.value, axis.value + axis.count, value) - axis.value - 1;
  return {low, (value - axis.value[low]) / (axis.value[low + 1] - axis.value[low])};
}

double between(double low, double high, double share) { return low + share * (high - low); }

/// Calls value(receiver, nodes of its level) for every threshold and receiver.
template <class Prepare, class Value>
void fill(const DensityTable& table, const Surrounded& receivers, int threads, double* out, Prepare&& prepare,
          Value&& value) {
  parallel_ranges(receivers.count, 1024, threads, [&](index_t begin, index_t end) {
    for (index_t r = begin; r < end; ++r) {
      const auto place = prepare(Terrain{receivers.alpha_beta[r], receivers.gamma_m[r]});
      for (index_t t = 0; t < table.thresholds; ++t) {
        const double* const nodes = table.value + (t * table.levels + receivers.stations[r]) * table.nodes;
        out[t * receivers.count + r] = value(place, nodes);
      }
    }
  });
}

}  // namespace

void count_within(const Point* points, index_t point_count, const ReceiverGrid& grid, index_t first, index_t count,
                  std::int64_t radius_mm, int threads, std::int32_t* out) {
  sum_over_discs<std::int32_t>(
      points, point_count, radius_mm, grid, first, count, threads, [](index_t) { return 1; },
      [&](index_t i, std::int32_t sum) { out[i] = sum; });
}

void interpolate(const DensityTable& table, const TerrainPlane& plane, const Surrounded& receivers, int threads,
                 double* out) {
  struct Cell {
    Place i, j;
  };
  const index_t row = plane.gamma_m.count;
  const auto prepare = [&](const Terrain& terrain) {
    return Cell{place_on(plane.alpha_beta, terrain.alpha_beta), place_on(plane.gamma_m, terrain.gamma_m)};
  };
  const auto value = [&](const Cell& cell, const double* nodes) {
    const double* const corner = nodes + cell.i.low * row + cell.j.low;
    const index_t up = plane.alpha_beta.count > 1 ? row : 0, right = row > 1 ? 1 : 0;
    return between(between(corner[0], corner[right], cell.j.share),
                   between(corner[up], corner[up + right], cell.j.share), cell.i.share);
  };
  fill(table, receivers, threads, out, prepare, value);
}

void take_nearest(const DensityTable& table, const SigmoidPairs& pairs, const Surrounded& receivers, int threads,
                  double* out) {
  const auto prepare = [&](const Terrain& terrain) {
    const SigmoidParameters own = clamped_parameters(terrain);
    Place best{0, clamp(terrain.alpha_beta / min_alpha_beta, 0.0, 1.0)};
    double least = std::numeric_limits<double>::infinity();
    for (index_t k = 0; k < pairs.count; ++k) {
      const double deviation = std::abs(own.a - pairs.a[k]) / own.a + std::abs(own.b - pairs.b[k]) / own.b;
      if (deviation < least) {
        least = deviation;
        best.low = k;
      }
    }
    return best;
  };
  const auto value = [&](const Place& place, const double* nodes) {
    return between(nodes[pairs.count], nodes[place.low], place.share);
  };
  fill(table, receivers, threads, out, prepare, value);
}

}  // namespace radiocore
