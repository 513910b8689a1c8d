// Powers as single precision takes them, and whether it takes them at all.
#pragma once

#include <vector>

#include "radiocore/coverage/power_law.hpp"
#include "radiocore/coverage/single_precision.hpp"

namespace radiocore {

/// Powers at 1 m and the channel of S stations.
struct StationPowers {
  index_t stations;
  const double* power_mw;
  const double* load;
  PowerLaw law;
  double shape[2];  // blocked, line of sight
  double noise_mw;
  const double* threshold;
  index_t thresholds;
};

struct SingleScale {
  explicit SingleScale(const StationPowers& in);

  bool fits = false;                 // the rest is valid only then
  std::vector<double> at_1m_mw[2];   // (S,) blocked, line of sight
  std::vector<float> scaled[2];      // (S,) at 1 mm, in units of mw_per_unit
  HalfExponent half_exponent[2];
  double mw_per_unit = 1.0;          // a power of two
  float least_power = 0.0f;          // in those units: a server below is left to double precision
};

}  // namespace radiocore
