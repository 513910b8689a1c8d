#define RADIOCORE_KERNEL map_kernel_baseline
#include "coverage_map_kernel.hpp"

namespace radiocore {

void cover_row_baseline(const SingleMapJob& job, const SingleMapRow& row, SingleMapScratch& scratch) {
  map_kernel_baseline::cover_row(job, row, scratch);
}

}  // namespace radiocore
