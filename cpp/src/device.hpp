// The one place that knows whether a GPU can be used.
#pragma once

#include <string>

namespace radiocore {

struct DeviceReport {
  bool built_with_cuda;
  bool available;
  std::string reason;  // why not, in words
  std::string name;    // of the first device
};

DeviceReport query_device();

}  // namespace radiocore
