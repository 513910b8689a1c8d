// Logarithm, exponential and arc tangent from IEEE operations alone.
//
// The standard library's differ between machines, compilers and devices in the last bit. These use
// only + - * / sqrt and integer operations, which IEEE 754 fixes, in a fixed order and without
// contraction, so one build gives one answer everywhere. They are plain Taylor series after an
// argument reduction, branch-free, and turn into vector code. Accuracy: below 2 units in the last
// place (log, exp), 4 (arc tangent); tested against 50-digit arithmetic.
#pragma once

#include <cmath>
#include <cstring>

#include "radiocore/core.hpp"
#include "radiocore/numerics/quotient.hpp"

namespace radiocore {

template <class To, class From>
RADIOCORE_INLINE To bit_cast(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(To));
  return to;
}

/// The unsigned integer that holds the bits of a float; the vector code adds that of a vector of floats.
template <class Real>
struct WordOf;
template <>
struct WordOf<float> {
  using type = std::uint32_t;
};

constexpr double ln2_high = 0x1.62e42fefa38p-1;  // 12 trailing zero bits: k * ln2_high is exact
constexpr double ln2_low = 0x1.ef35793c7673p-45;

/// log(x) for positive normal x.
RADIOCORE_INLINE double log_ieee(double x) {
  // x = 2^k m with m in [sqrt(1/2), sqrt(2)); the exponent is read off after shifting by that root.
  constexpr std::uint64_t root_half = 0x3FE6A09E667F3BCDull, one = 0x3FF0000000000000ull;
  const std::uint64_t bits = bit_cast<std::uint64_t>(x);
  const std::uint64_t biased = (bits + (one - root_half)) >> 52;
  const double m = bit_cast<double>(bits - ((biased - 1023) << 52));
  const double k = bit_cast<double>(0x4330000000000000ull | biased) - (0x1p52 + 1023.0);
  // log(m) = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
  const double f = m - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  double series = 1.0 / 21.0;
  series = series * z + 1.0 / 19.0;
  series = series * z + 1.0 / 17.0;
  series = series * z + 1.0 / 15.0;
  series = series * z + 1.0 / 13.0;
  series = series * z + 1.0 / 11.0;
  series = series * z + 1.0 / 9.0;
  series = series * z + 1.0 / 7.0;
  series = series * z + 1.0 / 5.0;
  series = series * z + 1.0 / 3.0;
  // 2 s = f - s f, exactly the leading term without the rounding of s.
  return k * ln2_high + (f - (s * (f - 2.0 * z * series) - k * ln2_low));
}

/// log(1 + x) for x >= 0, accurate for small x.
RADIOCORE_INLINE double log1p_ieee(double x) {
  const double u = 1.0 + x;
  return log_ieee(u) + (x - (u - 1.0)) / u;
}

/// exp(x); below -708 it is 0, above 709 it is exp(709).
RADIOCORE_INLINE double exp_ieee(double x) {
  constexpr double log2_e = 0x1.71547652b82fep+0, shifter = 0x1.8p52;
  const double clipped = x < -708.0 ? -708.0 : (x > 709.0 ? 709.0 : x);
  const double shifted = clipped * log2_e + shifter;  // its low bits are round(x / ln 2)
  const double k = shifted - shifter;
  const double r = (clipped - k * ln2_high) - k * ln2_low;
  double series = 1.0 / 6227020800.0;
  series = series * r + 1.0 / 479001600.0;
  series = series * r + 1.0 / 39916800.0;
  series = series * r + 1.0 / 3628800.0;
  series = series * r + 1.0 / 362880.0;
  series = series * r + 1.0 / 40320.0;
  series = series * r + 1.0 / 5040.0;
  series = series * r + 1.0 / 720.0;
  series = series * r + 1.0 / 120.0;
  series = series * r + 1.0 / 24.0;
  series = series * r + 1.0 / 6.0;
  series = series * r + 0.5;
  const double mantissa = 1.0 + (r + r * r * series);
  const std::uint64_t power = bit_cast<std::uint64_t>(shifted) << 52;
  const double value = bit_cast<double>(bit_cast<std::uint64_t>(mantissa) + power);
  return x < -708.0 ? 0.0 : value;
}

/// Arc tangent of y / x for y, x >= 0, not both zero.
RADIOCORE_INLINE double atan2_ieee(double y, double x) {
  constexpr double quarter_turn = 0x1.921fb54442d18p+0;
  const bool steep = y > x;
  double t = steep ? x / y : y / x;
  // Halving the angle twice brings t below tan(pi / 16) = 0.199.
  t = t / (1.0 + std::sqrt(1.0 + t * t));
  t = t / (1.0 + std::sqrt(1.0 + t * t));
  const double z = -(t * t);
  double series = 1.0 / 23.0;
  for (int n = 21; n >= 1; n -= 2) series = series * z + 1.0 / n;
  const double angle = 4.0 * t * series;
  return steep ? quarter_turn - angle : angle;
}

/// atan2_ieee within a relative 1e-9, in a third of the operations: minimax on [0, 1].
RADIOCORE_INLINE double atan2_near(double y, double x) {
  constexpr double quarter_turn = 0x1.921fb54442d18p+0;
  const double smaller = y > x ? x : y, larger = y > x ? y : x;
  const double t = smaller / larger;
  const double z = t * t;
  double series = 0.00109111265175;
  series = series * z - 0.0071993886107;
  series = series * z + 0.0222743534569;
  series = series * z - 0.0443574776285;
  series = series * z + 0.0671610491197;
  series = series * z - 0.0879877020182;
  series = series * z + 0.110545005119;
  series = series * z - 0.142791594904;
  series = series * z + 0.199996046223;
  series = series * z - 0.333333239348;
  series = series * z + 0.999999999628;
  const double angle = t * series;
  return y > x ? quarter_turn - angle : angle;
}

// ---- Single precision: Real is float, or a vector of floats with a WordOf of its own ---------------

/// x = 2^k m with m in [sqrt(1/2), sqrt(2)), for positive normal x: k and log(m).
template <class Real>
RADIOCORE_INLINE void log_parts(Real x, Real& k, Real& log_m) {
  using Word = typename WordOf<Real>::type;
  constexpr std::uint32_t root_half = 0x3F3504F3u, one = 0x3F800000u;
  const Word bits = bit_cast<Word>(x);
  const Word biased = (bits + (one - root_half)) >> 23;
  const Real m = bit_cast<Real>(Word(bits - ((biased - 127u) << 23)));
  k = bit_cast<Real>(Word(biased | 0x4b000000u)) - (0x1p23f + 127.0f);
  const Real f = m - 1.0f;
  const Real s = quotient_for_log(f, 2.0f + f);
  const Real z = s * s;
  Real series = z * (1.0f / 9.0f) + 1.0f / 7.0f;
  series = series * z + 1.0f / 5.0f;
  series = series * z + 1.0f / 3.0f;
  log_m = f - s * (f - 2.0f * z * series);
}

/// log(x) in single precision for positive normal x, relative error below 2e-7 (absolute near 1).
RADIOCORE_INLINE float log_ieee(float x) {
  float k, log_m;
  log_parts(x, k, log_m);
  return k * 0x1.62e430p-1f + log_m;
}

/// exp(r) for |r| below 0.35, relative error of the series below 1e-8.
template <class Real>
RADIOCORE_INLINE Real exp_near_zero(Real r) {
  Real series = r * (1.0f / 5040.0f) + 1.0f / 720.0f;
  series = series * r + 1.0f / 120.0f;
  series = series * r + 1.0f / 24.0f;
  series = series * r + 1.0f / 6.0f;
  series = series * r + 0.5f;
  return 1.0f + (r + r * r * series);
}

/// exp(-x) for 0 <= x <= 700, relative error below 2e-8.
RADIOCORE_INLINE double exp_of_minus_near(double x) {
  constexpr double log2_e = 0x1.71547652b82fep+0, shifter = 0x1.8p52, ln2 = 0x1.62e42fefa39efp-1;
  const double shifted = shifter - x * log2_e;
  const double mantissa = exp_near_zero(-(shifted - shifter) * ln2 - x);
  return bit_cast<double>(bit_cast<std::uint64_t>(mantissa) + (bit_cast<std::uint64_t>(shifted) << 52));
}

/// exp(-x) in single precision for x >= 0, relative error below 2e-7 + 6e-8 x; 0 from 87 on.
template <class Real>
RADIOCORE_INLINE Real exp_of_minus(Real x) {
  using Word = typename WordOf<Real>::type;
  constexpr float log2_e = 0x1.715476p+0f, shifter = 0x1.8p23f;
  constexpr float high = 0x1.62e4p-1f, low = 0x1.7f7d1cp-20f;  // ln 2; k * high is exact
  const Real clipped = x < 87.0f ? x : 87.0f;
  const Real shifted = shifter - clipped * log2_e;  // its low bits are round(-x / ln 2)
  const Real k = shifted - shifter;
  const Real mantissa = exp_near_zero((-k * high - clipped) - k * low);
  const Real value = bit_cast<Real>(Word(bit_cast<Word>(mantissa) + (bit_cast<Word>(shifted) << 23)));
  return x < 87.0f ? value : 0.0f;
}

}  // namespace radiocore
