#define RADIOCORE_KERNEL kernel_avx2
#include "monte_carlo_kernel.hpp"

namespace radiocore {

void count_hits_avx2(const FadingJob& job, std::int64_t* hits) { kernel_avx2::count_hits<Avx2Lanes>(job, hits); }

}  // namespace radiocore
