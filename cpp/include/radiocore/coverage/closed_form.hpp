// P(SINR > T) in closed form: no sampling.
//
// Serving mean S with integer shape m0, interferers w_i with shapes m_i, noise N. With
// s = m0 T / S and x_i = s w_i / m_i, SINR > T is the event that a Poisson variable of mean sN
// plus negative binomials of shape m_i and ratio q_i = x_i / (1 + x_i) stay below m0: P is the sum
// of the first m0 coefficients of  e^{-sN (1 - t)} prod_i (1 + x_i (1 - t))^{-m_i}.
// Every coefficient is positive, so nothing cancels.
#pragma once

#include "radiocore/numerics/elementary.hpp"

namespace radiocore {

/// Largest Nakagami shape of a server (its tail is summed term by term).
constexpr int max_server_shape = 64;

/// prod_i (1 + x_i (1 - t))^{m_i} for whole m_i, as its value at t = 0 and minus its slope there.
///
/// Two coefficients are all that m0 <= 2 needs, and they take no division and no logarithm a link.
/// The value is kept in range by taking its exponent out every few factors.
struct WholeProduct {
  double value = 1.0, slope = 0.0;
  double exponent = 0.0;

  RADIOCORE_INLINE static void multiply(double& value, double& slope, double x) {
    const double u = 1.0 + x;
    slope = slope * u + value * x;
    value = value * u;
  }

  RADIOCORE_INLINE static void normalise(double& value, double& slope, double& exponent) {
    const std::uint64_t biased = bit_cast<std::uint64_t>(value) >> 52;
    const double scale = bit_cast<double>((2046 - biased) << 52);
    value = value * scale;
    slope = slope * scale;
    exponent = exponent + (bit_cast<double>(0x4330000000000000ull | biased) - (0x1p52 + 1023.0));
  }
};

/// P from the product: m0 = 1 takes the first coefficient, m0 = 2 the first two.
RADIOCORE_INLINE double coverage_of_product(double value, double slope, double exponent, double scaled_noise,
                                            bool two_terms) {
  const double log_product = log_ieee(value) + exponent * 0x1.62e42fefa39efp-1;
  const double terms = two_terms ? 1.0 + scaled_noise + slope / value : 1.0;
  const double probability = exp_ieee(-scaled_noise - log_product) * terms;
  return probability > 1.0 ? 1.0 : probability;
}

/// The first two coefficients of a product of mixtures of whole-shape factors: what a server of shape 1 or 2 needs.
///
/// Each factor is sum_k p_k (1 + x_k (1 - t))^{-m_k} + silent: its value at t = 0, and its slope there over the value,
/// which add up. No logarithm a link; the value is kept in range by taking its logarithm out when it gets small.
class MixedProduct {
 public:
  /// Multiply by a factor of two states; shapes are whole and small, so that powers are multiplied out.
  RADIOCORE_INLINE void multiply(const double (&probability)[2], const double (&x)[2], const int (&shape)[2],
                                 double silent) {
    double value = silent, slope = 0.0;
    for (int k = 0; k < 2; ++k) {
      const double per_u = 1.0 / (1.0 + x[k]);
      double power = probability[k];
      for (int i = 0; i < shape[k]; ++i) power *= per_u;
      value += power;
      slope += power * shape[k] * (x[k] * per_u);
    }
    if (!(value > 1e-150)) {
      vanished_ = true;
      return;
    }
    slope_ += slope / value;
    value_ *= value;
    if (value_ < 1e-150) {
      log_value_ += log_ieee(value_);
      value_ = 1.0;
    }
  }

  RADIOCORE_INLINE double coverage(double scaled_noise, bool two_terms) const {
    if (vanished_) return 0.0;
    const double terms = two_terms ? 1.0 + scaled_noise + slope_ : 1.0;
    const double probability = exp_ieee(log_value_ + log_ieee(value_) - scaled_noise) * terms;
    return probability > 1.0 ? 1.0 : probability;
  }

 private:
  double value_ = 1.0, slope_ = 0.0, log_value_ = 0.0;
  bool vanished_ = false;  // a factor below any probability makes the whole so
};

/// One way an interferer can be: with some probability it has this mean and shape.
struct LinkState {
  double probability;
  double x;      // s w / m
  double shape;  // m, any positive real
};

/// The first `terms` coefficients of the generating function, for any shapes and mixed states.
///
/// Coefficients are kept relative to the first, whose logarithm is kept apart, so that neither a
/// product of a thousand small factors nor a large shape leaves the range. Cost O(terms^2) a factor.
class TailSeries {
 public:
  RADIOCORE_HD explicit TailSeries(int terms) : terms_(terms) {
    for (int n = 0; n < terms; ++n) coefficient_[n] = n == 0 ? 1.0 : 0.0;
  }

  /// Multiply by sum_k p_k (1 + x_k (1 - t))^{-m_k} + silent.
  RADIOCORE_HD void multiply(const LinkState* states, int count, double silent) {
    double factor[max_server_shape];
    for (int n = 0; n < terms_; ++n) factor[n] = 0.0;
    factor[0] = silent;
    for (int k = 0; k < count; ++k) {
      const LinkState& state = states[k];
      if (state.probability == 0.0) continue;
      const double q = state.x / (1.0 + state.x);
      double term = state.probability * exp_ieee(-state.shape * log1p_ieee(state.x));
      for (int n = 0; n < terms_; ++n) {
        factor[n] += term;
        term *= (state.shape + n) / (n + 1.0) * q;
      }
    }
    apply(factor);
  }

  /// Multiply by e^{-sN (1 - t)}.
  RADIOCORE_HD void multiply_noise(double scaled_noise) {
    log_scale_ -= scaled_noise;
    double factor[max_server_shape];
    factor[0] = 1.0;
    for (int n = 1; n < terms_; ++n) factor[n] = factor[n - 1] * scaled_noise / n;
    apply(factor);
  }

  RADIOCORE_HD double sum() const {
    if (vanished_) return 0.0;
    double total = 0.0;
    for (int n = terms_ - 1; n >= 0; --n) total += coefficient_[n];
    const double probability = exp_ieee(log_scale_ + log_ieee(total));
    return probability > 1.0 ? 1.0 : probability;
  }

 private:
  RADIOCORE_HD void apply(const double* factor) {
    if (factor[0] == 0.0) vanished_ = true;  // below the smallest double, and so is the whole product
    if (vanished_) return;
    if (factor[0] != 1.0) log_scale_ += log_ieee(factor[0]);
    for (int n = terms_ - 1; n >= 0; --n) {
      double value = 0.0;
      for (int k = 0; k <= n; ++k) value += coefficient_[n - k] * (factor[k] / factor[0]);
      coefficient_[n] = value;
    }
  }

  int terms_;
  bool vanished_ = false;
  double log_scale_ = 0.0;
  double coefficient_[max_server_shape];
};

/// Above this mean of the Poisson part the tail of up to 64 terms is below the smallest double.
constexpr double hopeless_noise = 1e4;

}  // namespace radiocore
