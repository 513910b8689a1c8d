// The parts of DLPack's binary interface, version 0.8, that are needed to hand arrays over.
// Source: https://dmlc.github.io/dlpack/latest/c_api.html
#pragma once

#include <cstdint>

namespace radiocore::dlpack {

enum DeviceType : std::int32_t { cpu = 1, cuda = 2 };
enum TypeCode : std::uint8_t { signed_integer = 0, unsigned_integer = 1, real = 2 };

struct Device {
  std::int32_t type;
  std::int32_t id;
};

struct Type {
  std::uint8_t code;
  std::uint8_t bits;
  std::uint16_t lanes;
};

struct Tensor {
  void* data;
  Device device;
  std::int32_t ndim;
  Type type;
  std::int64_t* shape;
  std::int64_t* strides;  // in elements; null: contiguous rows
  std::uint64_t byte_offset;
};

/// A tensor and what keeps it; whoever takes it calls the deleter once.
struct ManagedTensor {
  Tensor tensor;
  void* keeper;
  void (*deleter)(ManagedTensor*);
};

constexpr char fresh[] = "dltensor", taken[] = "used_dltensor";

}  // namespace radiocore::dlpack
