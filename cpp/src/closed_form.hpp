// Closed-form coverage of a block of receivers.
#pragma once

#include "links.hpp"

namespace radiocore {

/// Fills probability (T, R) = P(SINR > threshold[t]) given the server of each receiver (-1: none).
/// The server's shape is a whole number of at most max_server_shape (checked by the caller).
void closed_form_coverage(const Links& links, const std::int32_t* server, double noise_mw, const double* threshold,
                          index_t thresholds, int threads, double* probability);

/// Links whose line of sight is known in probability only.
struct MixedLinks {
  index_t receivers;
  index_t stations;
  const double* mean[2];          // (S, R) blocked, line of sight
  double shape[2];                // blocked, line of sight
  const double* los_probability;  // (S, R)
  const double* load;             // (S,)
};

/// Fills probability (T, R): average over all line-of-sight states, the strongest mean serving in
/// each; server (R,) and server_los (R,) are the candidate of the largest probability.
void mixture_coverage(const MixedLinks& links, double noise_mw, const double* threshold, index_t thresholds,
                      int threads, double* probability, std::int32_t* server, std::uint8_t* server_los);

}  // namespace radiocore
