// The cells of a grid model that a link to each of them crosses.
#pragma once

#include <cstdint>
#include <vector>

#include "radiocore/core.hpp"

namespace radiocore {

/// Offset of a cell's centre from the receiver in half cells: odd numbers.
struct CellOffset {
  std::int32_t x, y;
};

/// How the symmetries of the square turn a cell v to 0 < x <= y. On the diagonal nothing is swapped.
struct CellTurn {
  std::int32_t sign_x, sign_y;
  bool swapped;

  static CellTurn of(CellOffset v) {
    const CellTurn signs{v.x < 0 ? -1 : 1, v.y < 0 ? -1 : 1, false};
    return {signs.sign_x, signs.sign_y, v.x * signs.sign_x > v.y * signs.sign_y};
  }
  CellOffset forth(CellOffset u) const {
    u = {u.x * sign_x, u.y * sign_y};
    return swapped ? CellOffset{u.y, u.x} : u;
  }
  CellOffset back(CellOffset u) const {
    if (swapped) u = {u.y, u.x};
    return {u.x * sign_x, u.y * sign_y};
  }
};

/// Number of a turned cell: (1, 1), (1, 3), (3, 3), (1, 5), ...
inline index_t turned_cell(CellOffset v) {
  const index_t row = (v.y - 1) / 2;
  return row * (row + 1) / 2 + (v.x - 1) / 2;
}

struct CellPathList {
  std::vector<std::int32_t> start;  // by number of the turned cell, one more than there are
  std::vector<CellOffset> cell;     // of each path: the nearest to the receiver first, then the nearest to the link
};

/// Paths of the turned cells of a grid of n x n, n even: u with 0 < u.v <= |v|^2 and |u x v| <= |vx| + |vy|.
CellPathList list_cell_paths(std::int32_t n);

}  // namespace radiocore
