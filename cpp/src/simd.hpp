// Functions marked so are compiled for several generations of x86 and chosen when the module is
// loaded. Contraction is off and sums run in a fixed order, so all give the same bits.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(RADIOCORE_SANITIZED)
#define RADIOCORE_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define RADIOCORE_CLONES
#endif
