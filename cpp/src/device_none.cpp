// Stands in for cuda/device.cu in a build without a CUDA compiler.
#include "device.hpp"

namespace radiocore {

DeviceReport query_device() {
  return {false, false, "this build of radiocore has no CUDA code (no nvcc was found when it was built)", ""};
}

}  // namespace radiocore
