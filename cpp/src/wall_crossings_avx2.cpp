#define RADIOCORE_KERNEL wall_kernel_avx2
#include "wall_crossings_kernel.hpp"

namespace radiocore {

void find_wall_crossings_avx2(const WallCrossingJob& job, WallCrossingCounts& counts) {
  counts = wall_kernel_avx2::find_crossings(job);
}

}  // namespace radiocore
