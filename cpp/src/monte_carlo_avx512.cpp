#define RADIOCORE_KERNEL kernel_avx512
#include "monte_carlo_kernel.hpp"

namespace radiocore {

void count_hits_avx512(const FadingJob& job, std::int64_t* hits) { kernel_avx512::count_hits<Avx512Lanes>(job, hits); }

}  // namespace radiocore
