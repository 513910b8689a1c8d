// Coverage in closed form as a body: one receiver, all stations and thresholds, nothing stored a link.
#pragma once

#include "radiocore/coverage/closed_form.hpp"
#include "radiocore/device/links.hpp"

namespace radiocore {

/// Whole shapes up to this are multiplied out; see closed_form.hpp.
constexpr int most_product_factors = 4;
/// Stations between two normalisations of a product.
constexpr index_t product_factors_in_range = 8;

/// Items are receivers: P(SINR > threshold[t]) and the server, the strongest mean, ties to the lower row.
///
/// Where every shape is a whole number up to `factors` and every load is 1, servers of shape 1 or 2
/// take the product form; the rest take the general series (`factors` 0: all do), which keeps 1 KB of
/// coefficients a receiver and is left out of the kernel where nobody needs it.
/// The same operations in the same order as src/closed_form.cpp: equal bits.
template <class Source, bool with_series>
struct Cover {
  Source links;
  int factors;
  double noise_mw;
  const double* threshold;  // (T,) linear
  index_t thresholds;
  index_t receivers;
  double* coverage;          // (T, R)
  std::int32_t* server;      // (R,) -1: none
  double* server_power_mw;   // (R,) or null
  std::uint8_t* server_los;  // (R,) or null

  RADIOCORE_HD void operator()(index_t r) const {
    const auto own = links.at(r);
    double strongest = weakest_server_mw;
    index_t serving = -1;
    for (index_t s = 0; s < links.stations; ++s) {
      const double mean = own.mean(s);
      if (mean > strongest) {
        strongest = mean;
        serving = s;
      }
    }
    server[r] = std::int32_t(serving);
    if (server_power_mw) server_power_mw[r] = serving < 0 ? 0.0 : strongest;
    if (server_los) server_los[r] = serving >= 0 && own.sees(serving);
    for (index_t t = 0; t < thresholds; ++t) {
      coverage[t * receivers + r] = serving < 0 ? 0.0 : probability(own, serving, strongest, threshold[t]);
    }
  }

 private:
  template <class Own>
  RADIOCORE_HD double probability(const Own& own, index_t serving, double strongest, double above) const {
    const double shape = own.shape(serving), scale = shape * above / strongest;
    if (!(scale * noise_mw <= hopeless_noise)) return 0.0;
    if constexpr (with_series) {
      if (factors == 0 || shape > 2.0) return series(own, serving, shape, scale);
    }
    return product(own, serving, shape, scale);
  }

  template <class Own>
  RADIOCORE_HD double product(const Own& own, index_t serving, double shape, double scale) const {
    WholeProduct so_far;
    for (int k = 0; k < factors; ++k) {
      for (index_t s = 0; s < links.stations; ++s) {
        const double m = own.shape(s);
        if (s != serving && m > k && own.interferes(s)) {
          WholeProduct::multiply(so_far.value, so_far.slope, scale * (own.mean(s) * (1.0 / m)));
        }
        if (s % product_factors_in_range == product_factors_in_range - 1) {
          WholeProduct::normalise(so_far.value, so_far.slope, so_far.exponent);
        }
      }
    }
    WholeProduct::normalise(so_far.value, so_far.slope, so_far.exponent);
    return coverage_of_product(so_far.value, so_far.slope, so_far.exponent, scale * noise_mw, shape == 2.0);
  }

  template <class Own>
  RADIOCORE_HD double series(const Own& own, index_t serving, double shape, double scale) const {
    TailSeries so_far{int(shape)};
    for (index_t s = 0; s < links.stations; ++s) {
      const double mean = own.mean(s), load = own.load(s), m = own.shape(s);
      if (s == serving || mean <= 0.0 || load == 0.0 || !own.interferes(s)) continue;
      const LinkState state{load, scale * mean / m, m};
      so_far.multiply(&state, 1, 1.0 - load);
    }
    so_far.multiply_noise(scale * noise_mw);
    return so_far.sum();
  }
};

}  // namespace radiocore
