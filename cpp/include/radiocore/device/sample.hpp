// Monte Carlo coverage as a body: a team counts the hits of one receiver.
#pragma once

#include "radiocore/coverage/fading.hpp"
#include "radiocore/device/atomic.hpp"
#include "radiocore/device/links.hpp"

namespace radiocore {

/// What the draws need to know of a link: one load of 16 bytes.
struct alignas(16) SampledLink {
  float weight;           // mean power over the server's; 0: silent
  float load;             // probability of transmitting
  float minus_per_shape;  // -1 / m
  std::int32_t uniforms;  // of GainLaw

  RADIOCORE_HD GainLaw law(double shape) const { return {shape, minus_per_shape, uniforms}; }
};

/// Teams: hits (T, R), in how many of the draws SINR > threshold[t], and the server of each receiver.
///
/// The same words, the same single-precision operations and the same order of stations as
/// src/monte_carlo.cpp: the counts are equal, not close. Members take groups of four draws,
/// which share the words of one Philox call. Cost a link draw (m = 1): a quarter of a Philox call and
/// one logarithm. `rejection` is false where no shape needs it: the kernel is far leaner then.
template <class Source, bool rejection>
struct CountHits {
  Source links;
  double noise_mw;
  const float* threshold;  // (T,) linear
  index_t thresholds;
  PhiloxKey key;
  std::uint32_t first_receiver;
  std::uint32_t draws;
  index_t receivers;
  std::int64_t* hits;         // (T, R)
  std::int32_t* server;       // (R,) -1: none
  double* server_power_mw;    // (R,) or null
  std::uint8_t* server_los;   // (R,) or null

  static constexpr int phases = 6;
  static constexpr std::uint32_t nobody = 0xFFFFFFFFu;

  /// Scratch of a team: this, then SampledLink[S], then double[S] (means, later shapes), then
  /// uint32[T] (hits).
  struct alignas(16) Shared {
    std::uint64_t strongest;  // bits of the largest mean: of positive numbers, they are in order
    std::uint32_t server;
    float noise;              // over the server's mean
  };

  RADIOCORE_HD static constexpr std::size_t scratch_bytes(index_t stations, index_t thresholds) {
    return sizeof(Shared) + std::size_t(stations) * (sizeof(SampledLink) + sizeof(double)) +
           std::size_t(thresholds) * sizeof(std::uint32_t);
  }

  template <int phase>
  RADIOCORE_HD void run(Member member, index_t r, unsigned char* scratch) const {
    Shared& shared = *reinterpret_cast<Shared*>(scratch);
    SampledLink* const link = reinterpret_cast<SampledLink*>(scratch + sizeof(Shared));
    double* const number = reinterpret_cast<double*>(link + links.stations);
    std::uint32_t* const count = reinterpret_cast<std::uint32_t*>(number + links.stations);
    if constexpr (phase == 0) {
      for (index_t t = member.rank; t < thresholds; t += member.team_size) count[t] = 0;
      const double weakest = weakest_server_mw;
      if (member.rank == 0) shared = {bit_cast<std::uint64_t>(weakest), nobody, 0.0f};
    } else if constexpr (phase == 1) {
      find_means(member, r, shared, number);
    } else if constexpr (phase == 2) {
      find_server(member, shared, number);
    } else if constexpr (phase == 3) {
      if (shared.server != nobody) prepare(member, r, shared, link, number);
    } else if constexpr (phase == 4) {
      if (shared.server != nobody) draw(member, r, shared, link, number, count);
    } else {
      static_assert(phase == 5);
      tell(member, r, shared, count);
    }
  }

 private:
  RADIOCORE_HD void find_means(Member member, index_t r, Shared& shared, double* mean) const {
    const auto own = links.at(r);
    for (index_t s = member.rank; s < links.stations; s += member.team_size) {
      mean[s] = own.mean(s);
      if (mean[s] > weakest_server_mw) raise_to(shared.strongest, bit_cast<std::uint64_t>(mean[s]));
    }
  }

  RADIOCORE_HD void find_server(Member member, Shared& shared, const double* mean) const {
    const double strongest = bit_cast<double>(shared.strongest);
    for (index_t s = member.rank; s < links.stations; s += member.team_size) {
      if (mean[s] == strongest && strongest > weakest_server_mw) lower_to(shared.server, std::uint32_t(s));
    }
  }

  RADIOCORE_HD void prepare(Member member, index_t r, Shared& shared, SampledLink* link, double* number) const {
    const auto own = links.at(r);
    const double serving = bit_cast<double>(shared.strongest), per_server = 1.0 / serving;
    if (member.rank == 0) shared.noise = float(noise_mw / serving);
    for (index_t s = member.rank; s < links.stations; s += member.team_size) {
      const double shape = own.shape(s);
      const GainLaw law = GainLaw::of(shape);
      const bool heard = index_t(shared.server) == s || own.interferes(s);
      link[s] = {heard ? float(number[s] * per_server) : 0.0f, float(own.load(s)), law.minus_per_shape, law.uniforms};
      number[s] = shape;
    }
  }

  RADIOCORE_HD void draw(Member member, index_t r, const Shared& shared, const SampledLink* link, const double* shape,
                         std::uint32_t* count) const {
    const std::uint32_t keyed = first_receiver + std::uint32_t(r), own = shared.server;
    const std::uint32_t groups = (draws + draws_a_group - 1) / draws_a_group;
    for (std::uint32_t group = member.rank; group < groups; group += member.team_size) {
      float signal[draws_a_group], interference[draws_a_group], gain[draws_a_group];
      draw_gains<rejection>(link[own].law(shape[own]), key, {keyed, own}, group, signal);
      for (float& each : interference) each = shared.noise;
      for (std::uint32_t s = 0; s < std::uint32_t(links.stations); ++s) {
        const SampledLink each = link[s];
        if (s == own || each.weight == 0.0f || each.load == 0.0f) continue;
        draw_gains<rejection>(each.law(shape[s]), key, {keyed, s}, group, gain);
        draw_activity(each.load, key, {keyed, s}, group, gain);
        for (std::uint32_t j = 0; j < draws_a_group; ++j) interference[j] += each.weight * gain[j];
      }
      for (index_t t = 0; t < thresholds; ++t) {
        std::uint32_t above = 0;
        for (std::uint32_t j = 0; j < draws_a_group; ++j) {
          const bool drawn = draws_a_group * group + j < draws;
          above += drawn && signal[j] > threshold[t] * interference[j];
        }
        if (above > 0) add_to(count[t], above);
      }
    }
  }

  RADIOCORE_HD void tell(Member member, index_t r, const Shared& shared, const std::uint32_t* count) const {
    for (index_t t = member.rank; t < thresholds; t += member.team_size) hits[t * receivers + r] = count[t];
    if (member.rank != 0) return;
    const bool served = shared.server != nobody;
    server[r] = served ? std::int32_t(shared.server) : -1;
    if (server_power_mw) server_power_mw[r] = served ? bit_cast<double>(shared.strongest) : 0.0;
    if (server_los) server_los[r] = served && links.at(r).sees(shared.server);
  }
};

}  // namespace radiocore
