// Finds the crossings of a link with walls. Compiled once for each instruction set, each time in a namespace of its own
// (RADIOCORE_KERNEL) and with every function inlined; what is decided is decided in integers, so all give the same.
#pragma once

#include "pack_lanes.hpp"
#include "wall_crossings.hpp"

namespace radiocore {
namespace RADIOCORE_KERNEL {

constexpr int wide_lanes = lanes / 2;
typedef std::int32_t HalfInts __attribute__((vector_size(4 * wide_lanes)));
typedef std::int64_t Wholes __attribute__((vector_size(8 * wide_lanes)));
typedef double Doubles __attribute__((vector_size(8 * wide_lanes)));

constexpr int room = 128;  // for walls that are asked together

/// Walls that may cross the link, and the cells in which they were found.
struct GatheredWalls {
  std::int32_t number[room], cell[room];
  int count = 0;
};

template <class Vector, class T>
RADIOCORE_LOCAL Vector load_anywhere(const T* from) {
  Vector value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

RADIOCORE_LOCAL Wholes look_up(const std::int32_t* column, const std::int32_t* number) {
  HalfInts value;
  for (int l = 0; l < wide_lanes; ++l) value[l] = column[number[l]];
  return __builtin_convertvector(value, Wholes);
}

/// Lists the cells that the link goes through below a roof.
RADIOCORE_LOCAL index_t list_cells(const WallCrossingJob& job) {
  constexpr int batch = 8;
  const StripWalk walk(job.grid, {job.low.x, job.low.y}, {job.high.x, job.high.y});
  const double low = double(job.low.z), rise = double(job.high.z - job.low.z);
  index_t count = 0;
  for (std::int32_t done = 0; done < walk.strips; done += batch) {
    std::int32_t first[batch], last[batch], lowest[batch];
    for (int l = 0; l < batch; ++l) {
      const CellsOfStrip cells = walk(walk.begin + (done + l) * walk.step);
      first[l] = cells.first;
      last[l] = cells.last;
      const double t0 = cells.t0 < 1.0 ? cells.t0 : 1.0;
      lowest[l] = std::int32_t(low + rise * (t0 > 0.0 ? t0 : 0.0)) - 2;  // mm, by which it may be off
    }
    const int used = walk.strips - done < batch ? walk.strips - done : batch;
    for (int l = 0; l < used; ++l) {
      if (first[l] > last[l]) continue;
      const std::int64_t strip = (walk.begin + (done + l) * walk.step) * walk.stride_u;
      const auto add = [&](std::int32_t j, bool is_new) __attribute__((always_inline)) {
        const std::int64_t cell = strip + j * walk.stride_v;
        job.cells[count] = {std::int32_t(cell), lowest[l]};
        count += is_new & (lowest[l] < job.grid.top[cell]);
      };
      add(first[l], true);
      for (std::int32_t j = first[l] + 1; j < last[l]; ++j) add(j, true);  // hardly ever
      add(last[l], last[l] > first[l]);
    }
  }
  return count;
}

/// Works out the crossings with the gathered walls, and adds those that count to `found`.
RADIOCORE_LOCAL index_t ask_gathered(const WallCrossingJob& job, GatheredWalls& walls, WallCrossing* found) {
  double share[room], above[room];
  const Ints none{};
  std::memcpy(walls.number + walls.count, &none, sizeof(none));
  const PlanLine line({job.low.x, job.low.y}, {job.high.x, job.high.y});
  const double x = double(job.low.x - job.grid.x0), y = double(job.low.y - job.grid.y0);
  const double dx = double(line.along_x), dy = double(line.along_y), per_cell = 1.0 / job.grid.cell_mm;
  const double low = double(job.low.z), rise = double(job.high.z - job.low.z);
  for (int k = 0; k < walls.count; k += wide_lanes) {
    const auto of = [&](const std::int32_t* column)
                        __attribute__((always_inline)) { return look_up(column, walls.number + k); };
    const Wholes cell = __builtin_convertvector(load_anywhere<HalfInts>(walls.cell + k), Wholes);
    Wholes numerator, denominator;
    const Wholes crosses = line.crosses(of(job.walls.ax), of(job.walls.ay), of(job.walls.bx), of(job.walls.by),
                                        numerator, denominator);
    const Doubles at = crosses ? __builtin_convertvector(numerator, Doubles) /
                                     __builtin_convertvector(denominator, Doubles)
                               : Doubles{};
    const Wholes u = __builtin_convertvector((x + dx * at) * per_cell, Wholes);
    const Wholes v = __builtin_convertvector((y + dy * at) * per_cell, Wholes);
    const Wholes counts = crosses & (v * std::int64_t(job.grid.nx) + u == cell);
    const Doubles over_roof = low + rise * at - __builtin_convertvector(of(job.walls.roof), Doubles);
    const Doubles kept = counts ? over_roof : height_margin_mm - Doubles{};
    std::memcpy(share + k, &at, sizeof(at));
    std::memcpy(above + k, &kept, sizeof(kept));
  }
  index_t count = 0;
  for (int k = 0; k < walls.count; ++k) {
    found[count] = {share[k], above[k], std::uint32_t(walls.number[k])};
    count += above[k] < height_margin_mm;
  }
  walls.count = 0;
  return count;
}

RADIOCORE_LOCAL WallCrossingCounts find_crossings(const WallCrossingJob& job) {
  const WallColumns walls = job.walls;
  const index_t cells = list_cells(job);

  // Walls that lie wholly to one side of the link's line are left out, in single precision: with both ends farther from
  // it than the rounding.
  const double plan_x = double(job.high.x - job.low.x), plan_y = double(job.high.y - job.low.y);
  const double length = __builtin_sqrt(plan_x * plan_x + plan_y * plan_y);
  const float along_x = length > 0.0 ? float(plan_x / length) : 0.0f;
  const float along_y = length > 0.0 ? float(plan_y / length) : 0.0f;
  const double away_x = double(job.low.x - job.grid.x0), away_y = double(job.low.y - job.grid.y0);
  const double span = job.grid.cell_mm * double(job.grid.nx + job.grid.ny);
  const double farthest = (away_x < 0 ? -away_x : away_x) + (away_y < 0 ? -away_y : away_y) + span;
  const float margin = float(farthest * 0x1p-21);
  const std::int32_t px = std::int32_t(job.low.x), py = std::int32_t(job.low.y);
  const auto left_of_line = [&](const std::int32_t* x, const std::int32_t* y) __attribute__((always_inline)) {
    const Floats east = __builtin_convertvector(load_anywhere<Ints>(x) - px, Floats);
    const Floats north = __builtin_convertvector(load_anywhere<Ints>(y) - py, Floats);
    return along_x * north - along_y * east;
  };

  const Ints lane = lane_numbers(0);
  GatheredWalls gathered;
  index_t found = 0;
  for (index_t c = 0; c < cells; ++c) {
    const LowCell cell = job.cells[c];
    const std::uint32_t end = job.grid.wall_start[cell.number + 1];
    for (std::uint32_t i = job.grid.wall_start[cell.number]; i < end; i += lanes) {
      const Floats of_a = left_of_line(walls.ax + i, walls.ay + i), of_b = left_of_line(walls.bx + i, walls.by + i);
      const Floats least = of_a < of_b ? of_a : of_b, most = of_a < of_b ? of_b : of_a;
      const Ints number = lane + std::int32_t(i);
      const LaneChoice choice((least <= margin) & (most >= -margin) & (number < std::int32_t(end)) &
                              (load_anywhere<Ints>(walls.roof + i) > cell.lowest_mm));
      const int at = gathered.count;
      std::int32_t numbers[lanes];
      std::memcpy(numbers, &number, sizeof(numbers));
      choice.pack(numbers, gathered.number + at);
      const Ints cells_of = every(cell.number);
      std::memcpy(gathered.cell + at, &cells_of, sizeof(cells_of));
      gathered.count += choice.count();
      if (gathered.count > room - 2 * lanes) found += ask_gathered(job, gathered, job.found + found);
    }
  }
  found += ask_gathered(job, gathered, job.found + found);
  return {cells, found};
}

}  // namespace RADIOCORE_KERNEL
}  // namespace radiocore
