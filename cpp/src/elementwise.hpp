// Functions of the numeric headers over whole arrays, in the vector units.
#pragma once

#include "radiocore/core.hpp"

namespace radiocore {

/// Fills out[i] = log(x[i]) of positive normal numbers.
void log_of_each(const double* x, index_t count, double* out);

}  // namespace radiocore
