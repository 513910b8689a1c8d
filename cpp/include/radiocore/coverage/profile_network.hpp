// A small convolutional network over the profile of a link: how likely the link passes its buildings.
//
// The link is walked in equal steps of at most one cell. At each step stand three clearances: how far the roof under
// the link, and the roofs beside it, rise above it. A convolution over three steps turns them into a hazard, and
// P(line of sight) = exp(-sum of hazards): the product over cells of arXiv:2312.01826, eq. (10), with a factor that
// is learned and sees its neighbours. Turning or mirroring the town changes nothing but the rounding of its raster.
#pragma once

#include <cmath>

#include "radiocore/numerics/elementary.hpp"

namespace radiocore {

constexpr int profile_window = 3;      // steps that the convolution sees
constexpr int profile_clearances = 3;  // under the link, the higher side, the lower side
constexpr int profile_inputs = profile_window * profile_clearances;
constexpr int profile_hidden = 8;

/// Three clearances of three steps through eight rectified units to one number, whose square_plus is the hazard.
struct ProfileNetwork {
  float kernel[profile_inputs][profile_hidden];  // of the step before, this one and the next, three clearances each
  float bias[profile_hidden];
  float weight[profile_hidden];
  float weight_bias;
};

/// The clearance of a roof over a link, in [-1, 1]; -1 where there is no roof.
RADIOCORE_INLINE float clearance(float roof_mm, float link_mm, float per_scale_mm) {
  const float over = (roof_mm - link_mm) * per_scale_mm;
  const float clipped = over > 1.0f ? 1.0f : (over < -1.0f ? -1.0f : over);
  return roof_mm > 0.0f ? clipped : -1.0f;
}

/// (x + sqrt(x^2 + 1)) / 2: positive and rising, by IEEE operations alone.
RADIOCORE_INLINE float square_plus(float x) { return 0.5f * (x + std::sqrt(x * x + 1.0f)); }

}  // namespace radiocore
