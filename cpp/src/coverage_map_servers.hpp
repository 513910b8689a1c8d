// First half of the inner loops of a coverage map in single precision (coverage_map_kernel.hpp): the
// powers of a tile's links, and who serves each receiver.
#pragma once

#include "lanes.hpp"
#include "radiocore/coverage/antenna.hpp"
#include "radiocore/coverage/power_law.hpp"
#include "radiocore/coverage/single_precision.hpp"

namespace radiocore {

/// Stations and channel as single precision takes them, and where the map is written.
struct SingleMapJob {
  const Point3* station;
  index_t stations;
  const double* power_at_1m_mw[2];   // (S,) blocked, line of sight
  const float* scaled_power[2];      // (S,) at 1 mm, in units of mw_per_unit
  const Boresight* boresight;
  bool any_sector;
  const std::uint8_t* los;
  index_t los_bytes;
  double exponent[2];
  HalfExponent half_exponent[2];
  double mw_per_unit;                // a power of two
  float least_power;                 // in those units: a server below is left to double precision
  double shape[2];
  int largest_shape;
  std::int64_t interferer_reach_mm;  // -1: none
  double noise_mw;
  const float* threshold;
  index_t thresholds;
  index_t count;                     // of the stretch: the map's row length
  double* coverage;
  std::int32_t* server;
  double* server_power_mw;
  std::uint8_t* server_los;
};

/// A piece of one row of the grid: x of its first receiver, and its place in the stretch.
struct SingleMapRow {
  std::int64_t x, y, z, step_x;
  index_t at, count;
};

/// One thread's memory. Blocks are rows of stations_a_block vectors; spare stations have no power.
struct SingleMapScratch {
  float* row_square;         // (S,) squared distance off the row, mm^2
  std::int32_t* reach_x;     // (S,) half-width of the reach on this row, mm; -1: none
  std::uint32_t* sight;      // (S padded,) line of sight of the tile's receivers
  float* weight;             // (largest shape, S padded, most_tile_lanes) mean power over shape
  const float** block;       // blocks of a tile in the order of multiplication
  index_t* left_to_double;   // receivers that single precision does not decide
  index_t left_count;
};

namespace RADIOCORE_KERNEL {

/// Line of sight of receivers at .. at + tile of the stretch to one station; bits past the end are 0.
RADIOCORE_LOCAL std::uint32_t sight_bits(const SingleMapJob& job, index_t s, index_t at, std::uint32_t used) {
  const index_t byte = s * job.los_bytes + (at >> 3);
  const index_t left = job.stations * job.los_bytes - byte;
  std::uint64_t word = 0;
  if (left >= 8) {
    std::memcpy(&word, job.los + byte, 8);
  } else {
    for (index_t k = 0; k < left; ++k) word |= std::uint64_t(job.los[byte + k]) << (8 * k);
  }
  return std::uint32_t(word >> (at & 7)) & used;
}

/// scale d^-exponent; 0 stands for any exponent but 2, 3 and 4.
template <int exponent>
RADIOCORE_LOCAL Floats mean_power(Floats scale, Floats squared, HalfExponent half) {
  if constexpr (exponent == 0) return scaled_inverse_power(scale, squared, half);
  else return scaled_inverse_power<exponent>(scale, squared);
}

RADIOCORE_LOCAL Floats mean_power_by(double exponent, Floats scale, Floats squared, HalfExponent half) {
  if (exponent == 2.0) return mean_power<2>(scale, squared, half);
  if (exponent == 3.0) return mean_power<3>(scale, squared, half);
  if (exponent == 4.0) return mean_power<4>(scale, squared, half);
  return mean_power<0>(scale, squared, half);
}

/// In double: at the edge of a beam a float angle would cost more than all other roundings.
RADIOCORE_LOCAL void multiply_by_sector(const SingleMapJob& job, const SingleMapRow& row, index_t s, index_t first,
                                        float* power) {
  const Boresight boresight = job.boresight[s];
  const Point3 station = job.station[s];
  const std::int64_t x = row.x + first * row.step_x, step = row.step_x, y = row.y, z = row.z;
  for (int l = 0; l < tile; ++l) power[l] *= float(sector_gain_near(boresight, station, {x + l * step, y, z}));
}

/// The strongest mean of each lane, the next one, and the station of the strongest.
struct Strongest {
  Floats best, second;
  Ints server;
};

/// Powers of all links of a tile, and what association needs of them.
template <int blocked_exponent>
RADIOCORE_LOCAL void fill_powers(const SingleMapJob& job, const SingleMapRow& row, const SingleMapScratch& scratch,
                                 index_t first, std::uint32_t used, Strongest* strongest) {
  Ints offset[vectors];
  for (int u = 0; u < vectors; ++u) {
    strongest[u] = {Floats{}, Floats{}, Ints{}};
    offset[u] = (lane_numbers(u * lanes) + std::int32_t(first)) * std::int32_t(row.step_x);
  }
  for (index_t s = 0; s < job.stations; ++s) {
    const std::uint32_t sight = sight_bits(job, s, row.at + first, used);
    scratch.sight[s] = sight;
    const std::int32_t start = std::int32_t(row.x - job.station[s].x);
    float* const out = scratch.weight + s * tile;
    Floats power[vectors];
    for (int u = 0; u < vectors; ++u) {
      const Floats x = __builtin_convertvector(offset[u] + start, Floats);
      const Floats squared = x * x + scratch.row_square[s];
      power[u] = mean_power<blocked_exponent>(every(job.scaled_power[0][s]), squared, job.half_exponent[0]);
      if (sight != 0) [[unlikely]] {
        const Floats scale = every(job.scaled_power[1][s]);
        const Floats seen = mean_power_by(job.exponent[1], scale, squared, job.half_exponent[1]);
        power[u] = chosen(sight, lane_numbers(u * lanes)) ? seen : power[u];
      }
      store(out + u * lanes, power[u]);
    }
    if (job.any_sector && (job.boresight[s].east != 0.0 || job.boresight[s].north != 0.0)) [[unlikely]] {
      multiply_by_sector(job, row, s, first, out);
      for (int u = 0; u < vectors; ++u) power[u] = load(out + u * lanes);
    }
    for (int u = 0; u < vectors; ++u) {
      Strongest& top = strongest[u];
      const Ints stronger = power[u] > top.best;
      const Floats weaker = stronger ? top.best : power[u];
      top.second = top.second > weaker ? top.second : weaker;
      top.best = stronger ? power[u] : top.best;
      top.server = stronger ? every(std::int32_t(s)) : top.server;
    }
  }
}

/// What the closed form needs of each lane's server.
struct Servers {
  float shape_per_power[tile];  // m0 / S
  float noise[tile];            // m0 N / S
  float second_term[tile];      // 1 where m0 = 2
  bool any_second_term;
};

/// Mean powers of the servers, mW: the arithmetic of power.cpp, and so its bits.
RADIOCORE_LOCAL void fill_server_powers(const SingleMapJob& job, const SingleMapRow& row, index_t first,
                                        const std::int32_t* server, const std::int32_t* sight, bool any_sight,
                                        double* mean) {
  double squared[tile], scale[2][tile];
  for (int l = 0; l < tile; ++l) {
    const Point3 receiver{row.x + (first + l) * row.step_x, row.y, row.z};
    squared[l] = squared_distance_m2(receiver, job.station[server[l]]);
    scale[0][l] = job.power_at_1m_mw[0][server[l]];
    scale[1][l] = job.power_at_1m_mw[1][server[l]];
  }
  with_inverse_power(job.exponent[0], [&](auto inverse) __attribute__((always_inline)) {
    for (int l = 0; l < tile; ++l) mean[l] = scale[0][l] * inverse(squared[l]);
  });
  if (any_sight) {
    with_inverse_power(job.exponent[1], [&](auto inverse) __attribute__((always_inline)) {
      for (int l = 0; l < tile; ++l) {
        const double seen = scale[1][l] * inverse(squared[l]);
        mean[l] = sight[l] ? seen : mean[l];
      }
    });
  }
  if (!job.any_sector) return;
  Boresight boresight[tile];
  Point3 station[tile];
  for (int l = 0; l < tile; ++l) boresight[l] = job.boresight[server[l]];
  for (int l = 0; l < tile; ++l) station[l] = job.station[server[l]];
  const std::int64_t x = row.x + first * row.step_x, step = row.step_x, y = row.y, z = row.z;
  for (int l = 0; l < tile; ++l) {
    const double gain = sector_gain(boresight[l], station[l], {x + l * step, y, z});
    const bool isotropic = boresight[l].east == 0.0 && boresight[l].north == 0.0;
    mean[l] *= isotropic ? 1.0 : gain;
  }
}

/// Takes the servers out of the powers, writes them to the map with their power in double, and leaves
/// to double precision the receivers whose server is in doubt or beyond the closed form of two terms.
RADIOCORE_LOCAL void take_servers(const SingleMapJob& job, const SingleMapRow& row, SingleMapScratch& scratch,
                                  index_t first, int used, const Strongest* strongest, Servers& servers) {
  alignas(64) std::int32_t server[tile], sight[tile], left[tile];
  alignas(64) double mean[tile];
  alignas(64) float power[tile];
  for (int u = 0; u < vectors; ++u) store(server + u * lanes, strongest[u].server);
  std::int32_t any_sight = 0;
  for (int l = 0; l < tile; ++l) {
    sight[l] = std::int32_t(scratch.sight[server[l]] >> l & 1);
    any_sight |= sight[l];
  }
  for (int l = 0; l < tile; ++l) scratch.weight[server[l] * tile + l] = 0.0f;
  fill_server_powers(job, row, first, server, sight, any_sight != 0, mean);
  const double units_per_mw = 1.0 / job.mw_per_unit;
  for (int l = 0; l < tile; ++l) power[l] = float(mean[l] * units_per_mw);
  const float noise = float(job.noise_mw * units_per_mw);
  const Floats shape[2] = {every(float(job.shape[0])), every(float(job.shape[1]))};
  Ints any_left{}, any_second_term{};
  for (int u = 0; u < vectors; ++u) {
    const Strongest& top = strongest[u];
    const Floats own_shape = load(sight + u * lanes) != 0 ? shape[1] : shape[0];
    const Floats shape_per_power = own_shape / load(power + u * lanes);
    const Floats scaled_noise = shape_per_power * noise;
    store(servers.shape_per_power + u * lanes, shape_per_power);
    store(servers.noise + u * lanes, scaled_noise < 1e30f ? scaled_noise : 1e30f);
    store(servers.second_term + u * lanes, own_shape == 2.0f ? every(1.0f) : Floats{});
    any_second_term |= own_shape == 2.0f;
    const Ints leave = (top.second >= top.best * (1.0f - single_precision_tie)) | (top.best < job.least_power) |
                       (own_shape > 2.0f);
    store(left + u * lanes, leave);
    any_left |= leave;
  }
  servers.any_second_term = any(any_second_term);
  const index_t at = row.at + first;
  write(job.server + at, server, used);
  write(job.server_power_mw + at, mean, used);
  write(job.server_los + at, sight, used);
  if (!any(any_left)) return;
  for (int l = 0; l < used; ++l) {
    if (left[l]) scratch.left_to_double[scratch.left_count++] = at + l;
  }
}

}  // namespace RADIOCORE_KERNEL
}  // namespace radiocore
