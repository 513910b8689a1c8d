// The inner loop of the Monte Carlo: one receiver, all draws. Compiled once for each instruction
// set, each time in a namespace of its own (RADIOCORE_KERNEL) and with every function inlined.
#pragma once

#include <cmath>

#include "radiocore/coverage/fading.hpp"
#include "radiocore/numerics/philox_block.hpp"

namespace radiocore {

/// One receiver's links that transmit, its server first.
struct FadingJob {
  const float* weight;          // mean power over the server's
  const double* shape;
  const float* load;
  const std::uint32_t* station;  // row, which keys the draws
  index_t links;
  float noise;                  // over the server's mean power
  const float* threshold;       // linear
  index_t thresholds;
  PhiloxKey key;
  std::uint32_t receiver;
  std::uint32_t draws;
};

namespace RADIOCORE_KERNEL {

constexpr int block_draws = 4 * philox_block_lanes;

/// Gains of 64 consecutive draws of one link; draw 4 (group + l) + j stands at [16 j + l].
template <class Lanes>
[[gnu::always_inline]] inline void fill_gains(const FadingJob& job, index_t link, std::uint32_t group, float* gain) {
  const DrawKey key{job.receiver, job.station[link]};
  const double shape = job.shape[link];
  if (!drawn_by_logarithm(shape)) {
    for (int i = 0; i < block_draws; ++i) {
      const std::uint32_t draw = 4 * (group + i % philox_block_lanes) + i / philox_block_lanes;
      gain[i] = gamma_by_rejection(shape, job.key, key, draw);
    }
    return;
  }
  const int uniforms = int(shape);
  const float minus_per_shape = -1.0f / float(uniforms);
  alignas(64) float product[block_draws];
  for (int i = 0; i < block_draws; ++i) gain[i] = 0.0f;
  for (int first = 0; first < uniforms; first += uniforms_per_log) {
    const int stop = uniforms < first + uniforms_per_log ? uniforms : first + uniforms_per_log;
    for (int k = first; k < stop; ++k) {
      PhiloxBlock words;
      Lanes::fill(words, group, std::uint32_t(k), key, job.key);
      if (k == first) {
        for (int i = 0; i < block_draws; ++i) product[i] = unit_float(words.word[i]);
      } else {
        for (int i = 0; i < block_draws; ++i) product[i] *= unit_float(words.word[i]);
      }
    }
    for (int i = 0; i < block_draws; ++i) gain[i] += log_ieee(product[i]);
  }
  for (int i = 0; i < block_draws; ++i) gain[i] *= minus_per_shape;
}

template <class Lanes>
[[gnu::always_inline]] inline void count_hits(const FadingJob& job, std::int64_t* hits) {
  alignas(64) float server[block_draws], interference[block_draws], gain[block_draws];
  const std::uint32_t groups = (job.draws + 3) / 4;
  for (std::uint32_t group = 0; group < groups; group += philox_block_lanes) {
    fill_gains<Lanes>(job, 0, group, server);
    for (int i = 0; i < block_draws; ++i) interference[i] = job.noise;
    for (index_t link = 1; link < job.links; ++link) {
      fill_gains<Lanes>(job, link, group, gain);
      if (job.load[link] != 1.0f) {
        PhiloxBlock words;
        Lanes::fill(words, group, activity_stream, {job.receiver, job.station[link]}, job.key);
        for (int i = 0; i < block_draws; ++i) {
          gain[i] = unit_float(words.word[i]) < job.load[link] ? gain[i] : 0.0f;
        }
      }
      const float weight = job.weight[link];
      for (int i = 0; i < block_draws; ++i) interference[i] += weight * gain[i];
    }
    const bool whole = 4 * (group + philox_block_lanes) <= job.draws;
    for (index_t t = 0; t < job.thresholds; ++t) {
      const float threshold = job.threshold[t];
      std::int32_t count = 0;
      if (whole) {
        for (int i = 0; i < block_draws; ++i) count += server[i] > threshold * interference[i];
      } else {
        for (int i = 0; i < block_draws; ++i) {
          const std::uint32_t draw = 4 * (group + i % philox_block_lanes) + i / philox_block_lanes;
          count += draw < job.draws && server[i] > threshold * interference[i];
        }
      }
      hits[t] += count;
    }
  }
}

}  // namespace RADIOCORE_KERNEL
}  // namespace radiocore
