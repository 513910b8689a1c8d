// Algorithm 3 of arXiv:2312.01826, steps 8 to 14, as a body: near links as traced, far ones drawn.
#pragma once

#include "radiocore/coverage/air_to_ground.hpp"
#include "radiocore/device/links.hpp"
#include "radiocore/numerics/philox.hpp"

namespace radiocore {

/// Bits (station, receiver): the traced state up to exact_radius_mm in plan (< 0: everywhere), beyond
/// it U <= P(line of sight) over the terrain around the receiver, U drawn once a link.
struct DrawFarLink {
  Places receivers;
  const Point3* stations;
  const std::int32_t* building;
  const double* alpha_beta;  // (R,)
  const double* gamma_m;     // (R,)
  const std::uint8_t* traced;  // (S, row_bytes)
  index_t row_bytes;
  std::int64_t exact_radius_mm;
  PhiloxKey key;
  std::uint32_t first_receiver;

  RADIOCORE_HD bool operator()(index_t s, index_t r) const {
    if (building[r] >= 0) return false;
    const Point3 station = stations[s], receiver = receivers[r];
    const std::int64_t dx = station.x - receiver.x, dy = station.y - receiver.y;
    if (exact_radius_mm < 0 || dx * dx + dy * dy <= exact_radius_mm * exact_radius_mm) {
      return (traced[s * row_bytes + r / bits_a_byte] >> (r % bits_a_byte)) & 1;
    }
    const double horizontal_m = std::sqrt(double(dx) * double(dx) + double(dy) * double(dy)) * 1e-3;
    const double height_m = double(station.z - receiver.z) * 1e-3;
    const SigmoidParameters ab = clamped_parameters({alpha_beta[r], gamma_m[r]});
    const double probability = terrain_line_of_sight(horizontal_m, height_m, ab, alpha_beta[r]);
    const DrawKey link{first_receiver + std::uint32_t(r), std::uint32_t(s)};
    const Words words = draw_words(key, link, 0, line_of_sight_stream);
    return unit_double(words.w[0], words.w[1]) <= probability;
  }
};

}  // namespace radiocore
