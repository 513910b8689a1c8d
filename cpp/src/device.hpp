// The one place that knows whether a GPU can be used.
#pragma once

#include <cstdint>
#include <string>

namespace radiocore {

struct DeviceReport {
  bool built_with_cuda;
  bool available;
  std::string reason;  // why not, in words
  std::string name;    // of the first device
};

DeviceReport query_device();

/// Waits for the work on a stream of another library, given by its handle.
void wait_for_stream(std::uintptr_t stream);

}  // namespace radiocore
