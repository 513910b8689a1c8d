// Words that every header shares. No host library beyond <cstdint> is needed to use them.
#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#define RADIOCORE_HD __host__ __device__
#else
#define RADIOCORE_HD
#endif

// Inlined always: a copy left over from a file compiled for a newer processor must never be linked
// in place of the one that runs everywhere.
#define RADIOCORE_INLINE RADIOCORE_HD inline __attribute__((always_inline))

namespace radiocore {

using index_t = std::int64_t;

/// 128-bit integers hold the products of heights and crossing parameters; both compilers have them.
__extension__ typedef __int128 wide_t;

}  // namespace radiocore
