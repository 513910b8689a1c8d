// What the Monte Carlo of one receiver needs, for the kernels of all instruction sets.
#pragma once

#include "radiocore/coverage/fading.hpp"

namespace radiocore {

struct FadingLink {
  float weight;           // mean power over the server's
  float load;             // probability of transmitting
  std::uint32_t station;  // row, which keys the draws
  GainLaw law;
};

/// One receiver's links that transmit.
struct FadingJob {
  const FadingLink* link;  // the server, then the others in the order of their rows
  const std::uint32_t* strongest_first;  // of the links; the server stays first
  const double* weight_up_to;   // of the interferers in that order, up to and with this one
  const double* weight_beyond;  // of those after it; infinite where one of their gains has no bound
  index_t links;
  float noise;             // over the server's mean power
  const float* threshold;  // linear
  index_t thresholds;
  PhiloxKey key;
  std::uint32_t receiver;
  std::uint32_t draws;
};

/// Adds the hits of one group of four draws, by the definition: the gains of draw_gains, summed in the
/// order of the stations. The same operations as device/sample.hpp.
void count_group(const FadingJob& job, std::uint32_t group, std::int64_t* hits);

}  // namespace radiocore
