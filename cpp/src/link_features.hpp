// Features of arbitrary links: the host loop.
#pragma once

#include "city.hpp"
#include "radiocore/device/link_features.hpp"

namespace radiocore {

/// Fills the columns for links from transmitters[i] to receivers[i].
void fill_link_features(const City& city, const Point3* transmitters, const Point3* receivers, index_t count,
                        bool hosts_transparent, int threads, const LinkFeatureColumns& columns);

}  // namespace radiocore
