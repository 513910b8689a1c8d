// The inner loop of the Monte Carlo: one receiver, all draws. Compiled once for each instruction
// set, each time in a namespace of its own (RADIOCORE_KERNEL) and with every function inlined.
//
// A hit is defined by the sum over all stations in their order (count_group). Draws are keyed, so
// what need not be known need not be drawn: gains come from a cheap logarithm whose error is bounded,
// interferers are taken strongest first, and a draw is over once its outcome is beyond doubt: missed,
// when what was summed already drowns the server; hit, when the greatest gains of all others would
// not. Draws still in doubt at the end, some five in 10^5, are counted by the definition. So the hits
// are those of the definition, whatever the approximation, the order and the instruction set.
#pragma once

#include <algorithm>
#include <limits>

#include "monte_carlo_job.hpp"
#include "pack_lanes.hpp"
#include "radiocore/numerics/philox_block.hpp"

namespace radiocore {
namespace RADIOCORE_KERNEL {

constexpr int block_groups = philox_block_lanes;
constexpr int group_draws = int(draws_a_group);
constexpr int block_draws = group_draws * block_groups;
/// Groups treated together: their 36 KB stay in the first-level cache.
constexpr int chunk_groups = 1024;

/// Groups of four draws of which one at least is in doubt; draw j of group i stands at [j][i].
struct OpenGroups {
  int count;
  alignas(64) std::uint32_t group[chunk_groups];
  alignas(64) float server[group_draws][chunk_groups];  // approximate powers over the server's mean
  alignas(64) float interference[group_draws][chunk_groups];
};

// ---- The bounds ------------------------------------------------------------------------------------
//
// A gain by minus_log2 differs from that of draw_gains by at most gain_error, absolute (1.0e-5, of
// which 0.9e-5 is the polynomial's; a shape m divides its at most m logarithms by m), and 2e-6 of it. The
// two sums of S products round by less than (S + 4) 2^-24 of the sum each.
constexpr float gain_error = 1.5e-5f;
constexpr double ln_2 = 0.69314718055994531;
constexpr double greatest_gain = 32 * ln_2;  // m logarithms of at least 2^-32, over m
constexpr index_t most_links = 1'000'000;        // beyond, the sums' rounding would matter

/// How far the interference, had it been summed as defined, may lie from what was summed here.
/// `relative` holds what the server may be off as well: (1 + e) / (1 - e) < 1 + 3 e.
struct Doubt {
  float relative;
  float below;
  float above;  // with the greatest gains of the links not yet drawn

  /// summed, remaining: weights of the interferers; the latter infinite where a gain has no bound.
  [[gnu::always_inline]] static inline Doubt of(index_t links, double summed, double remaining) {
    constexpr double denormals = std::numeric_limits<float>::min();
    const double below = double(gain_error) * summed + denormals * double(links);
    return {float(3 * (4e-6 + 0x1p-22 * double(links))), float(below), float(below + greatest_gain * remaining)};
  }
};

// ---- Gains -----------------------------------------------------------------------------------------

/// Rounded once where that is one instruction: the bound allows for both.
[[gnu::always_inline]] inline float multiply_add(float a, float b, float c) {
#if defined(__FMA__)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

/// -log2(x) for x in (0, 1], within 1.4e-5 + 2e-7 of it: the bits as a number, and a minimax polynomial
/// for how much the logarithm bulges between powers of two.
[[gnu::always_inline]] inline float minus_log2(float x) {
  constexpr std::int32_t one = 0x3F800000;
  const std::int32_t bits = bit_cast<std::int32_t>(x);
  const float m = bit_cast<float>((bits & 0x007FFFFF) | one);
  float bulge = multiply_add(m, -0.04487369264f, 0.416564321f);
  bulge = multiply_add(bulge, m, -1.63115068f);
  bulge = multiply_add(bulge, m, 3.550795765f);
  bulge = multiply_add(bulge, m, -4.091712879f);
  bulge = multiply_add(bulge, m, 1.800364628f);
  return multiply_add(float(one - bits), 0x1p-23f, bulge);
}

/// What a gain of fill_gains is to be multiplied with.
[[gnu::always_inline]] inline float gain_unit(const GainLaw& law) {
  return law.uniforms > 0 ? float(ln_2 / law.uniforms) : 1.0f;
}

/// Gains of the `used` first groups of 16, in gain_units; draw j of group l stands at [16 j + l].
template <class Lanes>
[[gnu::always_inline]] inline void fill_gains(const FadingJob& job, const FadingLink& link, const std::uint32_t* group,
                                              int used, float* gain) {
  const DrawKey key{job.receiver, link.station};
  if (link.law.uniforms == 0) {
    for (int l = 0; l < used; ++l) {
      float own[group_draws];
      draw_gains(link.law, job.key, key, group[l], own);
      for (int j = 0; j < group_draws; ++j) gain[block_groups * j + l] = own[j];
    }
    return;
  }
  PhiloxBlock words;
  Lanes::fill(words, group, 0, key, job.key);
  if (link.law.uniforms == 1) {  // most links: nothing to multiply or to add
    for (int i = 0; i < block_draws; ++i) gain[i] = minus_log2(unit_float(words.word[i]));
    return;
  }
  alignas(64) float product[block_draws];
  for (int i = 0; i < block_draws; ++i) product[i] = unit_float(words.word[i]);
  for (int i = 0; i < block_draws; ++i) gain[i] = 0.0f;
  for (int k = 1; k < link.law.uniforms; ++k) {
    Lanes::fill(words, group, std::uint32_t(k), key, job.key);
    if (k % uniforms_per_log == 0) {
      for (int i = 0; i < block_draws; ++i) gain[i] += minus_log2(product[i]);
      for (int i = 0; i < block_draws; ++i) product[i] = unit_float(words.word[i]);
    } else {
      for (int i = 0; i < block_draws; ++i) product[i] *= unit_float(words.word[i]);
    }
  }
  for (int i = 0; i < block_draws; ++i) gain[i] += minus_log2(product[i]);
}

/// The server's powers in the groups from `first` on. Draws past the last are never hits.
template <class Lanes>
[[gnu::always_inline]] inline void open(const FadingJob& job, std::uint32_t first, std::uint32_t count,
                                        OpenGroups& open) {
  alignas(64) float gain[block_draws] = {};
  open.count = int(count);
  const float unit = gain_unit(job.link[0].law);
  for (int at = 0; at < open.count; at += block_groups) {
    for (int l = 0; l < block_groups; ++l) open.group[at + l] = first + std::uint32_t(at + l);
    fill_gains<Lanes>(job, job.link[0], open.group + at, std::min(block_groups, open.count - at), gain);
    for (int j = 0; j < group_draws; ++j) {
      for (int l = 0; l < block_groups; ++l) {
        const bool drawn = draws_a_group * open.group[at + l] + std::uint32_t(j) < job.draws;
        open.server[j][at + l] = drawn ? unit * gain[block_groups * j + l] : -1.0f;
        open.interference[j][at + l] = job.noise;
      }
    }
  }
}

template <class Lanes>
[[gnu::always_inline]] inline void add_interferer(const FadingJob& job, const FadingLink& link, OpenGroups& open) {
  alignas(64) float gain[block_draws] = {};
  const float weight = link.weight * gain_unit(link.law);
  for (int at = 0; at < open.count; at += block_groups) {
    fill_gains<Lanes>(job, link, open.group + at, std::min(block_groups, open.count - at), gain);
    if (link.load != 1.0f) {
      PhiloxBlock words;
      Lanes::fill(words, open.group + at, activity_stream, {job.receiver, link.station}, job.key);
      for (int i = 0; i < block_draws; ++i) gain[i] = unit_float(words.word[i]) < link.load ? gain[i] : 0.0f;
    }
    for (int j = 0; j < group_draws; ++j) {
      float* const sum = open.interference[j] + at;
      for (int l = 0; l < block_groups; ++l) sum[l] = multiply_add(weight, gain[block_groups * j + l], sum[l]);
    }
  }
}

/// Counts the hits of the groups without a doubt at any threshold and closes the gaps they leave.
[[gnu::always_inline]] inline void retire(const FadingJob& job, const Doubt& doubt, OpenGroups& open,
                                          std::int64_t* hits) {
  const Floats low_slope = every(1.0f - doubt.relative), high_slope = every(1.0f + doubt.relative);
  const Floats below = every(doubt.below), above = every(doubt.above);
  int kept = 0;
  const Ints lane = lane_numbers(0);
  for (int at = 0; at < open.count; at += lanes) {
    Floats low[group_draws], high[group_draws], least[group_draws], most[group_draws];
#pragma GCC unroll 4
    for (int j = 0; j < group_draws; ++j) {
      const Floats server = load(open.server[j] + at), interference = load(open.interference[j] + at);
      least[j] = server - gain_error;
      most[j] = server + gain_error;
      low[j] = interference * low_slope - below;
      high[j] = interference * high_slope + above;
    }
    Ints doubtful = {};
    for (index_t t = 0; t < job.thresholds; ++t) {
      const float threshold = job.threshold[t];
#pragma GCC unroll 4
      for (int j = 0; j < group_draws; ++j) {
        doubtful |= ~((most[j] <= threshold * low[j]) | (least[j] > threshold * high[j]));
      }
    }
    const Ints used = lane < open.count - at;
    const Ints over = used & ~doubtful;
    for (index_t t = 0; t < job.thresholds; ++t) {
      const float threshold = job.threshold[t];
#pragma GCC unroll 4
      for (int j = 0; j < group_draws; ++j) hits[t] += LaneChoice((most[j] > threshold * low[j]) & over).count();
    }
    const LaneChoice stay(used & doubtful);
    stay.pack(open.group + at, open.group + kept);
#pragma GCC unroll 4
    for (int j = 0; j < group_draws; ++j) {
      stay.pack(open.server[j] + at, open.server[j] + kept);
      stay.pack(open.interference[j] + at, open.interference[j] + kept);
    }
    kept += stay.count();
  }
  open.count = kept;
}

// ---- One receiver ----------------------------------------------------------------------------------

template <class Lanes>
[[gnu::always_inline]] inline void count_hits(const FadingJob& job, std::int64_t* hits) {
  const std::uint32_t groups = (job.draws + draws_a_group - 1) / draws_a_group;
  // To retire costs half a link at one threshold and grows with their number, while a few links end a tenth.
  const index_t stride = 3 + job.thresholds / 4;
  OpenGroups rest;
  for (std::uint32_t first = 0; first < groups; first += chunk_groups) {
    open<Lanes>(job, first, std::min<std::uint32_t>(chunk_groups, groups - first), rest);
    for (index_t k = 1; k < job.links && rest.count > 0; ++k) {
      add_interferer<Lanes>(job, job.link[job.strongest_first[k]], rest);
      if (k % stride == 0 && k + 1 < job.links) {
        retire(job, Doubt::of(job.links, job.weight_up_to[k], job.weight_beyond[k]), rest, hits);
      }
    }
    if (job.links <= most_links) retire(job, Doubt::of(job.links, job.weight_up_to[job.links - 1], 0.0), rest, hits);
    for (int i = 0; i < rest.count; ++i) count_group(job, rest.group[i], hits);
  }
}

}  // namespace RADIOCORE_KERNEL
}  // namespace radiocore
