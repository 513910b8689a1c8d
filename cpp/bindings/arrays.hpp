// What the bindings take: contiguous arrays of exactly the right type and shape, never a silent copy.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <initializer_list>
#include <stdexcept>
#include <string>

#include "radiocore/coverage/antenna.hpp"
#include "radiocore/geometry/lattice.hpp"

namespace radiocore {

namespace py = pybind11;

template <class T>
using Array = py::array_t<T, py::array::c_style>;

/// Becomes radiocore.InputError; see errors.cpp.
struct InvalidArgument : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// The message is only put together when it is needed: checks run once for every element.
template <class... Parts>
void require(bool holds, const Parts&... parts) {
  if (holds) return;
  std::string message;
  (message.append(parts), ...);
  throw InvalidArgument(message);
}

/// Checks the shape; -1 stands for any length.
template <class T>
void require_shape(const Array<T>& array, const char* name, std::initializer_list<py::ssize_t> wanted) {
  bool fits = array.ndim() == py::ssize_t(wanted.size());
  py::ssize_t axis = 0;
  for (const py::ssize_t length : wanted) {
    fits = fits && (length < 0 || array.shape(axis) == length);
    ++axis;
  }
  if (fits) return;
  std::string text;
  for (const py::ssize_t length : wanted) {
    if (!text.empty()) text.append(", ");
    text.append(length < 0 ? "any" : std::to_string(length));
  }
  require(false, name, ": wrong shape, wanted (", text, ")");
}

constexpr std::int64_t lattice_limit = std::int64_t(1) << 30;

/// (N, 3) whole millimetres as points. The layout of Point3 is that of the array's rows.
inline const Point3* as_points3(const Array<std::int64_t>& array, const char* name) {
  static_assert(sizeof(Point3) == 3 * sizeof(std::int64_t));
  require_shape(array, name, {-1, 3});
  for (py::ssize_t i = 0; i < array.size(); ++i) {
    const std::int64_t value = array.data()[i];
    require(value > -lattice_limit && value < lattice_limit, name, ": a coordinate lies beyond the lattice");
  }
  return reinterpret_cast<const Point3*>(array.data());
}

inline const Point* as_points(const Array<std::int64_t>& array, const char* name) {
  static_assert(sizeof(Point) == 2 * sizeof(std::int64_t));
  require_shape(array, name, {-1, 2});
  for (py::ssize_t i = 0; i < array.size(); ++i) {
    const std::int64_t value = array.data()[i];
    require(value > -lattice_limit && value < lattice_limit, name, ": a coordinate lies beyond the lattice");
  }
  return reinterpret_cast<const Point*>(array.data());
}

/// (S, 4) east and north of the direction in plan, cosine and sine of the down-tilt.
inline const Boresight* as_boresights(const Array<double>& array, py::ssize_t stations) {
  static_assert(sizeof(Boresight) == 4 * sizeof(double));
  require_shape(array, "boresight", {stations, 4});
  return reinterpret_cast<const Boresight*>(array.data());
}

/// Offsets that start at 0, never fall (rise by at least `least` each) and end at `total`.
inline void require_offsets(const Array<std::int64_t>& array, const char* name, std::int64_t least, std::int64_t total) {
  require(array.ndim() == 1 && array.size() >= 1, name, ": wanted a 1-D array of offsets");
  const std::int64_t* at = array.data();
  require(at[0] == 0 && at[array.size() - 1] == total, name, ": offsets must run from 0 to the item count");
  for (py::ssize_t i = 1; i < array.size(); ++i) {
    require(at[i] >= at[i - 1] + least, name, ": offsets must rise");
  }
}

void bind_geometry(py::module_& module);
void bind_coverage(py::module_& module);
void bind_terrain(py::module_& module);
void bind_device(py::module_& module);
void bind_device_arrays(py::module_& module);
void bind_device_kernels(py::module_& module);
void bind_learned(py::module_& module);
void bind_link_profile(py::module_& module);
void bind_numerics(py::module_& module);
void register_errors();

}  // namespace radiocore
