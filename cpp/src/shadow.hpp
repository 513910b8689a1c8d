// The `shadow` line-of-sight engine: every station's shadows drawn over a grid of receivers.
#pragma once

#include "line_of_sight.hpp"
#include "radiocore/geometry/receiver_grid.hpp"

namespace radiocore {

/// Fills los (S, ceil(R / 8)) like trace_line_of_sight, and with the same bits, for receivers on a grid;
/// `outdoors` as mark_outdoors has it.
void trace_shadows(const City& city, const ReceiverGrid& grid, const Point3* stations, index_t station_count,
                   const Hosts& hosts, const std::uint8_t* outdoors, std::int64_t max_distance_mm, int threads,
                   std::uint8_t* los);

}  // namespace radiocore
