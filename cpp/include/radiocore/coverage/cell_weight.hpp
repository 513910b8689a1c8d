// How likely a link passes a cell of the grid model, by the roof in it. arXiv:2312.01826, eq. (10).
#pragma once

#include "radiocore/numerics/elementary.hpp"

namespace radiocore {

/// Parameters of one cell on the path of another.
///
/// Heights are above the receiver and count in heights of the antenna above it: a link and the roofs under it,
/// stretched upwards together, block each other as before, so one table serves every antenna height.
struct CellWeight {
  double steepness;  // kappa
  double threshold;  // tau, the height at which the chance falls fastest
  double reach;      // rho, the chance that a building so tall stands in the way at all
  double at_ground;  // e^{-2 kappa tau}

  RADIOCORE_INLINE static CellWeight of(double kappa, double tau, double rho) {
    return {kappa, tau, rho, exp_ieee(-2.0 * kappa * tau)};
  }
};

/// 1 - rho (1 - phi), phi(H) = (1 - tanh(kappa (H - tau))) / (1 + tanh(kappa tau)): 1 at and below H = 0, falling in H.
RADIOCORE_INLINE double chance_to_pass(const CellWeight& cell, double height) {
  constexpr double largest_exponent = 700.0;  // exp stays finite; phi is far below any probability there
  if (!(height > 0.0)) return 1.0;
  const double above = 2.0 * cell.steepness * (height - cell.threshold);
  const double exponent = above < largest_exponent ? above : largest_exponent;
  const double phi = (1.0 + cell.at_ground) / (1.0 + exp_ieee(exponent));
  return 1.0 - cell.reach * (1.0 - phi);
}

}  // namespace radiocore
