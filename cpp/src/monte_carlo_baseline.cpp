#define RADIOCORE_KERNEL kernel_baseline
#include "monte_carlo_kernel.hpp"

namespace radiocore {

void count_hits_baseline(const FadingJob& job, std::int64_t* hits) { kernel_baseline::count_hits<PortableLanes>(job, hits); }

}  // namespace radiocore
