#include "single_scale.hpp"

#include <algorithm>
#include <cmath>

namespace radiocore {
namespace {

constexpr int most_single_shape = 4;
constexpr int highest_power_exponent = 120;  // floats reach 2^127
constexpr double most_noise = 1e30;          // in units of mw_per_unit; the kernels hold noise over signal to it too
constexpr double most_threshold = 1e8;       // keeps most_noise times a threshold in the range of floats

bool takes_channel(const StationPowers& in) {
  for (int q = 0; q < 2; ++q) {
    if (in.law.exponent[q] > largest_single_exponent) return false;
    if (in.shape[q] > most_single_shape) return false;
  }
  if (in.shape[0] > 2.0 && in.shape[1] > 2.0) return false;  // no server is left to it
  for (index_t t = 0; t < in.thresholds; ++t) {
    if (in.threshold[t] > most_threshold) return false;
  }
  return std::all_of(in.load, in.load + in.stations, [](double load) { return load == 1.0; });
}

/// All interferers that vanish below the smallest float must not matter to a server of this power:
/// together they are below 2^-30 in x.
float least_power_of(const StationPowers& in) {
  double largest = 1.0;
  for (index_t t = 0; t < in.thresholds; ++t) largest = std::max(largest, in.threshold[t]);
  const double least = 0x1p-126 * 0x1p30 * largest * double(in.stations + 1) * 2.0;
  return float(std::min(least, 0x1p126));
}

}  // namespace

SingleScale::SingleScale(const StationPowers& in)
    : half_exponent{HalfExponent::of(in.law.exponent[0]), HalfExponent::of(in.law.exponent[1])},
      least_power(least_power_of(in)) {
  double largest = 0.0, mm[2];
  for (int q = 0; q < 2; ++q) {
    mm[q] = exp_ieee(in.law.exponent[q] * log_ieee(1000.0));
    for (index_t s = 0; s < in.stations; ++s) {
      at_1m_mw[q].push_back(in.power_mw[s] * in.law.gain_at_1m[q]);
      largest = std::max(largest, at_1m_mw[q].back() * mm[q]);
    }
  }
  if (!takes_channel(in) || !(largest > 1e-200 && largest < 1e200)) return;
  // Units that put the largest just below 2^120.
  const int exponent = std::ilogb(largest) + 1 - highest_power_exponent;
  mw_per_unit = std::ldexp(1.0, exponent);
  if (in.noise_mw > most_noise * mw_per_unit) return;
  for (int q = 0; q < 2; ++q) {
    for (const double power : at_1m_mw[q]) scaled[q].push_back(float(std::ldexp(power * mm[q], -exponent)));
  }
  fits = true;
}

}  // namespace radiocore
