// Power gains of Nakagami-m fading: Gamma(m, 1 / m), unit mean. arXiv:2312.01826, eq. (2).
#pragma once

#include "radiocore/numerics/elementary.hpp"
#include "radiocore/numerics/philox.hpp"

namespace radiocore {

/// Whole shapes up to this are drawn as -log(U_1 ... U_m) / m, others by rejection.
constexpr int max_whole_shape = 16;
/// Uniforms under one logarithm: three stay above 2^-96, inside single precision.
constexpr int uniforms_per_log = 3;

RADIOCORE_INLINE constexpr bool drawn_by_logarithm(double shape) {
  return shape <= max_whole_shape && shape == double(int(shape));
}

/// Gamma(shape, 1 / shape) for any real shape: Best's XG rejection for shape > 1, boosted below.
///
/// Source: D. J. Best, "A note on gamma variate generators with shape parameter greater than
/// unity", Computing 30 (1983) 185-188. It needs a square root and a logarithm only, which
/// IEEE arithmetic fixes, and no normal deviate.
RADIOCORE_INLINE float gamma_by_rejection(double shape, PhiloxKey key, DrawKey link, std::uint32_t draw) {
  const bool boosted = shape <= 1.0;
  const double a = boosted ? shape + 1.0 : shape;
  const double b = a - 1.0, c = 3.0 * a - 0.75;
  for (std::uint32_t attempt = 0;; ++attempt) {
    const Words words = draw_words(key, link, draw, rejection_stream + attempt);
    const double u = unit_double(words.w[0], words.w[1]), v = unit_double(words.w[2], words.w[3]);
    const double w = u * (1.0 - u);
    const double y = std::sqrt(c / w) * (u - 0.5);
    double x = b + y;
    if (x <= 0.0) continue;
    const double z = 64.0 * (w * w * w) * (v * v);
    if (z > 1.0 - 2.0 * y * y / x && log_ieee(z) > 2.0 * (b * log_ieee(x / b) - y)) continue;
    if (boosted) {
      // Gamma(m) = Gamma(m + 1) U^{1/m}; its uniform comes from the gain stream, unused otherwise.
      const Words boost = draw_words(key, link, draw, 0);
      x *= exp_ieee(log_ieee(unit_double(boost.w[0], boost.w[1])) / shape);
    }
    return float(x / shape);
  }
}

/// Draws that share the words of one Philox call.
constexpr std::uint32_t draws_a_group = 4;

/// How the gain of a link is drawn.
struct GainLaw {
  double shape;
  float minus_per_shape;  // -1 / m
  std::int32_t uniforms;  // m where the gain is a sum of logarithms, 0 where it is drawn by rejection

  RADIOCORE_HD static GainLaw of(double shape) {
    const int uniforms = drawn_by_logarithm(shape) ? int(shape) : 0;
    return {shape, uniforms > 0 ? -1.0f / float(uniforms) : 0.0f, uniforms};
  }
};

/// Gains of the four draws of a group: unit mean, single precision. This is the definition: whatever
/// is faster must count the same hits. `rejection` is false where no shape of a kernel needs it.
template <bool rejection = true>
RADIOCORE_INLINE void draw_gains(GainLaw law, PhiloxKey key, DrawKey link, std::uint32_t group,
                                 float (&gain)[draws_a_group]) {
  if constexpr (rejection) {
    if (law.uniforms == 0) {
      for (std::uint32_t j = 0; j < draws_a_group; ++j) {
        gain[j] = gamma_by_rejection(law.shape, key, link, draws_a_group * group + j);
      }
      return;
    }
  }
  for (float& each : gain) each = 0.0f;
  for (int first = 0; first < law.uniforms; first += uniforms_per_log) {
    const int stop = law.uniforms < first + uniforms_per_log ? law.uniforms : first + uniforms_per_log;
    const Words words = draw_words(key, link, group, std::uint32_t(first));
    float product[draws_a_group];
    for (std::uint32_t j = 0; j < draws_a_group; ++j) product[j] = unit_float(words.w[j]);
    for (int k = first + 1; k < stop; ++k) {
      const Words more = draw_words(key, link, group, std::uint32_t(k));
      for (std::uint32_t j = 0; j < draws_a_group; ++j) product[j] *= unit_float(more.w[j]);
    }
    for (std::uint32_t j = 0; j < draws_a_group; ++j) gain[j] += log_ieee(product[j]);
  }
  for (float& each : gain) each *= law.minus_per_shape;
}

/// Silences the draws in which a station of that load does not transmit.
RADIOCORE_INLINE void draw_activity(float load, PhiloxKey key, DrawKey link, std::uint32_t group,
                                    float (&gain)[draws_a_group]) {
  if (load == 1.0f) return;
  const Words words = draw_words(key, link, group, activity_stream);
  for (std::uint32_t j = 0; j < draws_a_group; ++j) gain[j] = unit_float(words.w[j]) < load ? gain[j] : 0.0f;
}

}  // namespace radiocore
