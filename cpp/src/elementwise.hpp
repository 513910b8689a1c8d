// Functions of numbers over whole arrays, in the vector units.
#pragma once

#include "radiocore/geometry/lattice.hpp"

namespace radiocore {

/// Fills out[i] = log(x[i]) of positive normal numbers.
void log_of_each(const double* x, index_t count, double* out);

/// Rounds points in metres to the lattice, half to even. False where one is not finite, beyond the limit or below
/// ground; nothing is then said of `points`.
bool round_to_lattice(const double (*points_m)[3], index_t count, std::int64_t limit_mm, int threads, Point3* points);

}  // namespace radiocore
