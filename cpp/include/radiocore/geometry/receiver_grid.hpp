// A regular grid of receivers on one plane, numbered row by row from the south-west.
#pragma once

#include "radiocore/geometry/lattice.hpp"

namespace radiocore {

/// Receiver i stands at column i % nx and row i / nx; all numbers in mm.
struct ReceiverGrid {
  std::int64_t x0, y0, z;       // the first receiver
  std::int64_t step_x, step_y;  // > 0
  std::int32_t nx, ny;

  RADIOCORE_HD constexpr index_t size() const { return index_t(nx) * ny; }
  RADIOCORE_HD constexpr std::int64_t x(index_t column) const { return x0 + column * step_x; }
  RADIOCORE_HD constexpr std::int64_t y(index_t row) const { return y0 + row * step_y; }
  RADIOCORE_HD constexpr Point3 at(index_t column, index_t row) const { return {x(column), y(row), z}; }
  RADIOCORE_HD constexpr Point3 operator[](index_t i) const { return at(i % nx, i / nx); }
};

}  // namespace radiocore
