#include <pybind11/stl.h>

#include "arrays.hpp"
#include "density_table.hpp"
#include "terrain.hpp"

namespace radiocore {
namespace {

void require_stretch(const ReceiverGrid& grid, index_t first, index_t count, std::int64_t radius_mm) {
  const bool inside = first >= 0 && count >= 0 && first <= grid.size() && count <= grid.size() - first;
  require(inside, "first, count: beyond the grid");
  require(radius_mm > 0 && radius_mm < lattice_limit, "radius_mm: must be positive and inside the lattice");
}

py::tuple terrain_on_grid(const Array<std::int64_t>& centre_mm, const Array<std::int64_t>& area_mm2,
                          const Array<std::int64_t>& height_mm, const ReceiverGrid& grid, index_t first, index_t count,
                          std::int64_t radius_mm, int threads) {
  const BuildingTable table{as_points(centre_mm, "centre_mm"), area_mm2.data(), height_mm.data(), centre_mm.shape(0)};
  require_shape(area_mm2, "area_mm2", {table.count});
  require_shape(height_mm, "height_mm", {table.count});
  require_stretch(grid, first, count, radius_mm);
  py::array_t<double> alpha_beta(count), gamma_m(count);
  {
    py::gil_scoped_release unlock;
    describe_terrain(table, grid, first, count, radius_mm, threads, alpha_beta.mutable_data(), gamma_m.mutable_data());
  }
  return py::make_tuple(alpha_beta, gamma_m);
}

py::array_t<std::int32_t> points_within(const Array<std::int64_t>& points_mm, const ReceiverGrid& grid, index_t first,
                                        index_t count, std::int64_t radius_mm, int threads) {
  const Point* const points = as_points(points_mm, "points_mm");
  require_stretch(grid, first, count, radius_mm);
  py::array_t<std::int32_t> out(count);
  {
    py::gil_scoped_release unlock;
    count_within(points, points_mm.shape(0), grid, first, count, radius_mm, threads, out.mutable_data());
  }
  return out;
}

py::array_t<double> line_of_sight_mixture(const Array<std::int64_t>& receivers_mm,
                                          const Array<std::int64_t>& stations_mm, const Array<std::uint8_t>& los,
                                          const Array<std::int32_t>& receiver_building,
                                          const Array<double>& alpha_beta, const Array<double>& gamma_m,
                                          std::int64_t exact_radius_mm, int threads) {
  const LinkEnds ends{as_points3(receivers_mm, "receivers_mm"), receivers_mm.shape(0),
                      as_points3(stations_mm, "stations_mm"), stations_mm.shape(0)};
  require_shape(los, "los", {ends.station_count, ends.receiver_count});
  require_shape(receiver_building, "receiver_building", {ends.receiver_count});
  require_shape(alpha_beta, "alpha_beta", {ends.receiver_count});
  require_shape(gamma_m, "gamma_m", {ends.receiver_count});
  require(exact_radius_mm < 2 * lattice_limit, "exact_radius_mm: beyond the lattice");
  py::array_t<double> out({ends.station_count, ends.receiver_count});
  {
    py::gil_scoped_release unlock;
    fill_line_of_sight_probability(ends, los.data(), receiver_building.data(), alpha_beta.data(), gamma_m.data(),
                                   exact_radius_mm, threads, out.mutable_data());
  }
  return out;
}

void require_ascending(const Array<double>& axis, const char* name) {
  require_shape(axis, name, {-1});
  require(axis.shape(0) >= 1, name, ": is empty");
  for (index_t i = 1; i < axis.shape(0); ++i) require(axis.data()[i - 1] < axis.data()[i], name, ": must ascend");
}

/// The stations of each receiver as a level of the table, checked.
DensityTable as_table(const Array<double>& value, index_t nodes, const Array<std::int32_t>& stations) {
  require_shape(value, "value", {-1, -1, nodes});
  for (index_t r = 0; r < stations.shape(0); ++r) {
    require(stations.data()[r] >= 0 && stations.data()[r] < value.shape(1), "stations: beyond the table");
  }
  return {value.data(), value.shape(0), value.shape(1), nodes};
}

Surrounded as_surrounded(const Array<double>& alpha_beta, const Array<double>& gamma_m,
                         const Array<std::int32_t>& stations) {
  const index_t receivers = stations.shape(0);
  require_shape(stations, "stations", {-1});
  require_shape(alpha_beta, "alpha_beta", {receivers});
  require_shape(gamma_m, "gamma_m", {receivers});
  return {receivers, alpha_beta.data(), gamma_m.data(), stations.data()};
}

py::array_t<double> interpolated_in_table(const Array<double>& value, const Array<double>& alpha_beta_axis,
                                          const Array<double>& gamma_axis, const Array<double>& alpha_beta,
                                          const Array<double>& gamma_m, const Array<std::int32_t>& stations,
                                          int threads) {
  require_ascending(alpha_beta_axis, "alpha_beta_axis");
  require_ascending(gamma_axis, "gamma_axis");
  const Surrounded receivers = as_surrounded(alpha_beta, gamma_m, stations);
  const DensityTable table = as_table(value, alpha_beta_axis.shape(0) * gamma_axis.shape(0), stations);
  const TerrainPlane plane{{alpha_beta_axis.data(), alpha_beta_axis.shape(0)}, {gamma_axis.data(), gamma_axis.shape(0)}};
  py::array_t<double> out({table.thresholds, receivers.count});
  {
    py::gil_scoped_release unlock;
    interpolate(table, plane, receivers, threads, out.mutable_data());
  }
  return out;
}

py::array_t<double> nearest_in_table(const Array<double>& value, const Array<double>& a, const Array<double>& b,
                                     const Array<double>& alpha_beta, const Array<double>& gamma_m,
                                     const Array<std::int32_t>& stations, int threads) {
  require_shape(a, "a", {-1});
  require_shape(b, "b", {a.shape(0)});
  require(a.shape(0) >= 1, "a: is empty");
  const Surrounded receivers = as_surrounded(alpha_beta, gamma_m, stations);
  const DensityTable table = as_table(value, a.shape(0) + 1, stations);
  py::array_t<double> out({table.thresholds, receivers.count});
  {
    py::gil_scoped_release unlock;
    take_nearest(table, {a.data(), b.data(), a.shape(0)}, receivers, threads, out.mutable_data());
  }
  return out;
}

}  // namespace

void bind_terrain(py::module_& module) {
  using namespace py::literals;
  const auto exact = [](const char* name) { return py::arg(name).noconvert(); };
  module.def("terrain_on_grid", &terrain_on_grid, exact("centre_mm"), exact("area_mm2"), exact("height_mm"), "grid"_a,
             "first"_a, "count"_a, "radius_mm"_a, "threads"_a);
  module.def("points_within", &points_within, exact("points_mm"), "grid"_a, "first"_a, "count"_a, "radius_mm"_a,
             "threads"_a);
  module.def("line_of_sight_mixture", &line_of_sight_mixture, exact("receivers_mm"), exact("stations_mm"),
             exact("los"), exact("receiver_building"), exact("alpha_beta"), exact("gamma_m"), "exact_radius_mm"_a,
             "threads"_a);
  module.def("interpolated_in_table", &interpolated_in_table, exact("value"), exact("alpha_beta_axis"),
             exact("gamma_axis"), exact("alpha_beta"), exact("gamma_m"), exact("stations"), "threads"_a);
  module.def("nearest_in_table", &nearest_in_table, exact("value"), exact("a"), exact("b"), exact("alpha_beta"),
             exact("gamma_m"), exact("stations"), "threads"_a);
}

}  // namespace radiocore
