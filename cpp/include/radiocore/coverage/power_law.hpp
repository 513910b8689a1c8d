// Mean received power of a link by a power law with line of sight. arXiv:2312.01826, eq. (1).
#pragma once

#include <cmath>

#include "radiocore/geometry/lattice.hpp"
#include "radiocore/numerics/elementary.hpp"

namespace radiocore {

/// Mean power of a link in state Q: P_t eta_Q d^(-alpha_Q), for distances of at least 1 m.
struct PowerLaw {
  double gain_at_1m[2];  // linear; [0] blocked, [1] line of sight
  double exponent[2];
};

/// Squared 3-D distance in m^2. Exact up to its one rounding to double.
RADIOCORE_INLINE double squared_distance_m2(Point3 a, Point3 b) {
  const double x = double(a.x - b.x), y = double(a.y - b.y), z = double(a.z - b.z);
  return (x * x + y * y + z * z) * 1e-6;
}

/// d^(-exponent) from the squared distance, for any exponent.
RADIOCORE_INLINE double inverse_power_by_logarithm(double squared_distance, double exponent) {
  return exp_ieee(-0.5 * exponent * log_ieee(squared_distance));
}

/// d^(-exponent) from the squared distance. The usual exponents need no logarithm.
RADIOCORE_INLINE double inverse_power(double squared_distance, double exponent) {
  if (exponent == 2.0) return 1.0 / squared_distance;
  if (exponent == 3.0) return 1.0 / (squared_distance * std::sqrt(squared_distance));
  if (exponent == 4.0) return 1.0 / (squared_distance * squared_distance);
  return inverse_power_by_logarithm(squared_distance, exponent);
}

/// work(inverse), where inverse(d^2) = d^(-exponent): the choice of formula leaves the loops, which then vectorise.
template <class Work>
RADIOCORE_INLINE void with_inverse_power(double exponent, Work work) {
  if (exponent == 2.0) {
    work([](double d2) __attribute__((always_inline)) { return inverse_power(d2, 2.0); });
  } else if (exponent == 3.0) {
    work([](double d2) __attribute__((always_inline)) { return inverse_power(d2, 3.0); });
  } else if (exponent == 4.0) {
    work([](double d2) __attribute__((always_inline)) { return inverse_power(d2, 4.0); });
  } else {
    work([exponent](double d2) __attribute__((always_inline)) { return inverse_power_by_logarithm(d2, exponent); });
  }
}

}  // namespace radiocore
