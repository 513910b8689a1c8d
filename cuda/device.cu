// Which GPU there is, asked of the driver at run time.
#include <cuda_runtime.h>

#include "device.hpp"

namespace radiocore {

DeviceReport query_device() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver) return {true, false, "no NVIDIA driver was found, or it is too old", ""};
  if (status != cudaSuccess) return {true, false, cudaGetErrorString(status), ""};
  if (count == 0) return {true, false, "the driver reports no CUDA device", ""};
  cudaDeviceProp properties;
  const cudaError_t asked = cudaGetDeviceProperties(&properties, 0);
  if (asked != cudaSuccess) return {true, false, cudaGetErrorString(asked), ""};
  return {true, true, "", properties.name};
}

}  // namespace radiocore
