// How the bodies in this folder are run, and the names that launchers and bodies share.
//
// A body is a small struct of views whose call does one piece of work. It is written once; a GPU
// runs it in a kernel and the CPU in a loop (cuda/machine.cuh, src/device_host.hpp), with the same
// bits. There are three kinds:
//
//   items   void operator()(index_t item) const
//   bits    bool operator()(index_t row, index_t column) const
//           The answers are packed row by row, the lowest bit of a byte first.
//   teams   template <int phase> void run(Member, index_t item, unsigned char* scratch) const
//           static constexpr int phases
//           The members of a team work at one item. Between phases all of them wait and see what
//           the others wrote to the scratch memory; within a phase they share words by atomic.hpp.
//           No answer may depend on the number of members.
#pragma once

#include "radiocore/core.hpp"

namespace radiocore {

struct Member {
  std::uint32_t rank;
  std::uint32_t team_size;
};

constexpr int bits_a_byte = 8;

RADIOCORE_HD constexpr index_t bytes_of_bits(index_t bits) { return (bits + bits_a_byte - 1) / bits_a_byte; }

}  // namespace radiocore
