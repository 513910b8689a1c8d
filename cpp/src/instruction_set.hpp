// Kernels compiled once for each generation of x86 in files of their own: which one to call.
#pragma once

namespace radiocore {

enum class InstructionSet { automatic, baseline, avx2, avx512 };

/// What this machine and this build have of what is wanted: a set that is missing falls back to the baseline.
InstructionSet available(InstructionSet wanted);

/// Declares name_baseline and, where they are built, name_avx2 and name_avx512, functions of the
/// arguments that follow; name_for(wanted) is the one to call.
#if defined(RADIOCORE_X86_KERNELS)
#define RADIOCORE_KERNELS(name, ...)                                       \
  void name##_baseline(__VA_ARGS__);                                       \
  void name##_avx2(__VA_ARGS__);                                           \
  void name##_avx512(__VA_ARGS__);                                         \
  inline auto name##_for(InstructionSet wanted) -> void (*)(__VA_ARGS__) { \
    const InstructionSet set = available(wanted);                          \
    if (set == InstructionSet::avx512) return name##_avx512;               \
    return set == InstructionSet::avx2 ? name##_avx2 : name##_baseline;    \
  }
#else
#define RADIOCORE_KERNELS(name, ...) \
  void name##_baseline(__VA_ARGS__); \
  inline auto name##_for(InstructionSet) -> void (*)(__VA_ARGS__) { return name##_baseline; }
#endif

}  // namespace radiocore
