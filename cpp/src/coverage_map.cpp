#define RADIOCORE_KERNEL map_kernel_types
#include "coverage_map.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <new>
#include <vector>

#include "closed_form.hpp"
#include "coverage_map_kernel.hpp"
#include "parallel.hpp"
#include "power.hpp"
#include "single_scale.hpp"

namespace radiocore {

RADIOCORE_KERNELS(cover_row, const SingleMapJob&, const SingleMapRow&, SingleMapScratch&)

namespace {

// ---- In double: the links of a few receivers, by the functions that serve any links --------------

constexpr index_t receivers_at_once = 512;  // their (S, R) arrays stay in the cache

class DoubleMap {
 public:
  DoubleMap(const MapStretch& stretch, const CoverageMap& map) : in_(stretch), out_(map) {}

  /// Receivers `index` of the stretch.
  void cover(const index_t* index, index_t count) {
    const std::size_t links = std::size_t(in_.stations * std::min(count, receivers_at_once));
    mean_.resize(links);
    sight_.resize(links);
    if (in_.interferer_reach_mm >= 0) interference_.resize(links);
    coverage_.resize(std::size_t(in_.thresholds * std::min(count, receivers_at_once)));
    for (index_t done = 0; done < count; done += receivers_at_once) {
      cover_some(index + done, std::min(receivers_at_once, count - done));
    }
  }

 private:
  void cover_some(const index_t* index, index_t count) {
    for (index_t r = 0; r < count; ++r) place_[r] = in_.grid[in_.first + index[r]];
    for (index_t s = 0; s < in_.stations; ++s) {
      for (index_t r = 0; r < count; ++r) sight_[std::size_t(s * count + r)] = in_.in_sight(s, index[r]);
    }
    fill_mean_power({place_, count, in_.station, in_.stations}, in_.power_mw, in_.boresight, sight_.data(), in_.law, 1,
                    mean_.data());
    associate(mean_.data(), count, in_.stations, 1, server_);
    const Links links{count, in_.stations, interference(count), nullptr, sight_.data(),
                      {in_.shape[0], in_.shape[1]}, in_.load};
    closed_form_coverage(links, server_, in_.noise_mw, in_.threshold, in_.thresholds, 1, coverage_.data());
    for (index_t r = 0; r < count; ++r) {
      const index_t i = index[r], at = server_[r] * count + r;
      const bool served = server_[r] >= 0;
      out_.server[i] = server_[r];
      out_.server_power_mw[i] = served ? mean_[std::size_t(at)] : 0.0;
      out_.server_los[i] = served ? sight_[std::size_t(at)] : 0;
      for (index_t t = 0; t < in_.thresholds; ++t) {
        out_.coverage[t * in_.count + i] = coverage_[std::size_t(t * count + r)];
      }
    }
  }

  /// Mean powers with the interferers beyond the reach off.
  const double* interference(index_t count) {
    if (in_.interferer_reach_mm < 0) return mean_.data();
    const std::int64_t reach_mm2 = in_.interferer_reach_mm * in_.interferer_reach_mm;
    for (index_t s = 0; s < in_.stations; ++s) {
      for (index_t r = 0; r < count; ++r) {
        const std::int64_t x = place_[r].x - in_.station[s].x, y = place_[r].y - in_.station[s].y;
        const std::size_t at = std::size_t(s * count + r);
        interference_[at] = x * x + y * y <= reach_mm2 || server_[r] == s ? mean_[at] : 0.0;
      }
    }
    return interference_.data();
  }

  const MapStretch& in_;
  const CoverageMap& out_;
  std::vector<double> mean_, interference_, coverage_;
  std::vector<std::uint8_t> sight_;
  Point3 place_[receivers_at_once];
  std::int32_t server_[receivers_at_once];
};

// ---- In single precision ------------------------------------------------------------------------

constexpr index_t receivers_a_task = 4096;

struct FreeAligned {
  void operator()(float* memory) const { ::operator delete(memory, std::align_val_t(64)); }
};

/// What the kernel reads, made once a call. Valid only if `fits`.
class SingleMap {
 public:
  SingleMap(const MapStretch& in, const CoverageMap& out)
      : scale_({in.stations, in.power_mw, in.load, in.law, {in.shape[0], in.shape[1]}, in.noise_mw, in.threshold,
                in.thresholds}),
        threshold_(in.threshold, in.threshold + in.thresholds),
        fits(scale_.fits) {
    const bool any_sector = std::any_of(in.boresight, in.boresight + in.stations,
                                        [](Boresight b) { return b.east != 0.0 || b.north != 0.0; });
    job = {in.station, in.stations, {scale_.at_1m_mw[0].data(), scale_.at_1m_mw[1].data()},
           {scale_.scaled[0].data(), scale_.scaled[1].data()}, in.boresight, any_sector, in.los, in.los_bytes,
           {in.law.exponent[0], in.law.exponent[1]}, {scale_.half_exponent[0], scale_.half_exponent[1]},
           scale_.mw_per_unit, scale_.least_power, {in.shape[0], in.shape[1]},
           int(std::max(in.shape[0], in.shape[1])), in.interferer_reach_mm, in.noise_mw, threshold_.data(),
           in.thresholds, in.count, out.coverage, out.server, out.server_power_mw, out.server_los};
  }

 private:
  SingleScale scale_;
  std::vector<float> threshold_;

 public:
  SingleMapJob job;
  bool fits;
};

/// One thread's memory for the kernel.
class ScratchMemory {
 public:
  explicit ScratchMemory(const SingleMapJob& job) {
    const index_t blocks = (job.stations + stations_a_block - 1) / stations_a_block;
    const std::size_t weights = std::size_t(job.largest_shape * blocks * stations_a_block * most_tile_lanes);
    const std::size_t bytes = std::max<std::size_t>(weights, 1) * sizeof(float);
    weight_.reset(static_cast<float*>(::operator new(bytes, std::align_val_t(64))));
    row_square_.resize(std::size_t(job.stations));
    reach_x_.resize(std::size_t(job.stations));
    sight_.resize(std::size_t(blocks * stations_a_block));
    block_.resize(std::size_t(job.largest_shape * blocks));
    left_.resize(receivers_a_task);
    scratch = {row_square_.data(), reach_x_.data(), sight_.data(), weight_.get(), block_.data(), left_.data(), 0};
  }

  SingleMapScratch scratch;

 private:
  std::unique_ptr<float, FreeAligned> weight_;
  std::vector<float> row_square_;
  std::vector<std::int32_t> reach_x_;
  std::vector<std::uint32_t> sight_;
  std::vector<const float*> block_;
  std::vector<index_t> left_;
};

}  // namespace

void map_coverage(const MapStretch& stretch, bool double_precision, InstructionSet instructions, int threads,
                  const CoverageMap& map) {
  const SingleMap single(stretch, map);
  const bool in_single = !double_precision && single.fits;
  const auto kernel = cover_row_for(instructions);
  parallel_ranges(stretch.count, receivers_a_task, threads, [&](index_t begin, index_t end) {
    DoubleMap in_double(stretch, map);
    if (!in_single) {
      std::vector<index_t> all(std::size_t(end - begin));
      for (index_t i = begin; i < end; ++i) all[std::size_t(i - begin)] = i;
      in_double.cover(all.data(), end - begin);
      return;
    }
    ScratchMemory memory(single.job);
    const ReceiverGrid& grid = stretch.grid;
    for (index_t i = begin; i < end;) {
      const index_t column = (stretch.first + i) % grid.nx, row = (stretch.first + i) / grid.nx;
      const index_t count = std::min(end - i, grid.nx - column);
      kernel(single.job, {grid.x(column), grid.y(row), grid.z, grid.step_x, i, count}, memory.scratch);
      i += count;
    }
    in_double.cover(memory.scratch.left_to_double, memory.scratch.left_count);
  });
}

}  // namespace radiocore
