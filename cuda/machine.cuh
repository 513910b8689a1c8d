// The GPU as a machine: checked calls, owned memory, and one launcher for each kind of body.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <string>
#include <utility>

#include "device_kernels.hpp"
#include "radiocore/device/team.hpp"

namespace radiocore {

inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // a fault of one call must not be met again by the next
  throw DeviceFault(std::string(what) + ": " + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) + ")");
}

class GpuMemory final : public DeviceMemory {
 public:
  explicit GpuMemory(std::size_t bytes) : DeviceMemory(allocated(bytes), bytes) {}
  ~GpuMemory() override { cudaFree(data_); }
  GpuMemory(const GpuMemory&) = delete;
  GpuMemory& operator=(const GpuMemory&) = delete;

  void copy_to_host(void* to, std::size_t bytes) const override {
    check(cudaMemcpy(to, data_, bytes, cudaMemcpyDeviceToHost), "copying from the GPU");
  }
  bool on_gpu() const override { return true; }

 private:
  static void* allocated(std::size_t bytes) {
    void* data = nullptr;
    const cudaError_t status = cudaMalloc(&data, std::max<std::size_t>(bytes, 1));
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      throw DeviceFault("the GPU has no room for " + std::to_string(bytes >> 20) + " MiB more");
    }
    check(status, "allocating on the GPU");
    return data;
  }
};

namespace launch {

constexpr int threads_an_item_block = 128;
constexpr int threads_a_bit_block = 128;
constexpr int most_threads_a_team = 128;
constexpr unsigned warp = 32;

template <class Body>
__global__ void __launch_bounds__(threads_an_item_block) items(const __grid_constant__ Body body, index_t count) {
  const index_t step = index_t(gridDim.x) * blockDim.x;
  for (index_t item = index_t(blockIdx.x) * blockDim.x + threadIdx.x; item < count; item += step) body(item);
}

/// A warp answers 32 columns of a row at a time; every eighth lane writes a byte.
template <class Body>
__global__ void __launch_bounds__(threads_a_bit_block)
    bits(const __grid_constant__ Body body, index_t rows, index_t columns, std::uint8_t* out) {
  const index_t words = (columns + warp - 1) / warp, row_bytes = bytes_of_bits(columns);
  const unsigned lane = threadIdx.x % warp;
  const index_t step = index_t(gridDim.x) * (blockDim.x / warp);
  for (index_t at = (index_t(blockIdx.x) * blockDim.x + threadIdx.x) / warp; at < rows * words; at += step) {
    const index_t row = at / words, column = at % words * warp + lane;
    const unsigned answers = __ballot_sync(0xFFFFFFFFu, column < columns && body(row, column));
    if (lane % bits_a_byte == 0 && column < columns) {
      out[row * row_bytes + column / bits_a_byte] = std::uint8_t(answers >> lane);
    }
  }
}

template <int phase, class Body>
__device__ __forceinline__ void run_phases(const Body& body, Member member, index_t item, unsigned char* scratch) {
  if constexpr (phase < Body::phases) {
    body.template run<phase>(member, item, scratch);
    __syncthreads();
    run_phases<phase + 1>(body, member, item, scratch);
  }
}

/// A block is a team. Its scratch lies in shared memory, or where that is too small, in a slab of its own.
template <class Body, bool in_slabs>
__global__ void __launch_bounds__(most_threads_a_team)
    teams(const __grid_constant__ Body body, index_t count, unsigned char* slabs, std::size_t slab_bytes) {
  extern __shared__ __align__(16) unsigned char shared[];
  unsigned char* const scratch = in_slabs ? slabs + blockIdx.x * slab_bytes : shared;
  for (index_t item = blockIdx.x; item < count; item += gridDim.x) {
    run_phases<0>(body, Member{threadIdx.x, blockDim.x}, item, scratch);
  }
}

}  // namespace launch

/// Makes the first GPU the current one, and then again the one that the caller had chosen.
class FirstGpu {
 public:
  FirstGpu() {
    check(cudaGetDevice(&before_), "asking for the current GPU");
    check(cudaSetDevice(0), "choosing the GPU");
  }
  ~FirstGpu() { cudaSetDevice(before_); }
  FirstGpu(const FirstGpu&) = delete;
  FirstGpu& operator=(const FirstGpu&) = delete;

 private:
  int before_ = 0;
};

/// The first GPU. All work goes to the default stream, one call after the other.
class GpuMachine {
 public:
  GpuMachine() {
    check(cudaDeviceGetAttribute(&processors_, cudaDevAttrMultiProcessorCount, 0), "asking the GPU");
    check(cudaDeviceGetAttribute(&shared_bytes_, cudaDevAttrMaxSharedMemoryPerBlock, 0), "asking the GPU");
  }

  static constexpr bool is_gpu = true;

  FirstGpu enter() const { return {}; }

  bool reaches(const void* data) const {
    cudaPointerAttributes found;
    check(cudaPointerGetAttributes(&found, data), "asking where an array lies");
    return found.type == cudaMemoryTypeManaged || (found.type == cudaMemoryTypeDevice && found.device == 0);
  }

  MemoryHandle allocate(std::size_t bytes) { return std::make_shared<GpuMemory>(bytes); }

  void copy_in(void* to, const void* from, std::size_t bytes) {
    if (bytes > 0) check(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice), "copying to the GPU");
  }
  void copy_in_rows(void* to, const void* from, std::size_t row_bytes, std::size_t from_pitch, std::size_t rows) {
    if (row_bytes == 0 || rows == 0) return;
    check(cudaMemcpy2D(to, row_bytes, from, from_pitch, row_bytes, rows, cudaMemcpyHostToDevice), "copying to the GPU");
  }
  void copy_out_rows(void* to, const void* from, std::size_t row_bytes, std::size_t to_pitch, std::size_t rows) {
    if (row_bytes == 0 || rows == 0) return;
    check(cudaMemcpy2D(to, to_pitch, from, row_bytes, row_bytes, rows, cudaMemcpyDeviceToHost), "copying from the GPU");
  }

  template <class Body>
  void for_each_item(index_t count, const Body& body) {
    if (count == 0) return;
    constexpr int threads = launch::threads_an_item_block;
    launch::items<<<blocks((count + threads - 1) / threads), threads>>>(body, count);
    check(cudaGetLastError(), "starting a kernel");
  }

  template <class Body>
  void for_each_bit(index_t rows, index_t columns, const Body& body, std::uint8_t* bits) {
    const index_t words = rows * ((columns + launch::warp - 1) / launch::warp);
    if (words == 0) return;
    constexpr int threads = launch::threads_a_bit_block, warps = threads / int(launch::warp);
    launch::bits<<<blocks((words + warps - 1) / warps), threads>>>(body, rows, columns, bits);
    check(cudaGetLastError(), "starting a kernel");
  }

  /// `work_a_team`: pieces of work that members share, so that no more of them are called than have any.
  template <class Body>
  void for_each_team(index_t count, index_t work_a_team, std::size_t scratch_bytes, const Body& body) {
    if (count == 0) return;
    const index_t whole_warps = (work_a_team + launch::warp - 1) / launch::warp * launch::warp;
    const int threads = int(std::min<index_t>(launch::most_threads_a_team, std::max<index_t>(whole_warps, 1)));
    if (scratch_bytes <= std::size_t(shared_bytes_)) {
      launch::teams<Body, false><<<blocks(count), threads, scratch_bytes>>>(body, count, nullptr, 0);
      check(cudaGetLastError(), "starting a kernel");
      return;
    }
    const std::size_t slab_bytes = (scratch_bytes + 127) / 128 * 128;
    const unsigned teams = unsigned(std::min<index_t>(count, index_t(processors_) * teams_a_processor));
    const GpuMemory slabs(teams * slab_bytes);
    launch::teams<Body, true>
        <<<teams, threads>>>(body, count, static_cast<unsigned char*>(slabs.data()), slab_bytes);
    check(cudaGetLastError(), "starting a kernel");
    finish();
  }

  void finish() { check(cudaDeviceSynchronize(), "running a kernel"); }

 private:
  static constexpr index_t teams_a_processor = 16;

  /// Enough blocks to fill the GPU many times over; each takes further items in turn.
  static unsigned blocks(index_t wanted) { return unsigned(std::min<index_t>(wanted, index_t(1) << 30)); }

  int processors_ = 0, shared_bytes_ = 0;
};

}  // namespace radiocore
