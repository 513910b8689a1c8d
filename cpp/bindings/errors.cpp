// The only place where a C++ error becomes a Python error.
#include "arrays.hpp"
#include "device_kernels.hpp"

namespace radiocore {
namespace {

void raise_as(const char* name, const std::exception& error) {
  const py::object type = py::module_::import("radiocore.errors").attr(name);
  PyErr_SetString(type.ptr(), error.what());
}

}  // namespace

void register_errors() {
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const InvalidArgument& error) {
      raise_as("InputError", error);
    } catch (const NoDevice& error) {
      raise_as("DeviceUnavailableError", error);
    } catch (const DeviceFault& error) {
      raise_as("DeviceFailure", error);
    }
  });
}

}  // namespace radiocore
