// The hot parts on a machine with its own memory: a GPU, or this processor made to run the same bodies.
//
// What stays on the machine is held by handles, so that a map goes from the city to its coverage
// without passing through the host. Arguments have been checked by the caller.
#pragma once

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "city.hpp"
#include "line_of_sight.hpp"
#include "links.hpp"
#include "monte_carlo.hpp"
#include "radiocore/device/cast_shadow.hpp"
#include "radiocore/device/inspect.hpp"
#include "radiocore/device/link_features.hpp"
#include "radiocore/device/links.hpp"
#include "radiocore/device/trace.hpp"

namespace radiocore {

/// A device was there and failed at work; becomes radiocore.DeviceFailure.
struct DeviceFault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// No device, or none that this build can use; becomes radiocore.DeviceUnavailableError.
struct NoDevice : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Bytes on a machine, given back at the end of the handle's life.
class DeviceMemory {
 public:
  virtual ~DeviceMemory() = default;
  /// The first `bytes` of it.
  virtual void copy_to_host(void* to, std::size_t bytes) const = 0;
  virtual bool on_gpu() const = 0;

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 protected:
  DeviceMemory(void* data, std::size_t bytes) : data_(data), bytes_(bytes) {}
  void* data_;
  std::size_t bytes_;
};

using MemoryHandle = std::shared_ptr<DeviceMemory>;

/// A city on the machine.
struct DeviceTown {
  std::vector<MemoryHandle> memory;
  TownView view;
  const CastingWall* walls = nullptr;  // of prisms that stand on the ground
  index_t wall_count = 0;
  bool has_elevated = false;
};

/// The walls of a city that cast_shadow.hpp draws.
std::vector<CastingWall> casting_walls(const City& city);

constexpr std::int64_t lattice_edge = std::int64_t(1) << 30;

/// R receivers and S stations on the machine, with the line of sight between them once it is traced.
struct DeviceLinks {
  std::vector<MemoryHandle> memory;
  Places receivers;
  index_t receiver_count = 0;
  const Point3* position = nullptr;
  const double* power_mw = nullptr;
  const Boresight* boresight = nullptr;
  const double* load = nullptr;
  HostTable hosts{};
  index_t station_count = 0;
  std::vector<double> power_on_host_mw, load_on_host;  // (S,)
  std::int64_t lowest_station_mm = lattice_edge;
  MemoryHandle building;  // (R,) int32
  MemoryHandle los;       // (S, ceil(R / 8)) bits
};

/// Columns of S stations on the host.
struct StationColumns {
  const Point3* position;
  const double* power_mw;
  const Boresight* boresight;
  const double* load;
  Hosts hosts;
  index_t count;
};

/// How the links of a scene turn into powers and fading.
struct SceneChannel {
  PowerLaw law;
  double shape_by_state[2];  // blocked, line of sight
  double noise_mw;
  std::int64_t reach_mm;  // of interference; < 0: no end
};

/// Columns of links that a caller gave, on the host or on the machine.
struct GivenColumns {
  GivenLinks links;
  index_t receivers;
  bool on_device;
};

struct CoverageHandles {
  MemoryHandle coverage;         // (T, R) double
  MemoryHandle server;           // (R,) int32, -1: none
  MemoryHandle server_power_mw;  // (R,) double
  MemoryHandle server_los;       // (R,) uint8
};

struct HitHandles {
  MemoryHandle hits;  // (T, R) int64
  MemoryHandle server, server_power_mw, server_los;
};

class DeviceKernels {
 public:
  virtual ~DeviceKernels() = default;

  virtual bool on_gpu() const = 0;

  /// Can the machine read what lies there?
  virtual bool reaches(const void* data) const = 0;
  virtual MemoryHandle upload(const void* data, std::size_t bytes) = 0;

  virtual std::unique_ptr<DeviceTown> upload_city(const City& city) = 0;

  /// Receivers: a list of `count` on the host, or (list null) the cells of the grid from `first` on.
  virtual std::unique_ptr<DeviceLinks> upload_links(const Places& receivers, index_t count,
                                                    const StationColumns& stations) = 0;

  /// Fills building and los: cells of a grid by the shadows of walls, others link by link. Links longer
  /// in plan than max_distance_mm (if >= 0) are not traced.
  virtual void trace(const DeviceTown& town, DeviceLinks& links, std::int64_t max_distance_mm) = 0;

  /// Fills building, and los from bits on the host.
  virtual void take_line_of_sight(const DeviceTown& town, DeviceLinks& links, const std::uint8_t* bits) = 0;

  /// Fills columns on the host for links from transmitters[i] to receivers[i], on the host too; they are streamed
  /// through the machine.
  virtual void link_features(const DeviceTown& town, const Point3* transmitters, const Point3* receivers,
                             index_t count, bool hosts_transparent, const LinkFeatureColumns& to_host) = 0;

  /// Replaces los beyond exact_radius_mm by draws from its probability over the terrain (Algorithm 3).
  virtual void draw_far(DeviceLinks& links, const double* alpha_beta, const double* gamma_m,
                        std::int64_t exact_radius_mm, std::uint64_t seed, std::uint32_t first_receiver) = 0;

  /// In single precision where it is taken, unless double_precision; servers and powers are the same.
  virtual CoverageHandles cover(const DeviceLinks& links, const SceneChannel& channel, const double* threshold,
                                index_t thresholds, bool double_precision) = 0;
  virtual HitHandles count_hits(const DeviceLinks& links, const SceneChannel& channel, const double* threshold,
                                index_t thresholds, const Draws& draws) = 0;

  /// Given links: columns on the host are streamed through the machine in tiles, and the answers go to
  /// `to_host`; those of columns on the machine stay there.
  virtual LinkFindings inspect(const GivenColumns& given) = 0;
  virtual MemoryHandle cover(const GivenColumns& given, const LinkFindings& findings, double noise_mw,
                             const double* threshold, index_t thresholds, double* to_host) = 0;
  virtual MemoryHandle count_hits(const GivenColumns& given, const LinkFindings& findings, double noise_mw,
                                  const double* threshold, index_t thresholds, const Draws& draws,
                                  std::int64_t* to_host) = 0;

  /// Share of hits and its standard error, of int64 hits on the machine.
  virtual std::pair<MemoryHandle, MemoryHandle> share_and_error(const DeviceMemory& hits, std::uint32_t draws) = 0;
};

/// The bodies run by this processor: what tests hold against the engines of the CPU.
/// `team_size` members a team; `budget_bytes` bounds a tile of streamed columns.
std::unique_ptr<DeviceKernels> kernels_on_host(int threads, std::uint32_t team_size, std::size_t budget_bytes);

/// The bodies run by the first GPU. Throws NoDevice.
std::unique_ptr<DeviceKernels> kernels_on_gpu(std::size_t budget_bytes);

}  // namespace radiocore
