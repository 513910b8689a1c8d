// The tallest roof over every point of a raster.
#pragma once

#include "city.hpp"

namespace radiocore {

/// The points (x[i], y[j]), both ascending, mm.
struct Raster {
  const std::int64_t* x;
  const std::int64_t* y;
  index_t nx, ny;
};

/// Fills roof and building (ny, nx): of the prisms whose outline holds the point in plan, the tallest one's,
/// then the lowest building's, as City::building_at decides; 0 and -1 where there is none. Exact.
void fill_roofs(const City& city, const Raster& raster, int threads, std::int32_t* roof, std::int32_t* building);

}  // namespace radiocore
