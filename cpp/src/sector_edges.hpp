// The directions in which a station's surroundings are parted into sectors, by pseudo-azimuth.
#pragma once

#include <cmath>
#include <vector>

#include "radiocore/geometry/station_fan.hpp"

namespace radiocore {

/// Unit vectors of the first edges of the sectors, for two turns and a vector's width more, so that neither a
/// range of sectors nor the loop over it needs to wrap.
struct SectorEdges {
  std::vector<double> x, y;

  static const SectorEdges& get() {
    static const SectorEdges edges;
    return edges;
  }

 private:
  SectorEdges() {
    constexpr std::int32_t vector_width = 8;
    for (std::int32_t sector = 0; sector <= 2 * fan_sectors + vector_width; ++sector) {
      // The inverse of pseudo_azimuth.
      const double turn = (sector % fan_sectors) * (4.0 / fan_sectors), dx = turn < 2 ? 1 - turn : turn - 3;
      const double dy = (turn < 2 ? 1 : -1) * (1 - std::abs(dx)), norm = std::sqrt(dx * dx + dy * dy);
      x.push_back(dx / norm);
      y.push_back(dy / norm);
    }
  }
};

}  // namespace radiocore
