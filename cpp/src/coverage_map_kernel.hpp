// The inner loops of a coverage map in single precision: a tile of one row's receivers, all stations.
// Compiled once for each instruction set, each time in a namespace of its own (RADIOCORE_KERNEL) and
// with every function inlined; a receiver is a lane, so all give the same bits.
#pragma once

#include "coverage_map_servers.hpp"
#include "radiocore/numerics/whole_root.hpp"

namespace radiocore {
namespace RADIOCORE_KERNEL {

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
RADIOCORE_LOCAL std::int32_t reach_within(std::int64_t square) {
  return square < 0 ? -1 : std::int32_t(whole_root(square));
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
      scratch.reach_x[s] = reach_within(job.interferer_reach_mm * job.interferer_reach_mm - y * y);
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
