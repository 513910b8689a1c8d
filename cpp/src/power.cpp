#include "power.hpp"

#include "parallel.hpp"
#include "simd.hpp"

namespace radiocore {
namespace {

constexpr index_t tile = 512;

/// Mean powers of a row in one state.
RADIOCORE_CLONES void fill_state(const double* squared, double scale, double exponent, index_t count, double* mean) {
  with_inverse_power(exponent, [&](auto inverse) __attribute__((always_inline)) {
    for (index_t r = 0; r < count; ++r) mean[r] = scale * inverse(squared[r]);
  });
}

RADIOCORE_CLONES void fill_squared_distances(const Point3* receivers, Point3 station, index_t count, double* squared) {
  for (index_t r = 0; r < count; ++r) squared[r] = squared_distance_m2(receivers[r], station);
}

RADIOCORE_CLONES bool any_set(const std::uint8_t* flags, index_t count) {
  std::uint8_t any = 0;
  for (index_t r = 0; r < count; ++r) any = std::uint8_t(any | flags[r]);
  return any != 0;
}

void mean_power_row(const Point3* receivers, Point3 station, double power_mw, const std::uint8_t* los,
                    const PowerLaw& law, index_t count, double* mean) {
  double squared[tile], visible[tile];
  fill_squared_distances(receivers, station, count, squared);
  fill_state(squared, power_mw * law.gain_at_1m[0], law.exponent[0], count, mean);
  if (!any_set(los, count)) return;
  fill_state(squared, power_mw * law.gain_at_1m[1], law.exponent[1], count, visible);
  for (index_t r = 0; r < count; ++r) mean[r] = los[r] ? visible[r] : mean[r];
}

RADIOCORE_CLONES void take_stronger(const double* mean, std::int32_t station, index_t count, double* best,
                                    std::int32_t* server) {
  for (index_t r = 0; r < count; ++r) {
    const bool stronger = mean[r] > best[r];
    best[r] = stronger ? mean[r] : best[r];
    server[r] = stronger ? station : server[r];
  }
}

}  // namespace

void fill_mean_power(const LinkEnds& ends, const double* power_mw, const Boresight* boresight, const std::uint8_t* los,
                     const PowerLaw& law, int threads, double* mean) {
  parallel_ranges(ends.receiver_count, tile, threads, [&](index_t begin, index_t end) {
    for (index_t s = 0; s < ends.station_count; ++s) {
      const index_t at = s * ends.receiver_count + begin;
      mean_power_row(ends.receivers + begin, ends.stations[s], power_mw[s], los + at, law, end - begin, mean + at);
      if (boresight[s].east == 0.0 && boresight[s].north == 0.0) continue;
      for (index_t r = begin; r < end; ++r) {
        mean[s * ends.receiver_count + r] *= sector_gain(boresight[s], ends.stations[s], ends.receivers[r]);
      }
    }
  });
}

void associate(const double* mean, index_t receivers, index_t stations, int threads, std::int32_t* server) {
  parallel_ranges(receivers, tile, threads, [&](index_t begin, index_t end) {
    double best[tile];
    std::fill(best, best + (end - begin), least_power_mw);
    std::fill(server + begin, server + end, -1);
    for (index_t s = 0; s < stations; ++s) {
      take_stronger(mean + s * receivers + begin, std::int32_t(s), end - begin, best, server + begin);
    }
  });
}

index_t find_link_below_one_metre(const LinkEnds& ends) {
  constexpr std::int64_t metre = 1000;
  for (index_t s = 0; s < ends.station_count; ++s) {
    for (index_t r = 0; r < ends.receiver_count; ++r) {
      const std::int64_t dx = ends.receivers[r].x - ends.stations[s].x, dy = ends.receivers[r].y - ends.stations[s].y;
      const std::int64_t dz = ends.receivers[r].z - ends.stations[s].z;
      if (dx > -metre && dx < metre && dy > -metre && dy < metre && dz > -metre && dz < metre &&
          dx * dx + dy * dy + dz * dz < metre * metre) {
        return s * ends.receiver_count + r;
      }
    }
  }
  return -1;
}

}  // namespace radiocore
