// Arrays on a device, handed to other libraries and taken from them without a copy.
#include <pybind11/stl.h>

#include <vector>

#include "arrays.hpp"
#include "device_kernels.hpp"
#include "dlpack.hpp"

namespace radiocore {
namespace {

/// What a handed-over tensor keeps alive until its taker is done.
struct Handed {
  dlpack::ManagedTensor managed;
  MemoryHandle memory;
  std::vector<std::int64_t> shape;
};

dlpack::Type type_of(const py::dtype& dtype) {
  const std::string kinds = "iuf";
  const std::size_t code = kinds.find(dtype.kind());
  require(code != std::string::npos, "dtype: only whole and real numbers can be handed over");
  return {std::uint8_t(code), std::uint8_t(8 * dtype.itemsize()), 1};
}

py::capsule to_dlpack(const MemoryHandle& memory, const py::dtype& dtype, const std::vector<std::int64_t>& shape) {
  std::int64_t bytes = dtype.itemsize();
  for (const std::int64_t length : shape) bytes *= length;
  require(bytes <= std::int64_t(memory->bytes()), "shape: larger than the memory");
  auto handed = std::make_unique<Handed>();
  handed->memory = memory;
  handed->shape = shape;
  dlpack::Tensor& tensor = handed->managed.tensor;
  tensor = {memory->data(), {memory->on_gpu() ? dlpack::cuda : dlpack::cpu, 0}, std::int32_t(shape.size()),
            type_of(dtype), handed->shape.data(), nullptr, 0};
  handed->managed.keeper = handed.get();
  handed->managed.deleter = [](dlpack::ManagedTensor* managed) { delete static_cast<Handed*>(managed->keeper); };
  return py::capsule(&handed.release()->managed, dlpack::fresh, [](PyObject* capsule) {
    // Once taken, the capsule is renamed and its taker calls the deleter.
    if (!PyCapsule_IsValid(capsule, dlpack::fresh)) return;
    auto* managed = static_cast<dlpack::ManagedTensor*>(PyCapsule_GetPointer(capsule, dlpack::fresh));
    managed->deleter(managed);
  });
}

/// (keeper, pointer, shape, strides in elements, "<f8", (device type, id)) of a capsule, which is then used up.
py::tuple from_dlpack(const py::object& capsule) {
  require(PyCapsule_IsValid(capsule.ptr(), dlpack::fresh) != 0, "__dlpack__: gave no fresh DLPack capsule");
  auto* managed = static_cast<dlpack::ManagedTensor*>(PyCapsule_GetPointer(capsule.ptr(), dlpack::fresh));
  const dlpack::Tensor& tensor = managed->tensor;
  require(tensor.type.code <= dlpack::real && tensor.type.lanes == 1, "__dlpack__: neither whole nor real numbers");
  PyCapsule_SetName(capsule.ptr(), dlpack::taken);
  PyCapsule_SetDestructor(capsule.ptr(), nullptr);
  py::capsule keeper(managed, [](void* taken) {
    auto* tensor_taken = static_cast<dlpack::ManagedTensor*>(taken);
    if (tensor_taken->deleter) tensor_taken->deleter(tensor_taken);
  });
  py::tuple shape(tensor.ndim), strides(tensor.ndim);
  std::int64_t step = 1;
  for (std::int32_t axis = tensor.ndim - 1; axis >= 0; --axis) {
    shape[std::size_t(axis)] = tensor.shape[axis];
    strides[std::size_t(axis)] = tensor.strides ? tensor.strides[axis] : step;
    step *= tensor.shape[axis];
  }
  const auto pointer = reinterpret_cast<std::uintptr_t>(tensor.data) + tensor.byte_offset;
  const std::string type = std::string("<") + "iuf"[tensor.type.code] + std::to_string(tensor.type.bits / 8);
  return py::make_tuple(keeper, pointer, shape, strides, type, py::make_tuple(tensor.device.type, tensor.device.id));
}

void read(const DeviceMemory& memory, py::array& out) {
  require(out.writeable() && (out.flags() & py::array::c_style) != 0 && std::size_t(out.nbytes()) <= memory.bytes(),
          "out: wanted a contiguous array of at most as many bytes");
  void* const to = out.mutable_data();
  const auto bytes = std::size_t(out.nbytes());
  py::gil_scoped_release unlock;
  memory.copy_to_host(to, bytes);
}

}  // namespace

void bind_device_arrays(py::module_& module) {
  using namespace py::literals;
  py::class_<DeviceMemory, MemoryHandle>(module, "DeviceMemory", "Bytes on a device, freed with the last handle.")
      .def_property_readonly("pointer",
                             [](const DeviceMemory& memory) { return reinterpret_cast<std::uintptr_t>(memory.data()); })
      .def_property_readonly("nbytes", &DeviceMemory::bytes)
      .def_property_readonly("on_gpu", &DeviceMemory::on_gpu)
      .def("read", &read, py::arg("out").noconvert());
  module.def("to_dlpack", &to_dlpack, "memory"_a, "dtype"_a, "shape"_a);
  module.def("from_dlpack", &from_dlpack, "capsule"_a);
}

}  // namespace radiocore
