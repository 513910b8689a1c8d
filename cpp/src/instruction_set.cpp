#include "instruction_set.hpp"

namespace radiocore {

InstructionSet available(InstructionSet wanted) {
#if defined(RADIOCORE_X86_KERNELS)
  const bool has_avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const bool automatic = wanted == InstructionSet::automatic;
  if (has_avx512 && (automatic || wanted == InstructionSet::avx512)) return InstructionSet::avx512;
  if (has_avx2 && (automatic || wanted == InstructionSet::avx2)) return InstructionSet::avx2;
#endif
  return InstructionSet::baseline;
}

}  // namespace radiocore
