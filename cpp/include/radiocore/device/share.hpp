// Monte Carlo: from hits to the share of them and its error.
#pragma once

#include <cmath>

#include "radiocore/core.hpp"

namespace radiocore {

/// Items are answers: hits / draws, and the posterior standard deviation of the probability under a
/// uniform prior. The operations of radiocore.coverage.share_and_error.
struct ShareAndError {
  const std::int64_t* hits;
  double draws;
  double* share;
  double* standard_error;

  RADIOCORE_HD void operator()(index_t i) const {
    const double posterior_mean = (double(hits[i]) + 1.0) / (draws + 2.0);
    share[i] = double(hits[i]) / draws;
    standard_error[i] = std::sqrt(posterior_mean * (1.0 - posterior_mean) / (draws + 3.0));
  }
};

}  // namespace radiocore
