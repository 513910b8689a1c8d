// Links of a block of receivers to S stations, station by station: element (s, r) at s R + r.
#pragma once

#include <cstdint>

#include "radiocore/core.hpp"

namespace radiocore {

struct Links {
  index_t receivers;
  index_t stations;
  const double* mean;         // (S, R) mean received power, mW; 0 = off
  const double* shape;        // (S, R) Nakagami shape, or null: by line of sight
  const std::uint8_t* los;    // (S, R), read where shape is null
  double shape_by_state[2];   // blocked, line of sight
  const double* load;         // (S,) probability of transmitting as an interferer

  double shape_of(index_t at) const { return shape ? shape[at] : shape_by_state[los[at] != 0]; }
};

}  // namespace radiocore
