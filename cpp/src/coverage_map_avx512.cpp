#define RADIOCORE_KERNEL map_kernel_avx512
#include "coverage_map_kernel.hpp"

namespace radiocore {

void cover_row_avx512(const SingleMapJob& job, const SingleMapRow& row, SingleMapScratch& scratch) {
  map_kernel_avx512::cover_row(job, row, scratch);
}

}  // namespace radiocore
