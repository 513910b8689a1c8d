// The inner loops of a coverage map in single precision: a tile of one row's receivers, all stations.
// Compiled once for each instruction set, each time in a namespace of its own (RADIOCORE_KERNEL) and
// with every function inlined; a receiver is a lane, so all give the same bits.
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

/// Switches interferers beyond the reach off: |dx| <= half-width on this row, decided in integers.
RADIOCORE_LOCAL void switch_off_beyond_reach(const SingleMapJob& job, const SingleMapRow& row,
                                             const SingleMapScratch& scratch, index_t first) {
  for (index_t s = 0; s < job.stations; ++s) {
    const std::int32_t start = std::int32_t(row.x - job.station[s].x) + std::int32_t(first * row.step_x);
    const std::int32_t reach = scratch.reach_x[s];
    for (int u = 0; u < vectors; ++u) {
      const Ints x = lane_numbers(u * lanes) * std::int32_t(row.step_x) + start;
      float* const at = scratch.weight + s * tile + u * lanes;
      store(at, ((x <= reach) & (x >= -reach)) ? load(at) : Floats{});
    }
  }
}

/// How many whole blocks of a tile are listed, and how many after them whose second half is empty.
struct Blocks {
  index_t whole, half;
};

/// Powers of a block's links of shape above k, over their shape.
RADIOCORE_LOCAL void fill_shape_above(const SingleMapJob& job, const std::uint32_t* sight, int k, const float* power,
                                      float* weight) {
  const float kept[2] = {job.shape[0] > k ? float(1.0 / job.shape[0]) : 0.0f,
                         job.shape[1] > k ? float(1.0 / job.shape[1]) : 0.0f};
  for (int i = 0; i < stations_a_block; ++i) {
    for (int u = 0; u < vectors; ++u) {
      const index_t at = i * tile + u * lanes;
      const Ints seen = chosen(sight[i], lane_numbers(u * lanes));
      store(weight + at, load(power + at) * (seen ? every(kept[1]) : every(kept[0])));
    }
  }
}

/// Turns powers into power over shape and lists the blocks: each with all its links, then with those
/// of shape above 1, and so on. A block without any is left out; it would multiply by exactly one.
RADIOCORE_LOCAL Blocks list_blocks(const SingleMapJob& job, const SingleMapScratch& scratch) {
  constexpr index_t block_size = stations_a_block * tile;
  const index_t blocks = (job.stations + stations_a_block - 1) / stations_a_block;
  const index_t spare = blocks * stations_a_block - job.stations;
  index_t listed = 0, whole = 0;
  for (index_t b = 0; b < blocks; ++b) {
    if (b == blocks - 1 && 2 * spare >= stations_a_block) whole = listed;
    float* const weight = scratch.weight + b * block_size;
    const float** const list = scratch.block + listed++;
    list[0] = weight;
    if (job.largest_shape == 1) continue;
    const std::uint32_t* const sight = scratch.sight + b * stations_a_block;
    std::uint32_t any_sight = 0;
    for (int i = 0; i < stations_a_block; ++i) any_sight |= sight[i];
    for (int k = 1; k < job.largest_shape; ++k) {
      if (job.shape[0] <= k && (any_sight == 0 || job.shape[1] <= k)) break;
      float* const again = weight + k * blocks * block_size;
      fill_shape_above(job, sight, k, weight, again);
      scratch.block[listed++] = again;
    }
    if (any_sight != 0 || job.shape[0] > 1.0) fill_shape_above(job, sight, 0, weight, weight);
  }
  if (2 * spare < stations_a_block) whole = listed;
  return {whole, listed - whole};
}

/// The product at each threshold, and from it the coverage; `sloped` if any server has shape 2.
template <bool sloped>
RADIOCORE_LOCAL void finish_tile(const SingleMapJob& job, const SingleMapScratch& scratch, const Servers& servers,
                                 Blocks blocks, index_t at, int used) {
  using Product = ProductLessOne<Floats, sloped>;
  for (index_t t = 0; t < job.thresholds; ++t) {
    const auto block = [&](index_t b, int u) __attribute__((always_inline)) {
      const Floats scale = load(servers.shape_per_power + u * lanes) * job.threshold[t];
      const float* const weight = scratch.block[b] + u * lanes;
      const auto x = [&](int i) __attribute__((always_inline)) { return scale * load(weight + i * tile); };
      return b < blocks.whole ? Product::of_eight(x) : Product::of_four(x);
    };
    Product product[vectors];
    for (int u = 0; u < vectors; ++u) product[u] = block(0, u);
    for (index_t b = 1; b < blocks.whole + blocks.half; ++b) {
      for (int u = 0; u < vectors; ++u) product[u] = Product::of(product[u], block(b, u));
    }
    alignas(64) float coverage[tile];
    for (int u = 0; u < vectors; ++u) {
      const Floats noise = load(servers.noise + u * lanes) * job.threshold[t];
      store(coverage + u * lanes, product[u].coverage(noise, load(servers.second_term + u * lanes)));
    }
    write(job.coverage + t * job.count + at, coverage, used);
  }
}

template <int blocked_exponent>
RADIOCORE_LOCAL void cover_tiles(const SingleMapJob& job, const SingleMapRow& row, SingleMapScratch& scratch) {
  for (index_t first = 0; first < row.count; first += tile) {
    const int used = row.count - first < tile ? int(row.count - first) : tile;
    const std::uint32_t used_bits = used == 32 ? ~0u : (1u << used) - 1;
    Strongest strongest[vectors];
    alignas(64) Servers servers;
    fill_powers<blocked_exponent>(job, row, scratch, first, used_bits, strongest);
    take_servers(job, row, scratch, first, used, strongest, servers);
    if (job.interferer_reach_mm >= 0) switch_off_beyond_reach(job, row, scratch, first);
    const Blocks blocks = list_blocks(job, scratch);
    if (servers.any_second_term) finish_tile<true>(job, scratch, servers, blocks, row.at + first, used);
    else finish_tile<false>(job, scratch, servers, blocks, row.at + first, used);
  }
}

/// Largest x >= 0 with x^2 <= square, or -1; square < 2^62.
RADIOCORE_LOCAL std::int32_t whole_root(std::int64_t square) {
  if (square < 0) return -1;
  std::int64_t root = std::int64_t(std::sqrt(double(square)));
  while (root * root > square) --root;
  while ((root + 1) * (root + 1) <= square) ++root;
  return std::int32_t(root < 0x7fffffff ? root : 0x7fffffff);
}

/// The job is copied so that the compiler sees that no store changes it.
RADIOCORE_LOCAL void cover_row(const SingleMapJob& shared_job, const SingleMapRow& shared_row,
                               SingleMapScratch& shared_scratch) {
  const SingleMapJob job = shared_job;
  const SingleMapRow row = shared_row;
  SingleMapScratch scratch = shared_scratch;
  for (index_t s = 0; s < job.stations; ++s) {
    const std::int64_t y = row.y - job.station[s].y, z = row.z - job.station[s].z;
    scratch.row_square[s] = float(double(y) * double(y) + double(z) * double(z));
    if (job.interferer_reach_mm >= 0) {
      scratch.reach_x[s] = whole_root(job.interferer_reach_mm * job.interferer_reach_mm - y * y);
    }
  }
  const index_t padded = (job.stations + stations_a_block - 1) / stations_a_block * stations_a_block;
  for (index_t s = job.stations; s < padded; ++s) {
    scratch.sight[s] = 0;
    for (int l = 0; l < tile; ++l) scratch.weight[s * tile + l] = 0.0f;
  }
  if (job.exponent[0] == 2.0) cover_tiles<2>(job, row, scratch);
  else if (job.exponent[0] == 3.0) cover_tiles<3>(job, row, scratch);
  else if (job.exponent[0] == 4.0) cover_tiles<4>(job, row, scratch);
  else cover_tiles<0>(job, row, scratch);
  shared_scratch.left_count = scratch.left_count;
}

}  // namespace RADIOCORE_KERNEL
}  // namespace radiocore
