#include "elementwise.hpp"

#include "radiocore/numerics/elementary.hpp"
#include "simd.hpp"

namespace radiocore {

RADIOCORE_CLONES void log_of_each(const double* x, index_t count, double* out) {
  for (index_t i = 0; i < count; ++i) out[i] = log_ieee(x[i]);
}

}  // namespace radiocore
