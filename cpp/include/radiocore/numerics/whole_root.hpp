// The square root in whole numbers.
#pragma once

#include <cmath>

#include "radiocore/core.hpp"

namespace radiocore {

/// Largest whole number whose square is at most `square`, for 0 <= square < 2^62.
RADIOCORE_INLINE std::int64_t whole_root(std::int64_t square) {
  auto root = std::int64_t(std::sqrt(double(square)));
  while (root * root > square) --root;
  while ((root + 1) * (root + 1) <= square) ++root;
  return root;
}

}  // namespace radiocore
