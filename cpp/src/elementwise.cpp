#include "elementwise.hpp"

#include <cmath>

#include "parallel.hpp"
#include "radiocore/numerics/elementary.hpp"
#include "simd.hpp"

namespace radiocore {

RADIOCORE_CLONES void log_of_each(const double* x, index_t count, double* out) {
  for (index_t i = 0; i < count; ++i) out[i] = log_ieee(x[i]);
}

namespace {

/// How many are off the lattice. Adding and taking away 1.5 times 2^52 rounds, and leaves large what is too large.
RADIOCORE_CLONES index_t round_each(const double* value_m, index_t count, double limit_mm, std::int64_t* value_mm) {
  index_t off = 0;
  for (index_t i = 0; i < count; ++i) {
    const double rounded = (value_m[i] * 1000.0 + 0x1.8p52) - 0x1.8p52;
    const bool fits = std::abs(rounded) < limit_mm;
    value_mm[i] = fits ? std::int64_t(rounded) : 0;
    off += !fits;
  }
  return off;
}

}  // namespace

bool round_to_lattice(const double (*points_m)[3], index_t count, std::int64_t limit_mm, int threads, Point3* points) {
  std::atomic<bool> all_fit{true};
  parallel_ranges(count, 4096, threads, [&](index_t begin, index_t end) {
    index_t off = round_each(points_m[begin], 3 * (end - begin), double(limit_mm), &points[begin].x);
    for (index_t i = begin; i < end; ++i) off += points[i].z < 0;
    if (off > 0) all_fit = false;
  });
  return all_fit;
}

}  // namespace radiocore
