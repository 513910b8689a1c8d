#define RADIOCORE_KERNEL wall_kernel_baseline
#include "wall_crossings_kernel.hpp"

namespace radiocore {

void find_wall_crossings_baseline(const WallCrossingJob& job, WallCrossingCounts& counts) {
  counts = wall_kernel_baseline::find_crossings(job);
}

}  // namespace radiocore
