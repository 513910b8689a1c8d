// Line-of-sight probability of an air-to-ground link. arXiv:2312.01826, eq. (4) and (5).
#pragma once

#include "radiocore/numerics/elementary.hpp"

namespace radiocore {

struct SigmoidParameters {
  double a;  // degrees
  double b;  // 1 / degree
};

/// The box that the polynomials (5) were fitted on.
constexpr double min_alpha_beta = 25.0, max_alpha_beta = 250.0;
constexpr double min_gamma_m = 4.0, max_gamma_m = 50.0;

/// Eq. (5): a and b as polynomials in alpha beta (buildings per km^2 times built-up share) and gamma (m).
RADIOCORE_HD inline SigmoidParameters sigmoid_parameters(double alpha_beta, double gamma_m) {
  // Row i = power of alpha beta, column j = power of gamma. Table of Al-Hourani et al.,
  // "Optimal LAP altitude for maximum coverage", IEEE Wireless Communications Letters 3 (2014).
  const double a[4][4] = {{9.34e-1, 2.30e-1, -2.25e-3, 1.86e-5},
                          {1.97e-2, 2.44e-3, 6.58e-6, 0.0},
                          {-1.24e-4, -3.34e-6, 0.0, 0.0},
                          {2.73e-7, 0.0, 0.0, 0.0}};
  const double b[4][4] = {{1.17, -7.56e-2, 1.98e-3, -1.78e-5},
                          {-5.79e-3, 1.81e-4, -1.65e-6, 0.0},
                          {1.73e-5, -2.02e-7, 0.0, 0.0},
                          {-2.00e-8, 0.0, 0.0, 0.0}};
  SigmoidParameters out{0.0, 0.0};
  for (int i = 3; i >= 0; --i) {
    double row_a = 0.0, row_b = 0.0;
    for (int j = 3 - i; j >= 0; --j) {
      row_a = row_a * gamma_m + a[i][j];
      row_b = row_b * gamma_m + b[i][j];
    }
    out.a = out.a * alpha_beta + row_a;
    out.b = out.b * alpha_beta + row_b;
  }
  return out;
}

/// Eq. (4): 1 / (1 + a exp(-b (theta - a))), theta the elevation in degrees.
RADIOCORE_INLINE double line_of_sight_probability(double horizontal_m, double height_m, SigmoidParameters ab) {
  constexpr double degrees = 0x1.ca5dc1a63c1f8p+5;  // 180 / pi
  const double theta = degrees * atan2_ieee(height_m, horizontal_m);
  return 1.0 / (1.0 + ab.a * exp_ieee(-ab.b * (theta - ab.a)));
}

/// What surrounds a receiver: buildings whose centre lies within the neighbourhood's radius.
struct Neighbourhood {
  std::int64_t buildings;
  std::int64_t area_mm2;           // sum of floor areas
  wide_t squared_height_mm2;       // sum of H^2

  constexpr Neighbourhood& operator+=(const Neighbourhood& other) {
    buildings += other.buildings;
    area_mm2 += other.area_mm2;
    squared_height_mm2 += other.squared_height_mm2;
    return *this;
  }
  constexpr Neighbourhood& operator-=(const Neighbourhood& other) {
    buildings -= other.buildings;
    area_mm2 -= other.area_mm2;
    squared_height_mm2 -= other.squared_height_mm2;
    return *this;
  }
};

struct Terrain {
  double alpha_beta;  // built-up share times buildings per km^2
  double gamma_m;     // Rayleigh scale by maximum likelihood
};

/// alpha = min(1, sum S / pi R^2), beta = n / pi R^2, gamma^2 = sum H^2 / 2n (maximum likelihood).
RADIOCORE_HD inline Terrain terrain_of(const Neighbourhood& around, double radius_m) {
  constexpr double pi = 0x1.921fb54442d18p+1;
  if (around.buildings == 0) return {0.0, 0.0};
  const double circle_m2 = pi * radius_m * radius_m;
  const double built_up = double(around.area_mm2) * 1e-6 / circle_m2;
  const double per_km2 = double(around.buildings) / (circle_m2 * 1e-6);
  const double squared_m2 = double(around.squared_height_mm2) * 1e-6;
  return {(built_up < 1.0 ? built_up : 1.0) * per_km2, std::sqrt(squared_m2 / (2.0 * double(around.buildings)))};
}

/// Line-of-sight probability over a terrain: (4) and (5), guarded.
///
/// Outside the fitted box the terrain is clamped to it; below alpha beta = 25 the probability is
/// blended linearly from 1 at no buildings at all.
RADIOCORE_INLINE double terrain_line_of_sight(double horizontal_m, double height_m, SigmoidParameters ab,
                                              double alpha_beta) {
  const double probability = line_of_sight_probability(horizontal_m, height_m, ab);
  const double share = alpha_beta < min_alpha_beta ? alpha_beta / min_alpha_beta : 1.0;
  return 1.0 - share * (1.0 - probability);
}

RADIOCORE_HD constexpr double clamp(double value, double low, double high) {
  return value < low ? low : (value > high ? high : value);
}

RADIOCORE_HD inline SigmoidParameters clamped_parameters(const Terrain& terrain) {
  return sigmoid_parameters(clamp(terrain.alpha_beta, min_alpha_beta, max_alpha_beta),
                            clamp(terrain.gamma_m, min_gamma_m, max_gamma_m));
}

}  // namespace radiocore
