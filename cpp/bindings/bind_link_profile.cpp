#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "arrays.hpp"
#include "link_profile.hpp"

namespace radiocore {
namespace {

// Places along a link are counted in cells in single precision, which holds whole numbers up to 2^24: so many cells
// a side, and none so small that a link has more steps.
constexpr py::ssize_t most_cells_a_side = py::ssize_t(1) << 23;
constexpr std::int64_t least_cell_mm = 256;

RoofCells as_roof_cells(const Array<std::int32_t>& roof_mm, const Array<std::int32_t>& building,
                        const Array<std::uint8_t>& distance, std::array<std::int64_t, 2> corner_mm,
                        std::int64_t cell_mm) {
  require(roof_mm.ndim() == 2 && roof_mm.shape(0) >= 2 && roof_mm.shape(1) >= 2,
          "roof_mm: wanted (Y, X), 2 x 2 or more");
  require(roof_mm.shape(0) <= most_cells_a_side && roof_mm.shape(1) <= most_cells_a_side, "roof_mm: too many cells");
  require_shape(building, "building", {roof_mm.shape(0), roof_mm.shape(1)});
  require_shape(distance, "distance", {roof_mm.shape(0), roof_mm.shape(1), py::ssize_t(free_above_mm.size())});
  require(cell_mm >= least_cell_mm && cell_mm < lattice_limit, "cell_mm: must be 256 or more, inside the lattice");
  for (const std::int64_t corner : corner_mm) {
    require(corner > -2 * lattice_limit && corner < 2 * lattice_limit, "corner_mm: beyond the lattice");
  }
  const auto nx = std::int32_t(roof_mm.shape(1)), ny = std::int32_t(roof_mm.shape(0));
  return {roof_mm.data(), building.data(), distance.data(), corner_mm[0], corner_mm[1], cell_mm, nx, ny};
}

ProfileModel as_model(double scale_mm, double side, double certain) {
  require(scale_mm >= 1.0 && scale_mm < lattice_limit, "scale_mm: must be 1 or more, inside the lattice");
  require(side >= 0.0 && side <= 64.0, "side: must be 0 to 64 cells");
  require(certain >= 0 && certain < 0.5, "certain: must lie in [0, 0.5)");
  return {{}, float(scale_mm), float(side), certain};
}

/// So that no hazard overflows.
void require_moderate(const float* value, int count, const char* name) {
  const bool moderate = std::all_of(value, value + count, [](float each) { return std::abs(each) < 1e6f; });
  require(moderate, name, ": numbers must lie between -1e6 and 1e6");
}

ProfileNetwork as_network(const Array<float>& kernel, const Array<float>& bias, const Array<float>& weight,
                          float weight_bias) {
  require_shape(kernel, "kernel", {profile_inputs, profile_hidden});
  require_shape(bias, "bias", {profile_hidden});
  require_shape(weight, "weight", {profile_hidden});
  ProfileNetwork network{};
  std::copy_n(kernel.data(), profile_hidden * profile_inputs, &network.kernel[0][0]);
  std::copy_n(bias.data(), profile_hidden, network.bias);
  std::copy_n(weight.data(), profile_hidden, network.weight);
  network.weight_bias = weight_bias;
  require_moderate(&network.kernel[0][0], profile_hidden * profile_inputs, "kernel");
  require_moderate(network.bias, profile_hidden, "bias");
  require_moderate(network.weight, profile_hidden, "weight");
  require_moderate(&network.weight_bias, 1, "weight_bias");
  return network;
}

py::array_t<double> profile_probability(const Array<float>& kernel, const Array<float>& bias,
                                        const Array<float>& weight, float weight_bias, double scale_mm, double side,
                                        double certain, const Array<std::int32_t>& roof_mm,
                                        const Array<std::int32_t>& building, const Array<std::uint8_t>& distance,
                                        std::array<std::int64_t, 2> corner_mm, std::int64_t cell_mm,
                                        const Array<std::int64_t>& receivers_mm,
                                        const Array<std::int64_t>& stations_mm, const Array<std::int64_t>& host_start,
                                        const Array<std::int32_t>& host_list,
                                        const Array<std::int32_t>& receiver_building,
                                        const Array<std::uint8_t>& los, std::int64_t exact_radius_mm, int threads) {
  ProfileModel model = as_model(scale_mm, side, certain);
  model.network = as_network(kernel, bias, weight, weight_bias);
  const RoofCells roofs = as_roof_cells(roof_mm, building, distance, corner_mm, cell_mm);
  const LinkEnds ends{as_points3(receivers_mm, "receivers_mm"), receivers_mm.shape(0),
                      as_points3(stations_mm, "stations_mm"), stations_mm.shape(0)};
  require_shape(host_start, "host_start", {ends.station_count + 1});
  require_offsets(host_start, "host_start", 0, host_list.size());
  require_shape(receiver_building, "receiver_building", {ends.receiver_count});
  require_shape(los, "los", {ends.station_count, ends.receiver_count});
  require(exact_radius_mm >= 0 && exact_radius_mm < 2 * lattice_limit, "exact_radius_mm: beyond the lattice");
  py::array_t<double> out({ends.station_count, ends.receiver_count});
  {
    py::gil_scoped_release unlock;
    fill_profile_probability(model, roofs, ends, {host_start.data(), host_list.data()}, receiver_building.data(),
                             los.data(), exact_radius_mm, threads, out.mutable_data());
  }
  return out;
}

py::tuple link_profiles(double scale_mm, double side, const Array<std::int32_t>& roof_mm,
                        const Array<std::int32_t>& building, const Array<std::uint8_t>& distance,
                        std::array<std::int64_t, 2> corner_mm, std::int64_t cell_mm,
                        const Array<std::int64_t>& receivers_mm, const Array<std::int64_t>& stations_mm,
                        py::ssize_t steps) {
  const RoofCells roofs = as_roof_cells(roof_mm, building, distance, corner_mm, cell_mm);
  const Point3* const receivers = as_points3(receivers_mm, "receivers_mm");
  const Point3* const stations = as_points3(stations_mm, "stations_mm");
  const py::ssize_t links = receivers_mm.shape(0);
  require_shape(stations_mm, "stations_mm", {links, 3});
  require(steps > 0, "steps: must be positive");
  py::array_t<float> clearances({links, steps, py::ssize_t(profile_clearances)});
  py::array_t<std::int32_t> count(links);
  {
    py::gil_scoped_release unlock;
    fill_profiles(as_model(scale_mm, side, 0.0), roofs, receivers, stations, links, steps, clearances.mutable_data(),
                  count.mutable_data());
  }
  return py::make_tuple(clearances, count);
}

py::array_t<std::uint8_t> free_distances(const Array<std::int32_t>& roof_mm, int threads) {
  require(roof_mm.ndim() == 2 && roof_mm.size() < lattice_limit, "roof_mm: wanted (Y, X), inside the lattice");
  py::array_t<std::uint8_t> out({roof_mm.shape(0), roof_mm.shape(1), py::ssize_t(free_above_mm.size())});
  {
    py::gil_scoped_release unlock;
    fill_free_distances(roof_mm.data(), std::int32_t(roof_mm.shape(1)), std::int32_t(roof_mm.shape(0)), threads,
                        out.mutable_data());
  }
  return out;
}

}  // namespace

void bind_link_profile(py::module_& module) {
  using namespace py::literals;
  const auto exact = [](const char* name) { return py::arg(name).noconvert(); };
  module.def("profile_probability", &profile_probability, exact("kernel"), exact("bias"), exact("weight"),
             "weight_bias"_a, "scale_mm"_a, "side"_a, "certain"_a, exact("roof_mm"), exact("building"),
             exact("distance"), "corner_mm"_a, "cell_mm"_a, exact("receivers_mm"), exact("stations_mm"),
             exact("host_start"), exact("host_list"),
             exact("receiver_building"), exact("los"), "exact_radius_mm"_a, "threads"_a);
  module.def("free_distances", &free_distances, exact("roof_mm"), "threads"_a);
  module.def("link_profiles", &link_profiles, "scale_mm"_a, "side"_a, exact("roof_mm"), exact("building"),
             exact("distance"), "corner_mm"_a, "cell_mm"_a, exact("receivers_mm"), exact("stations_mm"), "steps"_a);
}

}  // namespace radiocore
