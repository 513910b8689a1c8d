#include "cell_paths.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace radiocore {

CellPathList list_cell_paths(std::int32_t n) {
  CellPathList out;
  out.start.push_back(0);
  std::vector<std::array<std::int32_t, 5>> path;  // |u|^2, |u x v|, u x v, u
  for (std::int32_t vy = 1; vy < n; vy += 2) {
    for (std::int32_t vx = 1; vx <= vy; vx += 2) {
      path.clear();
      const std::int32_t length = vx * vx + vy * vy, width = vx + vy;
      // The link crosses no cell beyond v, and beside the receiver at most by the corner.
      for (std::int32_t uy = -1; uy <= vy; uy += 2) {
        for (std::int32_t ux = -1; ux <= vx; ux += 2) {
          const std::int32_t along = ux * vx + uy * vy, across = ux * vy - uy * vx;
          if (along <= 0 || along > length || std::abs(across) > width) continue;
          path.push_back({ux * ux + uy * uy, std::abs(across), across, ux, uy});
        }
      }
      std::sort(path.begin(), path.end());
      for (const auto& each : path) out.cell.push_back({each[3], each[4]});
      out.start.push_back(std::int32_t(out.cell.size()));
    }
  }
  return out;
}

}  // namespace radiocore
