#include "closed_form.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "parallel.hpp"
#include "power.hpp"
#include "radiocore/coverage/closed_form.hpp"
#include "simd.hpp"

namespace radiocore {
namespace {

constexpr index_t tile = 64;
constexpr int most_factors = 4;          // whole shapes up to this are multiplied out
constexpr index_t factors_in_range = 8;  // stations between two normalisations

struct Tile {
  double scale[tile];  // m0 T / S
  double value[tile], slope[tile], exponent[tile];
};

constexpr index_t stations_a_pass = 4;  // while their products stay in registers

/// w / m of a few stations' links in one tile, 0 for the serving link; and their shapes m, written
/// only for the stations of which some link has a shape above 1.
struct Pass {
  double weight[stations_a_pass][tile];
  double shape[stations_a_pass][tile];
  bool above_one[stations_a_pass];
};

/// Fills row g. The mixed sizes of its inputs are kept out of the arithmetic, which then fills the
/// vector units.
RADIOCORE_CLONES void fill_by_state(Pass& pass, index_t g, const double* mean, const std::uint8_t* los,
                                    const std::int32_t* server, std::int32_t station, double shape_nlos,
                                    double shape_los, index_t count) {
  double* __restrict const weight = pass.weight[g];
  double* __restrict const shape = pass.shape[g];
  const double per_nlos = 1.0 / shape_nlos, per_los = 1.0 / shape_los;
  std::uint8_t any_los = 0;
  for (index_t r = 0; r < count; ++r) any_los = std::uint8_t(any_los | los[r]);
  for (index_t r = 0; r < count; ++r) weight[r] = server[r] == station ? 0.0 : mean[r];
  pass.above_one[g] = shape_nlos > 1.0 || (any_los != 0 && shape_los > 1.0);
  if (!pass.above_one[g]) return;  // every shape is 1
  for (index_t r = 0; r < count; ++r) {
    shape[r] = los[r] ? shape_los : shape_nlos;
    weight[r] *= los[r] ? per_los : per_nlos;
  }
}

RADIOCORE_CLONES void fill_by_shape(Pass& pass, index_t g, const double* mean, const double* shapes,
                                    const std::int32_t* server, std::int32_t station, index_t count) {
  double* __restrict const weight = pass.weight[g];
  double* __restrict const shape = pass.shape[g];
  double largest = 1.0;
  for (index_t r = 0; r < count; ++r) largest = shapes[r] > largest ? shapes[r] : largest;
  for (index_t r = 0; r < count; ++r) weight[r] = server[r] == station ? 0.0 : mean[r];
  pass.above_one[g] = largest > 1.0;
  if (!pass.above_one[g]) return;
  for (index_t r = 0; r < count; ++r) {
    shape[r] = shapes[r];
    weight[r] *= 1.0 / shapes[r];
  }
}

/// The first factor of every link of the pass.
RADIOCORE_CLONES void multiply_first(Tile& lanes, const Pass& pass, index_t count) {
  double* __restrict const values = lanes.value;
  double* __restrict const slopes = lanes.slope;
  for (index_t r = 0; r < count; ++r) {
    double value = values[r], slope = slopes[r];
    for (index_t g = 0; g < stations_a_pass; ++g) {
      WholeProduct::multiply(value, slope, lanes.scale[r] * pass.weight[g][r]);
    }
    values[r] = value;
    slopes[r] = slope;
  }
}

/// Factor k + 1 of the links of row 0 whose shape is above k; for the others it is 1, which changes no bit.
RADIOCORE_CLONES void multiply_again(Tile& lanes, const Pass& pass, double k, index_t count) {
  double* __restrict const values = lanes.value;
  double* __restrict const slopes = lanes.slope;
  for (index_t r = 0; r < count; ++r) {
    const double x = pass.shape[0][r] > k ? lanes.scale[r] * pass.weight[0][r] : 0.0;
    WholeProduct::multiply(values[r], slopes[r], x);
  }
}

RADIOCORE_CLONES void normalise(Tile& lanes, index_t count) {
  for (index_t r = 0; r < count; ++r) WholeProduct::normalise(lanes.value[r], lanes.slope[r], lanes.exponent[r]);
}

RADIOCORE_CLONES void finish(const Tile& lanes, const double* server_shape, double noise_mw, index_t count,
                             double* probability) {
  for (index_t r = 0; r < count; ++r) {
    const double scaled_noise = lanes.scale[r] * noise_mw;
    probability[r] = coverage_of_product(lanes.value[r], lanes.slope[r], lanes.exponent[r], scaled_noise,
                                         server_shape[r] == 2.0);
  }
}

/// Are all shapes small whole numbers, and is no cell ever silent? Then the product form serves.
bool takes_product(const Links& links, int* factors) {
  double largest = 1.0;
  const auto fits = [&](double shape) {
    largest = std::max(largest, shape);
    return shape <= most_factors && shape == double(int(shape));
  };
  for (index_t s = 0; s < links.stations; ++s) {
    if (links.load[s] != 1.0) return false;
  }
  if (links.shape) {
    for (index_t i = 0; i < links.stations * links.receivers; ++i) {
      if (!fits(links.shape[i])) return false;
    }
  } else if (!fits(links.shape_by_state[0]) || !fits(links.shape_by_state[1])) {
    return false;
  }
  *factors = int(largest);
  return true;
}

double one_by_series(const Links& links, index_t r, index_t server, double noise_mw, double threshold) {
  const index_t at = server * links.receivers + r;
  const double serving = links.mean[at], shape = links.shape_of(at);
  const double scale = shape * threshold / serving;
  if (!(scale * noise_mw <= hopeless_noise)) return 0.0;
  TailSeries series{int(shape)};
  for (index_t s = 0; s < links.stations; ++s) {
    const index_t i = s * links.receivers + r;
    if (s == server || links.mean[i] <= 0.0 || links.load[s] == 0.0) continue;
    const double m = links.shape_of(i);
    const LinkState state{links.load[s], scale * links.mean[i] / m, m};
    series.multiply(&state, 1, 1.0 - links.load[s]);
  }
  series.multiply_noise(scale * noise_mw);
  return series.sum();
}

/// What stands in for the server of receivers that have none: a station of vanishing power and no
/// interference would give 0; the lanes are computed harmlessly and overwritten.
void products(const Links& links, const std::int32_t* server, double noise_mw, double threshold, int factors,
              index_t begin, index_t end, Tile& lanes, Pass& pass,
              std::vector<index_t>& above_one, double* probability) {
  const index_t count = end - begin;
  double shape[tile] = {};
  bool rare[tile] = {};
  for (index_t r = 0; r < count; ++r) {
    const index_t at = server[begin + r] * links.receivers + begin + r;
    shape[r] = server[begin + r] < 0 ? 1.0 : links.shape_of(at);
    const double scale = server[begin + r] < 0 ? 0.0 : shape[r] * threshold / links.mean[at];
    rare[r] = server[begin + r] < 0 || shape[r] > 2.0 || !(scale * noise_mw <= hopeless_noise);
    lanes.scale[r] = rare[r] ? 0.0 : scale;
    lanes.value[r] = 1.0;
    lanes.slope[r] = lanes.exponent[r] = 0.0;
  }
  // All first factors, then all second ones and so on: an order that does not depend on how stations
  // are gathered into passes, so a station without power changes no bit.
  const auto fill = [&](index_t s, index_t g) {
    const index_t at = s * links.receivers + begin;
    if (links.shape) {
      fill_by_shape(pass, g, links.mean + at, links.shape + at, server + begin, std::int32_t(s), count);
    } else {
      fill_by_state(pass, g, links.mean + at, links.los + at, server + begin, std::int32_t(s),
                    links.shape_by_state[0], links.shape_by_state[1], count);
    }
    return pass.above_one[g];
  };
  above_one.clear();
  for (index_t first = 0; first < links.stations; first += stations_a_pass) {
    const index_t last = std::min(first + stations_a_pass, links.stations);
    for (index_t s = first; s < last; ++s) {
      if (fill(s, s - first)) above_one.push_back(s);
    }
    for (index_t g = last - first; g < stations_a_pass; ++g) std::fill(pass.weight[g], pass.weight[g] + count, 0.0);
    multiply_first(lanes, pass, count);
    if (last % factors_in_range == 0) normalise(lanes, count);
  }
  for (int k = 1; k < factors; ++k) {
    for (std::size_t i = 0; i < above_one.size(); ++i) {
      fill(above_one[i], 0);
      multiply_again(lanes, pass, k, count);
      if (i % factors_in_range == factors_in_range - 1) normalise(lanes, count);
    }
  }
  normalise(lanes, count);
  finish(lanes, shape, noise_mw, count, probability);
  for (index_t r = 0; r < count; ++r) {
    if (!rare[r]) continue;
    const std::int32_t serving = server[begin + r];
    probability[r] = serving < 0 ? 0.0 : one_by_series(links, begin + r, serving, noise_mw, threshold);
  }
}

}  // namespace

void closed_form_coverage(const Links& links, const std::int32_t* server, double noise_mw, const double* threshold,
                          index_t thresholds, int threads, double* probability) {
  int factors = 0;
  const bool by_product = takes_product(links, &factors);
  parallel_ranges(links.receivers, 8 * tile, threads, [&](index_t begin, index_t end) {
    Tile lanes{};
    Pass pass{};
    std::vector<index_t> above_one;
    for (index_t t = 0; t < thresholds; ++t) {
      double* out = probability + t * links.receivers;
      for (index_t r = begin; by_product && r < end; r += tile) {
        products(links, server, noise_mw, threshold[t], factors, r, std::min(r + tile, end), lanes, pass, above_one,
                 out + r);
      }
      for (index_t r = begin; !by_product && r < end; ++r) {
        out[r] = server[r] < 0 ? 0.0 : one_by_series(links, r, server[r], noise_mw, threshold[t]);
      }
    }
  });
}

namespace {

/// One way a station can be received: blocked (state 0) or in line of sight (state 1).
struct Candidate {
  double mean;
  std::int32_t station;
  std::int32_t state;
};

/// The order of association: by mean power, then by the station's rank.
bool ranks_before(const Candidate& a, const Candidate& b) {
  if (a.mean != b.mean) return a.mean > b.mean;
  if (a.station != b.station) return a.station < b.station;
  return a.state > b.state;
}

constexpr double enough_mass = 1.0 - 1e-12;

class MixtureOfOne {
 public:
  MixtureOfOne(const MixedLinks& links, index_t receiver) : links_(links), r_(receiver) {
    for (index_t s = 0; s < links.stations; ++s) {
      const double p = los(s);
      for (int state = 0; state < 2; ++state) {
        const double mean = links.mean[state][s * links.receivers + r_];
        const double probability = state ? p : 1.0 - p;
        if (mean > least_power_mw && probability > 0.0) candidates_.push_back({mean, std::int32_t(s), state});
      }
    }
    std::sort(candidates_.begin(), candidates_.end(), ranks_before);
  }

  void run(double noise_mw, const double* threshold, index_t thresholds, double* probability, index_t stride,
           std::int32_t* server, std::uint8_t* server_los) {
    for (index_t t = 0; t < thresholds; ++t) probability[t * stride] = 0.0;
    *server = -1;
    *server_los = 0;
    // Probability that a station is in a state that still ranks behind; a state without power always does.
    remaining_.resize(std::size_t(links_.stations));
    for (index_t s = 0; s < links_.stations; ++s) remaining_[std::size_t(s)] = {share(s, 0), share(s, 1)};
    double mass = 0.0, likeliest = 0.0;
    for (const Candidate& c : candidates_) {
      auto& own = remaining_[std::size_t(c.station)];
      own[c.state] = 0.0;  // from here on this candidate ranks before the next
      double serves = share(c.station, c.state);
      for (index_t s = 0; s < links_.stations; ++s) {
        if (s != c.station) serves *= remaining_[std::size_t(s)][0] + remaining_[std::size_t(s)][1];
      }
      if (serves > 0.0) {
        for (index_t t = 0; t < thresholds; ++t) {
          probability[t * stride] += serves * coverage_from(c, noise_mw, threshold[t]);
        }
        if (serves > likeliest) {
          likeliest = serves;
          *server = c.station;
          *server_los = c.state == 1;
        }
      }
      mass += serves;
      // A station of which no state is left behind makes every further candidate impossible.
      if (mass >= enough_mass || own[0] + own[1] == 0.0) break;
    }
    for (index_t t = 0; t < thresholds; ++t) probability[t * stride] = std::min(probability[t * stride], 1.0);
  }

 private:
  double los(index_t s) const { return links_.los_probability[s * links_.receivers + r_]; }
  double share(index_t s, int state) const { return state ? los(s) : 1.0 - los(s); }

  double coverage_from(const Candidate& c, double noise_mw, double threshold) const {
    const double shape = links_.shape[c.state], scale = shape * threshold / c.mean;
    if (!(scale * noise_mw <= hopeless_noise)) return 0.0;
    if (whole_ && shape <= 2.0) return two_terms(c, scale, noise_mw);
    TailSeries series{int(shape)};
    for (index_t s = 0; s < links_.stations; ++s) {
      if (s == c.station || links_.load[s] == 0.0) continue;
      const auto& behind = remaining_[std::size_t(s)];
      const double total = behind[0] + behind[1];
      LinkState states[2];
      for (int k = 0; k < 2; ++k) {
        const double m = links_.shape[k];
        states[k] = {links_.load[s] * behind[k] / total, scale * links_.mean[k][s * links_.receivers + r_] / m, m};
      }
      series.multiply(states, 2, 1.0 - links_.load[s]);
    }
    series.multiply_noise(scale * noise_mw);
    return series.sum();
  }

  /// The same for small whole shapes, a server's of at most 2: products in place of logarithms.
  double two_terms(const Candidate& c, double scale, double noise_mw) const {
    const double per_shape[2] = {scale / links_.shape[0], scale / links_.shape[1]};
    double product = 1.0, slope = 0.0, logarithm = 0.0;
    for (index_t s = 0; s < links_.stations; ++s) {
      if (s == c.station || links_.load[s] == 0.0) continue;
      const auto& behind = remaining_[std::size_t(s)];
      const double share = links_.load[s] / (behind[0] + behind[1]);
      double factor = 1.0 - links_.load[s], first = 0.0;
      for (int k = 0; k < 2; ++k) {
        if (behind[k] == 0.0) continue;
        const double x = per_shape[k] * links_.mean[k][s * links_.receivers + r_], passes = 1.0 / (1.0 + x);
        double power = share * behind[k];
        for (int n = 0; n < int(links_.shape[k]); ++n) power *= passes;
        factor += power;
        first += power * links_.shape[k] * (x * passes);
      }
      if (factor == 0.0) return 0.0;
      product *= factor;
      slope += first / factor;
      if (product < 0x1p-500) {
        logarithm += log_ieee(product);
        product = 1.0;
      }
    }
    const double scaled_noise = scale * noise_mw;
    const double terms = links_.shape[c.state] > 1.0 ? 1.0 + scaled_noise + slope : 1.0;
    return exp_ieee(logarithm - scaled_noise + log_ieee(product)) * terms;
  }

  const MixedLinks& links_;
  index_t r_;
  bool whole_ = links_.shape[0] <= most_factors && links_.shape[1] <= most_factors;
  std::vector<Candidate> candidates_;
  std::vector<std::array<double, 2>> remaining_;
};

}  // namespace

void mixture_coverage(const MixedLinks& links, double noise_mw, const double* threshold, index_t thresholds,
                      int threads, double* probability, std::int32_t* server, std::uint8_t* server_los) {
  parallel_ranges(links.receivers, 16, threads, [&](index_t begin, index_t end) {
    for (index_t r = begin; r < end; ++r) {
      MixtureOfOne(links, r).run(noise_mw, threshold, thresholds, probability + r, links.receivers, server + r,
                                 server_los + r);
    }
  });
}

}  // namespace radiocore
