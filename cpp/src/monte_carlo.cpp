#include "monte_carlo.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "monte_carlo_job.hpp"
#include "parallel.hpp"
#include "power.hpp"

namespace radiocore {

RADIOCORE_KERNELS(count_hits, const FadingJob&, std::int64_t*)

namespace {

/// One thread's copy of a receiver's links, packed.
struct Packed {
  std::vector<FadingLink> link;
  std::vector<std::uint32_t> strongest_first;
  std::vector<double> weight_up_to, weight_beyond;
};

void pack(const Links& links, index_t r, index_t server, Packed& out) {
  out.link.clear();
  const double per_server = 1.0 / links.mean[server * links.receivers + r];
  const auto add = [&](index_t s) {
    const index_t at = s * links.receivers + r;
    out.link.push_back({float(links.mean[at] * per_server), float(links.load[s]), std::uint32_t(s),
                        GainLaw::of(links.shape_of(at))});
  };
  add(server);
  for (index_t s = 0; s < links.stations; ++s) {
    if (s != server && links.load[s] > 0.0 && links.mean[s * links.receivers + r] > 0.0) add(s);
  }
}

void sort_by_strength(Packed& out) {
  const std::size_t links = out.link.size();
  out.strongest_first.resize(links);
  out.weight_up_to.resize(links);
  out.weight_beyond.resize(links);
  std::iota(out.strongest_first.begin(), out.strongest_first.end(), 0u);
  std::sort(out.strongest_first.begin() + 1, out.strongest_first.end(), [&](std::uint32_t a, std::uint32_t b) {
    return out.link[a].weight * out.link[a].load > out.link[b].weight * out.link[b].load;
  });
  double sum = 0.0;
  for (std::size_t k = 1; k < links; ++k) out.weight_up_to[k] = sum += out.link[out.strongest_first[k]].weight;
  sum = 0.0;
  for (std::size_t k = links; k-- > 0;) {
    out.weight_beyond[k] = sum;
    const FadingLink& link = out.link[out.strongest_first[k]];
    sum += link.law.uniforms > 0 ? double(link.weight) : std::numeric_limits<double>::infinity();
  }
}

}  // namespace

void count_group(const FadingJob& job, std::uint32_t group, std::int64_t* hits) {
  float server[draws_a_group], interference[draws_a_group], gain[draws_a_group];
  draw_gains(job.link[0].law, job.key, {job.receiver, job.link[0].station}, group, server);
  for (float& each : interference) each = job.noise;
  for (index_t i = 1; i < job.links; ++i) {
    const FadingLink& link = job.link[i];
    const DrawKey key{job.receiver, link.station};
    draw_gains(link.law, job.key, key, group, gain);
    draw_activity(link.load, job.key, key, group, gain);
    for (std::uint32_t j = 0; j < draws_a_group; ++j) interference[j] += link.weight * gain[j];
  }
  for (index_t t = 0; t < job.thresholds; ++t) {
    for (std::uint32_t j = 0; j < draws_a_group; ++j) {
      hits[t] += draws_a_group * group + j < job.draws && server[j] > job.threshold[t] * interference[j];
    }
  }
}

void count_hits(const Links& links, const std::int32_t* server, double noise_mw, const double* threshold,
                index_t thresholds, const Draws& draws, InstructionSet instructions, int threads, std::int64_t* hits) {
  const auto kernel = count_hits_for(instructions);
  const std::vector<float> linear(threshold, threshold + thresholds);
  parallel_ranges(links.receivers, 16, threads, [&](index_t begin, index_t end) {
    Packed packed;
    std::vector<std::int64_t> count(static_cast<std::size_t>(thresholds));
    for (index_t r = begin; r < end; ++r) {
      std::fill(count.begin(), count.end(), 0);
      if (server[r] >= 0) {
        pack(links, r, server[r], packed);
        sort_by_strength(packed);
        const double serving = links.mean[server[r] * links.receivers + r];
        kernel({packed.link.data(), packed.strongest_first.data(), packed.weight_up_to.data(),
                packed.weight_beyond.data(), index_t(packed.link.size()), float(noise_mw / serving), linear.data(),
                thresholds, PhiloxKey::from_seed(draws.seed), draws.first_receiver + std::uint32_t(r), draws.count},
               count.data());
      }
      for (index_t t = 0; t < thresholds; ++t) hits[t * links.receivers + r] = count[std::size_t(t)];
    }
  });
}

void draw_line_of_sight(const double* probability, index_t receivers, index_t stations, const Draws& draws,
                        int threads, std::uint8_t* los) {
  const PhiloxKey key = PhiloxKey::from_seed(draws.seed);
  parallel_ranges(receivers, 256, threads, [&](index_t begin, index_t end) {
    for (index_t s = 0; s < stations; ++s) {
      for (index_t r = begin; r < end; ++r) {
        const DrawKey link{draws.first_receiver + std::uint32_t(r), std::uint32_t(s)};
        const Words words = draw_words(key, link, 0, line_of_sight_stream);
        los[s * receivers + r] = unit_double(words.w[0], words.w[1]) <= probability[s * receivers + r];
      }
    }
  });
}

}  // namespace radiocore
