// The bodies of radiocore/device/ as kernels of the GPU.
#include "device.hpp"
#include "device_kernels_on.hpp"
#include "machine.cuh"

namespace radiocore {

void wait_for_stream(std::uintptr_t stream) {
  check(cudaStreamSynchronize(reinterpret_cast<cudaStream_t>(stream)), "waiting for another library's stream");
}

std::unique_ptr<DeviceKernels> kernels_on_gpu(std::size_t budget_bytes) {
  const DeviceReport report = query_device();
  if (!report.available) throw NoDevice(report.reason);
  return std::make_unique<DeviceKernelsOn<GpuMachine>>(GpuMachine(), budget_bytes);
}

}  // namespace radiocore
