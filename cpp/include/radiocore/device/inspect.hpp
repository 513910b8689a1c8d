// What must be known of given links before they are worked at: is each usable, and which kernel serves.
#pragma once

#include "radiocore/coverage/closed_form.hpp"
#include "radiocore/coverage/fading.hpp"
#include "radiocore/device/atomic.hpp"
#include "radiocore/device/cover.hpp"
#include "radiocore/device/links.hpp"

namespace radiocore {

/// First faults as r S + s (servers': r), or `none`; and the demands of the shapes.
struct LinkFindings {
  static constexpr std::uint64_t none = 0xFFFFFFFFFFFFFFFFull;
  std::uint64_t bad_mean = none;       // negative or not finite
  std::uint64_t bad_shape = none;      // not positive or not finite
  std::uint64_t broken_server = none;  // a shape that the closed form does not take
  std::uint32_t largest_factor = 1;    // largest whole shape
  std::uint32_t beyond_factors = 0;    // some shape is no small whole number
  std::uint32_t server_above_two = 0;
  std::uint32_t rejection = 0;         // some shape is drawn by rejection
};

/// Items are receivers.
struct InspectLinks {
  GivenLinks links;
  LinkFindings* findings;

  RADIOCORE_HD void operator()(index_t r) const {
    const auto own = links.at(r);
    double strongest = weakest_server_mw, serving_shape = 1.0;
    for (index_t s = 0; s < links.stations; ++s) {
      const double mean = own.mean(s), shape = own.shape(s);
      const std::uint64_t at = std::uint64_t(r * links.stations + s);
      if (!(mean >= 0.0 && mean <= largest_finite)) lower_to(findings->bad_mean, at);
      if (!(shape > 0.0 && shape <= largest_finite)) {
        lower_to(findings->bad_shape, at);
        continue;
      }
      if (mean > strongest) {
        strongest = mean;
        serving_shape = shape;
      }
      if (!drawn_by_logarithm(shape)) raise_to(findings->rejection, 1u);
      if (shape <= most_product_factors && shape == double(int(shape))) {
        if (shape > 1.0) raise_to(findings->largest_factor, std::uint32_t(shape));
      } else {
        raise_to(findings->beyond_factors, 1u);
      }
    }
    if (serving_shape > 2.0) raise_to(findings->server_above_two, 1u);
    if (!(serving_shape >= 1.0 && serving_shape <= max_server_shape && serving_shape == double(int(serving_shape)))) {
      lower_to(findings->broken_server, std::uint64_t(r));
    }
  }

 private:
  static constexpr double largest_finite = 0x1.fffffffffffffp+1023;
};

}  // namespace radiocore
