#define RADIOCORE_KERNEL kernel_types
#include "monte_carlo.hpp"

#include <algorithm>
#include <vector>

#include "monte_carlo_kernel.hpp"
#include "parallel.hpp"
#include "power.hpp"

namespace radiocore {

void count_hits_baseline(const FadingJob& job, std::int64_t* hits);
#if defined(RADIOCORE_X86_KERNELS)
void count_hits_avx2(const FadingJob& job, std::int64_t* hits);
void count_hits_avx512(const FadingJob& job, std::int64_t* hits);
#endif

namespace {

using Kernel = void (*)(const FadingJob&, std::int64_t*);

Kernel kernel_of(InstructionSet wanted) {
#if defined(RADIOCORE_X86_KERNELS)
  const InstructionSet set = available(wanted);
  if (set == InstructionSet::avx512) return count_hits_avx512;
  if (set == InstructionSet::avx2) return count_hits_avx2;
#else
  (void)wanted;
#endif
  return count_hits_baseline;
}

/// One thread's copy of a receiver's links, packed.
struct Packed {
  std::vector<float> weight, load;
  std::vector<double> shape;
  std::vector<std::uint32_t> station;

  void clear() {
    weight.clear();
    load.clear();
    shape.clear();
    station.clear();
  }
};

void pack(const Links& links, index_t r, index_t server, Packed& out) {
  out.clear();
  const double per_server = 1.0 / links.mean[server * links.receivers + r];
  const auto add = [&](index_t s) {
    const index_t at = s * links.receivers + r;
    out.weight.push_back(float(links.mean[at] * per_server));
    out.load.push_back(float(links.load[s]));
    out.shape.push_back(links.shape_of(at));
    out.station.push_back(std::uint32_t(s));
  };
  add(server);
  for (index_t s = 0; s < links.stations; ++s) {
    if (s != server && links.load[s] > 0.0 && links.mean[s * links.receivers + r] > 0.0) add(s);
  }
}

}  // namespace

void count_hits(const Links& links, const std::int32_t* server, double noise_mw, const double* threshold,
                index_t thresholds, const Draws& draws, InstructionSet instructions, int threads, std::int64_t* hits) {
  const Kernel kernel = kernel_of(instructions);
  const std::vector<float> linear(threshold, threshold + thresholds);
  parallel_ranges(links.receivers, 16, threads, [&](index_t begin, index_t end) {
    Packed packed;
    std::vector<std::int64_t> count(static_cast<std::size_t>(thresholds));
    for (index_t r = begin; r < end; ++r) {
      std::fill(count.begin(), count.end(), 0);
      if (server[r] >= 0) {
        pack(links, r, server[r], packed);
        const double serving = links.mean[server[r] * links.receivers + r];
        kernel({packed.weight.data(), packed.shape.data(), packed.load.data(), packed.station.data(),
                index_t(packed.weight.size()), float(noise_mw / serving), linear.data(), thresholds,
                PhiloxKey::from_seed(draws.seed), draws.first_receiver + std::uint32_t(r), draws.count},
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
