// Monte Carlo coverage of a block of receivers.
#pragma once

#include "instruction_set.hpp"
#include "links.hpp"

namespace radiocore {

struct Draws {
  std::uint64_t seed;
  std::uint32_t count;
  std::uint32_t first_receiver;  // global index of the block's first receiver
};

/// Fills hits (T, R): in how many of the draws SINR > threshold[t]; server -1 gives none.
///
/// Gains are keyed by (seed, global receiver, station row, draw) and compared in single precision,
/// powers relative to the server's: the same hits on every machine, for any threads and blocks.
void count_hits(const Links& links, const std::int32_t* server, double noise_mw, const double* threshold,
                index_t thresholds, const Draws& draws, InstructionSet instructions, int threads, std::int64_t* hits);

/// Fills los (S, R) with U <= probability, U drawn once a link from its own stream (Algorithm 3, line 11).
void draw_line_of_sight(const double* probability, index_t receivers, index_t stations, const Draws& draws,
                        int threads, std::uint8_t* los);

}  // namespace radiocore
