// Mean powers of a block and the association of its receivers.
#pragma once

#include "line_of_sight.hpp"
#include "links.hpp"
#include "radiocore/coverage/antenna.hpp"
#include "radiocore/coverage/power_law.hpp"

namespace radiocore {

/// Means below this count as off, so that ratios to the server stay finite.
constexpr double least_power_mw = 1e-250;

/// Fills mean (S, R) by the power law and the stations' antennas.
void fill_mean_power(const LinkEnds& ends, const double* power_mw, const Boresight* boresight, const std::uint8_t* los,
                     const PowerLaw& law, int threads, double* mean);

/// Fills server (R,): the strongest mean, ties to the lower row; -1 where every station is off.
void associate(const double* mean, index_t receivers, index_t stations, int threads, std::int32_t* server);

/// Index of the shortest link in 3-D, as s R + r, or -1 if none is below one metre.
index_t find_link_below_one_metre(const LinkEnds& ends);

}  // namespace radiocore
