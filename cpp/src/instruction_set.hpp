// Kernels compiled once for each generation of x86 in files of their own: which one to call.
#pragma once

namespace radiocore {

enum class InstructionSet { automatic, baseline, avx2, avx512 };

/// What this machine and this build have of what is wanted: a set that is missing falls back to the baseline.
InstructionSet available(InstructionSet wanted);

}  // namespace radiocore
