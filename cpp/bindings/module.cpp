// Table of contents of the compiled module.
#include "arrays.hpp"

PYBIND11_MODULE(_core, module) {
  module.doc() = "Compiled core of radiocore: exact geometry, coverage, random draws. Internal; use radiocore.";
  radiocore::register_errors();
  radiocore::bind_geometry(module);
  radiocore::bind_coverage(module);
  radiocore::bind_terrain(module);
  radiocore::bind_learned(module);
  radiocore::bind_link_profile(module);
  radiocore::bind_numerics(module);
  radiocore::bind_device(module);
  radiocore::bind_device_arrays(module);
  radiocore::bind_device_kernels(module);
}
