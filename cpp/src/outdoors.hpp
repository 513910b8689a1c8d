// Which receivers of a grid stand in no building.
#pragma once

#include "city.hpp"
#include "radiocore/geometry/receiver_grid.hpp"

namespace radiocore {

/// Fills outdoors (ceil(R / 8)), a bit a receiver, the lowest bit of a byte first: in no building.
void mark_outdoors(const City& city, const ReceiverGrid& grid, int threads, std::uint8_t* outdoors);

}  // namespace radiocore
