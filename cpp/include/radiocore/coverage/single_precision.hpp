// Mean power and closed form in single precision: the functions of one link and of one receiver.
//
// Real is float, or a vector of floats whose lanes are receivers: only + - * / and integer
// operations, so a lane, a scalar and a CUDA thread all get the same bits.
//
// Error of P, first order, roundings of e = 2^-24 each, G blocks of stations multiplied in turn:
//   x = s w / m   distance, power, antenna, shape and threshold are off by at most 26 e relative; P is the mean
//                 of (1 + Z) e^-Z over the fading (m0 = 2), Z proportional to x: 26 e max Z^2 e^-Z = 14.5 e;
//   in a block    the product less one and its slope are off by at most 9 e relative: with L the logarithm
//                 of the whole product, 9 e max (L (1 + L) + L) e^-L = 11 e;
//   each block    rounds the product less one once and its slope three times:
//                 (max (1 - e^-L) (1 + 2 L) e^-L + 3 max L e^-L) e = (0.72 + 1.11) e, and 2 e once;
//   at the end    sum, quotient, noise and exponential: 9.5 e.
// Together (37 + 1.85 G) e: single_precision_bound. What is measured is a tenth of it.
#pragma once

#include "radiocore/numerics/elementary.hpp"

namespace radiocore {

/// Stations whose factors are multiplied as one block.
constexpr int stations_a_block = 8;

/// Largest error of a probability in single precision. A link of shape m takes part in m blocks.
constexpr double single_precision_bound(index_t stations, int largest_shape) {
  const index_t blocks = largest_shape * ((stations + stations_a_block - 1) / stations_a_block);
  return (37.0 + 1.85 * double(blocks)) * 0x1p-24;
}

/// The two strongest means closer than this, relatively: the server is chosen in double.
constexpr float single_precision_tie = 1e-5f;

/// scale x^(-exponent / 2) for an exponent of 2, 3 or 4 and a squared distance x; relative error below 8e-7.
///
/// A first guess of 1 / sqrt(x) within 3.5 % by halving the float's exponent, then the binomial series of
/// (1 - h)^(-exponent / 2), h = 1 - x guess^2, made minimax on |h| < 0.0682: no division, no root, no table.
template <int exponent, class Real>
RADIOCORE_INLINE Real scaled_inverse_power(Real scale, Real x) {
  static_assert(exponent == 2 || exponent == 3 || exponent == 4);
  using Word = typename WordOf<Real>::type;
  constexpr float c2 = exponent == 2 ? 0x1.fffe66p-1f : exponent == 3 ? 0x1.dffda6p+0f : 0x1.7ffd32p+1f;
  constexpr float c3 = exponent == 2 ? 0x1.fffe66p-1f : exponent == 3 ? 0x1.17ff4ep+1f : 0x1.ffff78p+1f;
  constexpr float c4 = exponent == 2 ? 0x1.01cb3ap+0f : exponent == 3 ? 0x1.3da1a4p+1f : 0x1.432434p+2f;
  constexpr float c5 = exponent == 2 ? 0x1.01cb3ap+0f : exponent == 3 ? 0x1.5cf13ap+1f : 0x1.82b0b6p+2f;
  const Real guess = bit_cast<Real>(Word(0x5f374757u - (bit_cast<Word>(x) >> 1)));
  const Real square = guess * guess;
  const Real h = 1.0f - x * square;
  // By Estrin: half the depth of Horner, which is what bounds the loop.
  const Real h2 = h * h;
  const Real sum = ((h * c5 + c4) * h2 + (h * c3 + c2)) * h2 + (h * (0.5f * exponent) + 1.0f);
  if constexpr (exponent == 2) return scale * square * sum;
  if constexpr (exponent == 3) return scale * guess * square * sum;
  if constexpr (exponent == 4) return scale * square * square * sum;
}

/// An exponent that is not 2, 3 or 4: half of it, in two parts so that its product with a binary exponent is exact.
struct HalfExponent {
  float high, low;

  static HalfExponent of(double exponent) {
    const float high = float(double(std::int64_t(0.5 * exponent * 4096.0)) / 4096.0);
    return {high, float(0.5 * exponent - double(high))};
  }
};

/// Largest exponent that keeps the power of two below in range for squared distances below 2^64.
constexpr double largest_single_exponent = 7.0;

/// scale x^(-exponent / 2) by logarithm and exponential; relative error below 8e-7.
template <class Real>
RADIOCORE_INLINE Real scaled_inverse_power(Real scale, Real x, HalfExponent half) {
  using Word = typename WordOf<Real>::type;
  constexpr float shifter = 0x1.8p23f, log2_e = 0x1.715476p+0f, ln2 = 0x1.62e430p-1f;
  Real k, log_m;
  log_parts(x, k, log_m);
  const Real exact = k * half.high, rest = k * half.low + log_m * (log2_e * (half.high + half.low));
  const Real whole = ((exact + rest) + shifter) - shifter;
  const Real mantissa = exp_near_zero(((whole - exact) - rest) * ln2);
  // 2^-whole reaches below the smallest float, scale 2^-whole does not: half of the power before, half after.
  const Word first = bit_cast<Word>(whole * 0.5f + shifter), both = bit_cast<Word>(whole + shifter);
  const Real power = bit_cast<Real>(Word(0x3f800000u - (first << 23)));
  const Real remaining = bit_cast<Real>(Word(0x3f800000u - ((both - first + 0x4b400000u) << 23)));
  return scale * power * mantissa * remaining;
}

/// prod (1 + x_i) less one, and sum_i x_i prod_{j != i} (1 + x_j): minus the slope of prod (1 + x_i (1 - t)).
///
/// One is left out so that rounding is relative to what interference there is. Beyond the range of
/// floats it becomes infinite or NaN, and the probability 0. Only servers of shape 2 need the slope:
/// without it (`sloped` false) all others get the same bits.
template <class Real, bool sloped = true>
struct ProductLessOne {
  Real less_one, slope;

  /// Two links.
  RADIOCORE_INLINE static ProductLessOne of(Real x, Real y) {
    const Real both = x * y, less_one = (x + y) + both;
    if constexpr (sloped) return {less_one, less_one + both};
    else return {less_one, Real{}};
  }

  RADIOCORE_INLINE static ProductLessOne of(const ProductLessOne& a, const ProductLessOne& b) {
    const Real whole_a = 1.0f + a.less_one, less_one = a.less_one + b.less_one * whole_a;
    if constexpr (sloped) return {less_one, a.slope * (1.0f + b.less_one) + b.slope * whole_a};
    else return {less_one, Real{}};
  }

  /// Four links, by pairs; weight(i) is x of link i.
  template <class Weight>
  RADIOCORE_INLINE static ProductLessOne of_four(Weight weight) {
    return of(of(weight(0), weight(1)), of(weight(2), weight(3)));
  }

  template <class Weight>
  RADIOCORE_INLINE static ProductLessOne of_eight(Weight weight) {
    return of(of_four(weight), of_four([&](int i) __attribute__((always_inline)) { return weight(4 + i); }));
  }

  /// P(SINR > T): the first coefficient where the server's shape is 1 (second_term 0), the first two where
  /// it is 2 (second_term 1); see closed_form.hpp.
  RADIOCORE_INLINE Real coverage(Real scaled_noise, Real second_term) const {
    const Real per_whole = 1.0f / (1.0f + less_one);
    Real probability = exp_of_minus(scaled_noise);
    if constexpr (sloped) probability = probability * (1.0f + second_term * (scaled_noise + slope * per_whole));
    probability = probability * per_whole;
    const Real at_most_one = probability < 1.0f ? probability : 1.0f;
    return less_one < 0x1p100f ? at_most_one : 0.0f;
  }
};

}  // namespace radiocore
