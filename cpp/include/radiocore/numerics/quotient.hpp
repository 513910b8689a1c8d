// The one division of the single-precision logarithm, in fewer instructions than a GPU's general one.
#pragma once

#include <cmath>
#include <type_traits>

#include "radiocore/core.hpp"

namespace radiocore {

/// f / d, rounded as IEEE 754 says, for d = 2 + f and f = m - 1 with m in [sqrt(1/2), sqrt(2)), from a
/// reciprocal of d that is off by at most one unit in its last place.
///
/// One Newton step gives the correctly rounded reciprocal, unless d's bits are all ones, and with
/// that one the remainder corrects the quotient. Source: P. W. Markstein, "Computation of elementary
/// functions on the IBM RISC System/6000 processor", IBM J. Res. Dev. 34 (1990) 111-119. Tested for
/// all 2^23 arguments.
RADIOCORE_INLINE float quotient_from(float reciprocal, float f, float d) {
  const float refined = std::fma(reciprocal, std::fma(-d, reciprocal, 1.0f), reciprocal);
  const float exact = d == 0x1.fffffep+0f ? 0x1.000002p-1f : refined;
  const float near = f * exact;
  return std::fma(std::fma(-d, near, f), exact, near);
}

/// The same by the fastest exact way there is.
template <class Real>
RADIOCORE_INLINE Real quotient_for_log(Real f, Real d) {
#if defined(__CUDA_ARCH__)
  static_assert(std::is_same_v<Real, float>);
  float reciprocal;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(reciprocal) : "f"(d));  // off by at most 1 unit in the last place
  return quotient_from(reciprocal, f, d);
#else
  return f / d;
#endif
}

}  // namespace radiocore
