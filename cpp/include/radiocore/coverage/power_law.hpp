// Mean received power of a link by a power law with line of sight. arXiv:2312.01826, eq. (1).
#pragma once

#include "radiocore/geometry/lattice.hpp"
#include "radiocore/numerics/elementary.hpp"

namespace radiocore {

struct PowerLaw {
  double gain_at_1m[2];  // linear; [0] blocked, [1] line of sight
  double exponent[2];
};

/// Squared 3-D distance in m^2. Exact up to its one rounding to double.
RADIOCORE_INLINE double squared_distance_m2(Point3 a, Point3 b) {
  const double x = double(a.x - b.x), y = double(a.y - b.y), z = double(a.z - b.z);
  return (x * x + y * y + z * z) * 1e-6;
}

/// P_t eta_Q d^(-alpha_Q); the caller has refused distances below 1 m.
RADIOCORE_INLINE double mean_power(const PowerLaw& law, double power, double squared_distance, bool line_of_sight) {
  const int state = line_of_sight;
  return power * law.gain_at_1m[state] * exp_ieee(-0.5 * law.exponent[state] * log_ieee(squared_distance));
}

}  // namespace radiocore
