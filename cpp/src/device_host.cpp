// This processor as a machine that runs the bodies of the GPU.
#include <cstring>

#include "device_kernels_on.hpp"
#include "parallel.hpp"

namespace radiocore {
namespace {

class HostMemory final : public DeviceMemory {
 public:
  explicit HostMemory(std::size_t bytes) : DeviceMemory(::operator new(bytes), bytes) {}
  ~HostMemory() override { ::operator delete(data_); }
  void copy_to_host(void* to, std::size_t bytes) const override { std::memcpy(to, data_, bytes); }
  bool on_gpu() const override { return false; }
};

class HostMachine {
 public:
  HostMachine(int threads, std::uint32_t team_size) : threads_(threads), team_size_(team_size) {}

  static constexpr bool is_gpu = false;

  struct Turn {};
  Turn enter() const { return {}; }

  bool reaches(const void*) const { return true; }

  MemoryHandle allocate(std::size_t bytes) { return std::make_shared<HostMemory>(bytes); }

  void copy_in(void* to, const void* from, std::size_t bytes) {
    if (bytes > 0) std::memcpy(to, from, bytes);
  }
  void copy_in_rows(void* to, const void* from, std::size_t row_bytes, std::size_t from_pitch, std::size_t rows) {
    copy_rows(to, row_bytes, from, from_pitch, row_bytes, rows);
  }
  void copy_out_rows(void* to, const void* from, std::size_t row_bytes, std::size_t to_pitch, std::size_t rows) {
    copy_rows(to, to_pitch, from, row_bytes, row_bytes, rows);
  }

  template <class Body>
  void for_each_item(index_t items, const Body& body) {
    parallel_ranges(items, 64, threads_, [&](index_t begin, index_t end) {
      for (index_t item = begin; item < end; ++item) body(item);
    });
  }

  template <class Body>
  void for_each_bit(index_t rows, index_t columns, const Body& body, std::uint8_t* bits) {
    const index_t row_bytes = bytes_of_bits(columns);
    parallel_ranges(rows * row_bytes, 64, threads_, [&](index_t begin, index_t end) {
      for (index_t at = begin; at < end; ++at) {
        const index_t row = at / row_bytes, first = at % row_bytes * bits_a_byte;
        unsigned byte = 0;
        for (index_t column = first; column < std::min(first + bits_a_byte, columns); ++column) {
          byte |= unsigned(body(row, column)) << (column - first);
        }
        bits[at] = std::uint8_t(byte);
      }
    });
  }

  /// A team's members take turns, phase by phase: as if all of them waited at each barrier.
  template <class Body>
  void for_each_team(index_t items, index_t, std::size_t scratch_bytes, const Body& body) {
    parallel_ranges(items, 16, threads_, [&](index_t begin, index_t end) {
      const HostMemory scratch(scratch_bytes);
      auto* const at = static_cast<unsigned char*>(scratch.data());
      const auto all = [&](auto&& work) {
        for (std::uint32_t rank = 0; rank < team_size_; ++rank) work(Member{rank, team_size_});
      };
      for (index_t item = begin; item < end; ++item) {
        [&]<int... phase>(std::integer_sequence<int, phase...>) {
          (all([&](Member member) { body.template run<phase>(member, item, at); }), ...);
        }(std::make_integer_sequence<int, Body::phases>{});
      }
    });
  }

  void finish() {}

 private:
  static void copy_rows(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                        std::size_t row_bytes, std::size_t rows) {
    for (std::size_t row = 0; row < rows; ++row) {
      std::memcpy(static_cast<char*>(to) + row * to_pitch, static_cast<const char*>(from) + row * from_pitch,
                  row_bytes);
    }
  }

  int threads_;
  std::uint32_t team_size_;
};

}  // namespace

std::unique_ptr<DeviceKernels> kernels_on_host(int threads, std::uint32_t team_size, std::size_t budget_bytes) {
  return std::make_unique<DeviceKernelsOn<HostMachine>>(HostMachine(threads, team_size), budget_bytes);
}

}  // namespace radiocore
