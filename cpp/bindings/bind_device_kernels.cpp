// The kernels of a device, and what is kept on it between two calls.
#include <pybind11/stl.h>

#include <array>
#include <optional>

#include "arrays.hpp"
#include "device_kernels.hpp"
#include "link_feature_arrays.hpp"

namespace radiocore {
namespace {

using Two = std::array<double, 2>;

/// Columns of given links, and what owns them.
struct GivenHandle {
  GivenColumns columns;
  py::object keeper;
};

/// (S, R) columns on the host, as the engines of the CPU take them.
GivenHandle given_on_host(const Array<double>& mean_mw, const Array<double>& fading_m) {
  require(mean_mw.ndim() == 2, "mean_mw: wanted (S, R)");
  const py::ssize_t stations = mean_mw.shape(0), receivers = mean_mw.shape(1);
  require_shape(fading_m, "fading_m", {stations, receivers});
  return {{{{mean_mw.data(), 1, receivers}, {fading_m.data(), 1, receivers}, stations}, receivers, false},
          py::make_tuple(mean_mw, fading_m)};
}

/// (pointer, step between receivers, step between stations), steps in elements.
using ForeignColumn = std::tuple<std::uintptr_t, std::int64_t, std::int64_t>;

GivenHandle given_on_device(const DeviceKernels& kernels, const ForeignColumn& mean_mw, const ForeignColumn& fading_m,
                            index_t receivers, index_t stations, py::object keeper) {
  const auto view = [&](const ForeignColumn& column, const char* name) {
    const auto* const data = reinterpret_cast<const double*>(std::get<0>(column));
    require(receivers == 0 || stations == 0 || kernels.reaches(data), name, ": does not lie on the first GPU");
    return LinkColumn{data, std::get<1>(column), std::get<2>(column)};
  };
  return {{{view(mean_mw, "mean_power_mw"), view(fading_m, "fading_m"), stations}, receivers, true}, std::move(keeper)};
}

void require_thresholds(const Array<double>& threshold) { require_shape(threshold, "threshold", {-1}); }

SceneChannel as_channel(Two gain_at_1m, Two exponent, Two shape_by_state, double noise_mw, std::int64_t reach_mm) {
  require(reach_mm < 2 * lattice_limit, "reach_mm: beyond the lattice");
  return {{{gain_at_1m[0], gain_at_1m[1]}, {exponent[0], exponent[1]}},
          {shape_by_state[0], shape_by_state[1]},
          noise_mw,
          reach_mm};
}

std::unique_ptr<DeviceKernels> make_kernels(const std::string& where, int threads, std::uint32_t team_size,
                                            std::size_t budget_bytes) {
  require(where == "cuda" || where == "host", "where: unknown");
  require(team_size >= 1, "team_size: at least one member is needed");
  return where == "cuda" ? kernels_on_gpu(budget_bytes) : kernels_on_host(threads, team_size, budget_bytes);
}

std::unique_ptr<DeviceLinks> upload_links(DeviceKernels& kernels, const Places& receivers, index_t count,
                                          const Array<std::int64_t>& stations_mm, const Array<double>& power_mw,
                                          const Array<double>& boresight, const Array<double>& load,
                                          const Array<std::int64_t>& host_start, const Array<std::int32_t>& host_list) {
  const Point3* const position = as_points3(stations_mm, "stations_mm");
  const index_t stations = stations_mm.shape(0);
  require_shape(power_mw, "power_mw", {stations});
  require_shape(load, "load", {stations});
  require(host_start.size() == stations + 1, "host_start: wanted one offset more than stations");
  require_offsets(host_start, "host_start", 0, host_list.size());
  const StationColumns columns{position, power_mw.data(), as_boresights(boresight, stations),
                               load.data(), {host_start.data(), host_list.data()}, stations};
  py::gil_scoped_release unlock;
  return kernels.upload_links(receivers, count, columns);
}

std::unique_ptr<DeviceLinks> links_of_list(DeviceKernels& kernels, const Array<std::int64_t>& receivers_mm,
                                           const Array<std::int64_t>& stations_mm, const Array<double>& power_mw,
                                           const Array<double>& boresight, const Array<double>& load,
                                           const Array<std::int64_t>& host_start,
                                           const Array<std::int32_t>& host_list) {
  const Places places{as_points3(receivers_mm, "receivers_mm"), {}, 0};
  return upload_links(kernels, places, receivers_mm.shape(0), stations_mm, power_mw, boresight, load, host_start,
                      host_list);
}

/// The cells first .. first + count of a grid.
std::unique_ptr<DeviceLinks> links_of_grid(DeviceKernels& kernels, const ReceiverGrid& grid, index_t first,
                                           index_t count, const Array<std::int64_t>& stations_mm,
                                           const Array<double>& power_mw, const Array<double>& boresight,
                                           const Array<double>& load, const Array<std::int64_t>& host_start,
                                           const Array<std::int32_t>& host_list) {
  require(first >= 0 && count >= 0 && first <= grid.size() && count <= grid.size() - first,
          "first, count: beyond the grid");
  const Places places{nullptr, grid, first};
  return upload_links(kernels, places, count, stations_mm, power_mw, boresight, load, host_start, host_list);
}

void take_line_of_sight(DeviceKernels& kernels, const DeviceTown& town, DeviceLinks& links,
                        const Array<std::uint8_t>& los_bits) {
  require_shape(los_bits, "los_bits", {links.station_count, bytes_of_bits(links.receiver_count)});
  py::gil_scoped_release unlock;
  kernels.take_line_of_sight(town, links, los_bits.data());
}

void trace(DeviceKernels& kernels, const DeviceTown& town, DeviceLinks& links, std::int64_t max_distance_mm) {
  require(max_distance_mm < 2 * lattice_limit, "max_distance_mm: beyond the lattice");
  py::gil_scoped_release unlock;
  kernels.trace(town, links, max_distance_mm);
}

py::tuple features_of_links(DeviceKernels& kernels, const DeviceTown& town, const Array<std::int64_t>& transmitters_mm,
                            const Array<std::int64_t>& receivers_mm, bool hosts_transparent) {
  LinkFeatureArrays out(transmitters_mm, receivers_mm);
  {
    py::gil_scoped_release unlock;
    kernels.link_features(town, out.transmitters, out.receivers, out.count, hosts_transparent, out.columns);
  }
  return out.arrays;
}

void require_traced(const DeviceLinks& links) { require(links.los != nullptr, "links: not traced yet"); }

void draw_far(DeviceKernels& kernels, DeviceLinks& links, const Array<double>& alpha_beta,
              const Array<double>& gamma_m, std::int64_t exact_radius_mm, std::uint64_t seed,
              std::uint32_t first_receiver) {
  require_traced(links);
  require_shape(alpha_beta, "alpha_beta", {links.receiver_count});
  require_shape(gamma_m, "gamma_m", {links.receiver_count});
  require(exact_radius_mm < 2 * lattice_limit, "exact_radius_mm: beyond the lattice");
  py::gil_scoped_release unlock;
  kernels.draw_far(links, alpha_beta.data(), gamma_m.data(), exact_radius_mm, seed, first_receiver);
}

py::tuple cover_scene(DeviceKernels& kernels, const DeviceLinks& links, Two gain_at_1m, Two exponent,
                      Two shape_by_state, double noise_mw, std::int64_t reach_mm, const Array<double>& threshold,
                      bool double_precision) {
  require_traced(links);
  require_thresholds(threshold);
  for (const double shape : shape_by_state) {
    require(shape >= 1 && shape <= max_server_shape && shape == double(int(shape)),
            "fading_m: the closed form needs whole numbers from 1 to 64, as either state may serve");
  }
  const SceneChannel channel = as_channel(gain_at_1m, exponent, shape_by_state, noise_mw, reach_mm);
  CoverageHandles out;
  {
    py::gil_scoped_release unlock;
    out = kernels.cover(links, channel, threshold.data(), threshold.shape(0), double_precision);
  }
  return py::make_tuple(out.coverage, out.server, out.server_power_mw, out.server_los);
}

py::tuple hits_of_scene(DeviceKernels& kernels, const DeviceLinks& links, Two gain_at_1m, Two exponent,
                        Two shape_by_state, double noise_mw, std::int64_t reach_mm, const Array<double>& threshold,
                        std::uint64_t seed, std::uint32_t draws, std::uint32_t first_receiver) {
  require_traced(links);
  require_thresholds(threshold);
  for (const double shape : shape_by_state) require(shape > 0, "fading_m: must be positive");
  const SceneChannel channel = as_channel(gain_at_1m, exponent, shape_by_state, noise_mw, reach_mm);
  HitHandles out;
  {
    py::gil_scoped_release unlock;
    out = kernels.count_hits(links, channel, threshold.data(), threshold.shape(0), {seed, draws, first_receiver});
  }
  return py::make_tuple(out.hits, out.server, out.server_power_mw, out.server_los);
}

LinkFindings inspect(DeviceKernels& kernels, const GivenHandle& given) {
  py::gil_scoped_release unlock;
  return kernels.inspect(given.columns);
}

/// The first fault of a kind, or None: (receiver, station).
py::object place_of(const GivenHandle& given, std::uint64_t fault) {
  if (fault == LinkFindings::none) return py::none();
  const auto stations = std::uint64_t(given.columns.links.stations);
  return py::make_tuple(fault / stations, fault % stations);
}

/// A (T, R) array for columns on the host, a handle for columns on the device.
template <class Answer, class Work>
py::object answer(const GivenHandle& given, const Array<double>& threshold, Work&& work) {
  require_thresholds(threshold);
  if (given.columns.on_device) {
    MemoryHandle out;
    {
      py::gil_scoped_release unlock;
      out = work(nullptr);
    }
    return py::cast(out);
  }
  py::array_t<Answer> out({threshold.shape(0), py::ssize_t(given.columns.receivers)});
  Answer* const to = out.mutable_data();
  {
    py::gil_scoped_release unlock;
    work(to);
  }
  return out;
}

py::object cover_given(DeviceKernels& kernels, const GivenHandle& given, const LinkFindings& findings, double noise_mw,
                       const Array<double>& threshold) {
  return answer<double>(given, threshold, [&](double* to) {
    return kernels.cover(given.columns, findings, noise_mw, threshold.data(), threshold.shape(0), to);
  });
}

py::object hits_of_given(DeviceKernels& kernels, const GivenHandle& given, const LinkFindings& findings,
                         double noise_mw, const Array<double>& threshold, std::uint64_t seed, std::uint32_t draws,
                         std::uint32_t first_receiver) {
  return answer<std::int64_t>(given, threshold, [&](std::int64_t* to) {
    return kernels.count_hits(given.columns, findings, noise_mw, threshold.data(), threshold.shape(0),
                              {seed, draws, first_receiver}, to);
  });
}

}  // namespace

void bind_device_kernels(py::module_& module) {
  using namespace py::literals;
  const auto exact = [](const char* name) { return py::arg(name).noconvert(); };
  py::class_<DeviceTown>(module, "DeviceTown", "A city on a device.");
  py::class_<DeviceLinks>(module, "DeviceLinks", "Receivers, stations and the line of sight between them, on a device.")
      .def_readonly("receivers", &DeviceLinks::receiver_count)
      .def_readonly("stations", &DeviceLinks::station_count)
      .def_readonly("building", &DeviceLinks::building)
      .def_readonly("los", &DeviceLinks::los);
  py::class_<DeviceKernels> kernels(module, "DeviceKernels",
                                    "The hot parts on a GPU, or their bodies run by this processor.");
  py::class_<GivenHandle>(module, "GivenLinks", "Mean powers and fading shapes that a caller gave.")
      .def_static("on_host", &given_on_host, exact("mean_mw"), exact("fading_m"))
      .def_static("on_device", &given_on_device, "kernels"_a, "mean_mw"_a, "fading_m"_a, "receivers"_a, "stations"_a,
                  "keeper"_a);
  py::class_<LinkFindings>(module, "LinkFindings", "What was found out about given links before work at them.")
      .def("bad_mean", [](const LinkFindings& found, const GivenHandle& given) { return place_of(given, found.bad_mean); })
      .def("bad_shape",
           [](const LinkFindings& found, const GivenHandle& given) { return place_of(given, found.bad_shape); })
      .def("broken_server", [](const LinkFindings& found) -> std::optional<std::uint64_t> {
        if (found.broken_server == LinkFindings::none) return std::nullopt;
        return found.broken_server;
      });
  kernels.def(py::init(&make_kernels), "where"_a, "threads"_a, "team_size"_a, "budget_bytes"_a)
      .def_property_readonly("on_gpu", &DeviceKernels::on_gpu)
      .def("upload_city", &DeviceKernels::upload_city, "city"_a, py::call_guard<py::gil_scoped_release>())
      .def("links_of_list", &links_of_list, exact("receivers_mm"), exact("stations_mm"), exact("power_mw"),
           exact("boresight"), exact("load"), exact("host_start"), exact("host_list"))
      .def("links_of_grid", &links_of_grid, "grid"_a, "first"_a, "count"_a, exact("stations_mm"), exact("power_mw"),
           exact("boresight"), exact("load"), exact("host_start"), exact("host_list"))
      .def("trace", &trace, "town"_a, "links"_a, "max_distance_mm"_a)
      .def("take_line_of_sight", &take_line_of_sight, "town"_a, "links"_a, exact("los_bits"))
      .def("link_features", &features_of_links, "town"_a, exact("transmitters_mm"), exact("receivers_mm"),
           "hosts_transparent"_a)
      .def("draw_far", &draw_far, "links"_a, exact("alpha_beta"), exact("gamma_m"), "exact_radius_mm"_a, "seed"_a,
           "first_receiver"_a)
      .def("cover_scene", &cover_scene, "links"_a, "gain_at_1m"_a, "exponent"_a, "shape_by_state"_a, "noise_mw"_a,
           "reach_mm"_a, exact("threshold"), "double_precision"_a)
      .def("hits_of_scene", &hits_of_scene, "links"_a, "gain_at_1m"_a, "exponent"_a, "shape_by_state"_a, "noise_mw"_a,
           "reach_mm"_a, exact("threshold"), "seed"_a, "draws"_a, "first_receiver"_a)
      .def("inspect", &inspect, "given"_a)
      .def("cover_given", &cover_given, "given"_a, "findings"_a, "noise_mw"_a, exact("threshold"))
      .def("hits_of_given", &hits_of_given, "given"_a, "findings"_a, "noise_mw"_a, exact("threshold"), "seed"_a,
           "draws"_a, "first_receiver"_a)
      .def("share_and_error", &DeviceKernels::share_and_error, "hits"_a, "draws"_a,
           py::call_guard<py::gil_scoped_release>())
      .def(
          "upload",
          [](DeviceKernels& kernels, const py::array& array) {
            require((array.flags() & py::array::c_style) != 0, "array: wanted a contiguous one");
            return kernels.upload(array.data(), std::size_t(array.nbytes()));
          },
          exact("array"));
}

}  // namespace radiocore
