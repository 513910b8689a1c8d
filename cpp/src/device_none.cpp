// Stands in for cuda/ in a build without a CUDA compiler.
#include "device.hpp"
#include "device_kernels.hpp"

namespace radiocore {
namespace {

constexpr char no_cuda[] = "this build of radiocore has no CUDA code (no nvcc was found when it was built)";

}  // namespace

DeviceReport query_device() { return {false, false, no_cuda, ""}; }

void wait_for_stream(std::uintptr_t) { throw NoDevice(no_cuda); }

std::unique_ptr<DeviceKernels> kernels_on_gpu(std::size_t) { throw NoDevice(no_cuda); }

}  // namespace radiocore
