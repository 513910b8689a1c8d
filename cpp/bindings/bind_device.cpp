#include "arrays.hpp"
#include "device.hpp"
#include "parallel.hpp"

namespace radiocore {

void bind_device(py::module_& module) {
  module.def("device_report", [] {
    const DeviceReport report = query_device();
    py::dict out;
    out["built_with_cuda"] = report.built_with_cuda;
    out["available"] = report.available;
    out["reason"] = report.reason;
    out["name"] = report.name;
    return out;
  });
  module.def("wait_for_stream", &wait_for_stream, py::arg("stream"), py::call_guard<py::gil_scoped_release>());
  module.def("available_threads", &available_threads);
  module.def("build_info", [] {
    py::dict out;
    out["version"] = RADIOCORE_VERSION;
    out["compiler"] = RADIOCORE_COMPILER;
    out["build_type"] = RADIOCORE_BUILD_TYPE;
    out["cuda"] = RADIOCORE_CUDA_COMPILER;
    return out;
  });
}

}  // namespace radiocore
