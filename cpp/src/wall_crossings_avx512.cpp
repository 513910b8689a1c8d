#define RADIOCORE_KERNEL wall_kernel_avx512
#include "wall_crossings_kernel.hpp"

namespace radiocore {

void find_wall_crossings_avx512(const WallCrossingJob& job, WallCrossingCounts& counts) {
  counts = wall_kernel_avx512::find_crossings(job);
}

}  // namespace radiocore
