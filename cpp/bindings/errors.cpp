// The only place where a C++ error becomes a Python error.
#include "arrays.hpp"

namespace radiocore {

void register_errors() {
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const InvalidArgument& error) {
      const py::object type = py::module_::import("radiocore.errors").attr("InputError");
      PyErr_SetString(type.ptr(), error.what());
    }
  });
}

}  // namespace radiocore
