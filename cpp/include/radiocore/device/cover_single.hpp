// Coverage in closed form in single precision as a body: one receiver, all stations and thresholds.
#pragma once

#include "radiocore/coverage/single_precision.hpp"
#include "radiocore/device/cover.hpp"

namespace radiocore {

/// Items are receivers: like Cover, with probabilities within single_precision_bound of it and the same
/// servers and powers. Receivers that single precision does not decide are left to Cover.
///
/// The operations of src/coverage_map_kernel.hpp, a receiver here being a lane there: equal bits. Powers
/// are computed once for the server and once for each threshold, which is cheaper than keeping them.
template <bool with_series>
struct CoverSingle {
  Cover<SceneLinks, with_series> in_double;
  const float* scaled_power[2];  // (S,) at 1 mm, in units of mw_per_unit; blocked, line of sight
  HalfExponent half_exponent[2];
  float units_per_mw_noise;      // the noise in those units
  double units_per_mw;
  float least_power;
  int largest_shape;
  const float* threshold;        // (T,) linear

  RADIOCORE_HD void operator()(index_t r) const {
    const auto own = in_double.links.at(r);
    float best = 0.0f, second = 0.0f;
    index_t server = 0;
    for (index_t s = 0; s < in_double.links.stations; ++s) {
      const float mean = power(own, s);
      const bool stronger = mean > best;
      const float weaker = stronger ? best : mean;
      second = second > weaker ? second : weaker;
      best = stronger ? mean : best;
      server = stronger ? s : server;
    }
    const bool sight = own.sees(server);
    const float shape = float(sight ? in_double.links.shape_by_state[1] : in_double.links.shape_by_state[0]);
    if (second >= best * (1.0f - single_precision_tie) || best < least_power || shape > 2.0f) {
      in_double(r);
      return;
    }
    const double mean_mw = own.mean(server);
    in_double.server[r] = std::int32_t(server);
    in_double.server_power_mw[r] = mean_mw;
    in_double.server_los[r] = sight;
    const float shape_per_power = shape / float(mean_mw * units_per_mw);
    const float any_noise = shape_per_power * units_per_mw_noise, noise = any_noise < 1e30f ? any_noise : 1e30f;
    for (index_t t = 0; t < in_double.thresholds; ++t) {
      in_double.coverage[t * in_double.receivers + r] = double(
          product(own, server, shape_per_power * threshold[t]).coverage(noise * threshold[t], shape == 2.0f ? 1.0f : 0.0f));
    }
  }

 private:
  using Own = SceneLinks::OfReceiver;
  using Product = ProductLessOne<float>;

  RADIOCORE_HD float power(const Own& own, index_t s) const {
    const SceneLinks& links = in_double.links;
    const Point3 station = links.position[s];
    const double y = double(own.place.y - station.y), z = double(own.place.z - station.z);
    const float x = float(std::int32_t(own.place.x - station.x)), off_row = float(y * y + z * z);
    const float squared = x * x + off_row;
    const int state = own.sees(s) ? 1 : 0;
    const float mean = by_law(state ? links.law.exponent[1] : links.law.exponent[0],
                              state ? scaled_power[1][s] : scaled_power[0][s], squared,
                              state ? half_exponent[1] : half_exponent[0]);
    const Boresight ahead = links.boresight[s];
    if (ahead.east == 0.0 && ahead.north == 0.0) return mean;
    return mean * float(sector_gain_near(ahead, station, own.place));
  }

  RADIOCORE_HD static float by_law(double exponent, float scale, float squared, HalfExponent half) {
    if (exponent == 2.0) return scaled_inverse_power<2>(scale, squared);
    if (exponent == 3.0) return scaled_inverse_power<3>(scale, squared);
    if (exponent == 4.0) return scaled_inverse_power<4>(scale, squared);
    return scaled_inverse_power(scale, squared, half);
  }

  /// Blocks of stations: each with all its links, then with those of shape above 1, and so on.
  RADIOCORE_HD Product product(const Own& own, index_t server, float scale) const {
    const SceneLinks& links = in_double.links;
    Product so_far{0.0f, 0.0f};
    for (index_t first = 0; first < links.stations; first += stations_a_block) {
      float mean[stations_a_block];
      std::uint32_t sight = 0;
      for (int i = 0; i < stations_a_block; ++i) {
        const index_t s = first + i;
        const bool heard = s < links.stations && s != server && own.interferes(s);
        mean[i] = heard ? power(own, s) : 0.0f;
        sight |= std::uint32_t(heard && own.sees(s)) << i;
      }
      for (int k = 0; k < largest_shape; ++k) {
        const float blocked = kept(links.shape_by_state[0], k), seen = kept(links.shape_by_state[1], k);
        if (blocked == 0.0f && (sight == 0 || seen == 0.0f)) break;
        so_far = Product::of(so_far, Product::of_eight([&](int i) {
          return scale * (mean[i] * (((sight >> i) & 1) != 0 ? seen : blocked));
        }));
      }
    }
    return so_far;
  }

  RADIOCORE_HD static float kept(double shape, int k) { return shape > k ? float(1.0 / shape) : 0.0f; }
};

}  // namespace radiocore
