#include <pybind11/stl.h>

#include <array>
#include <memory>
#include <optional>

#include "arrays.hpp"
#include "elementwise.hpp"
#include "line_of_sight.hpp"
#include "link_feature_arrays.hpp"
#include "link_features.hpp"
#include "outdoors.hpp"
#include "roof_raster.hpp"
#include "shadow.hpp"

namespace radiocore {
namespace {

/// (N, 3) m as (N, 3) whole mm, or None where a point is off the lattice or below ground.
std::optional<py::array_t<std::int64_t>> lattice_points(const Array<double>& points_m, int threads) {
  require_shape(points_m, "points_m", {-1, 3});
  const py::ssize_t count = points_m.shape(0);
  py::array_t<std::int64_t> out({count, py::ssize_t{3}});
  bool all_fit;
  {
    auto* const points = reinterpret_cast<Point3*>(out.mutable_data());
    py::gil_scoped_release unlock;
    all_fit = round_to_lattice(reinterpret_cast<const double (*)[3]>(points_m.data()), count, lattice_limit, threads,
                               points);
  }
  return all_fit ? std::optional(out) : std::nullopt;
}

std::vector<std::int64_t> copy_of(const Array<std::int64_t>& array) {
  return {array.data(), array.data() + array.size()};
}

std::unique_ptr<City> make_city(const Array<std::int64_t>& vertices_mm, const Array<std::int64_t>& ring_start,
                                const Array<std::int64_t>& prism_ring_start, const Array<std::int64_t>& base_mm,
                                const Array<std::int64_t>& roof_mm, const Array<std::int32_t>& prism_building) {
  const Point* points = as_points(vertices_mm, "vertices_mm");
  require_offsets(ring_start, "ring_start", 3, vertices_mm.shape(0));
  require_offsets(prism_ring_start, "prism_ring_start", 1, ring_start.size() - 1);
  const py::ssize_t prisms = prism_ring_start.size() - 1;
  require_shape(base_mm, "base_mm", {prisms});
  require_shape(roof_mm, "roof_mm", {prisms});
  require_shape(prism_building, "prism_building", {prisms});
  for (py::ssize_t i = 0; i < prisms; ++i) {
    require(0 <= base_mm.data()[i] && base_mm.data()[i] < roof_mm.data()[i] && roof_mm.data()[i] < lattice_limit,
            "roof_mm: a prism needs 0 <= base < roof, inside the lattice");
  }
  py::gil_scoped_release unlock;
  return std::make_unique<City>(
      std::vector<Point>(points, points + vertices_mm.shape(0)), copy_of(ring_start), copy_of(prism_ring_start),
      copy_of(base_mm), copy_of(roof_mm),
      std::vector<std::int32_t>(prism_building.data(), prism_building.data() + prisms));
}

py::array_t<std::int32_t> buildings_at(const City& city, const Array<std::int64_t>& points_mm, bool use_height,
                                       int threads) {
  const Point3* points = as_points3(points_mm, "points_mm");
  py::array_t<std::int32_t> out(points_mm.shape(0));
  {
    py::gil_scoped_release unlock;
    find_buildings(city, points, points_mm.shape(0), use_height, threads, out.mutable_data());
  }
  return out;
}

py::tuple host_buildings(const City& city, const Array<std::int64_t>& stations_mm) {
  const Point3* stations = as_points3(stations_mm, "stations_mm");
  std::vector<std::int64_t> start{0};
  std::vector<std::int32_t> list;
  const py::ssize_t count = stations_mm.shape(0);
  {
    py::gil_scoped_release unlock;
    for (py::ssize_t s = 0; s < count; ++s) {
      const std::vector<std::int32_t> under = city.buildings_under(stations[s].plan());
      list.insert(list.end(), under.begin(), under.end());
      start.push_back(std::int64_t(list.size()));
    }
  }
  return py::make_tuple(py::array_t<std::int64_t>(py::ssize_t(start.size()), start.data()),
                        py::array_t<std::int32_t>(py::ssize_t(list.size()), list.data()));
}

py::array_t<std::uint8_t> line_of_sight(const City& city, const Array<std::int64_t>& receivers_mm,
                                        const Array<std::int64_t>& stations_mm, const Array<std::int64_t>& host_start,
                                        const Array<std::int32_t>& host_list,
                                        const Array<std::int32_t>& receiver_building, const std::string& engine,
                                        std::int64_t max_distance_mm, int threads) {
  const LinkEnds ends{as_points3(receivers_mm, "receivers_mm"), receivers_mm.shape(0),
                      as_points3(stations_mm, "stations_mm"), stations_mm.shape(0)};
  require(host_start.size() == ends.station_count + 1, "host_start: wanted one offset more than stations");
  require_offsets(host_start, "host_start", 0, host_list.size());
  require_shape(receiver_building, "receiver_building", {ends.receiver_count});
  require(max_distance_mm < 2 * lattice_limit, "max_distance_mm: beyond the lattice");
  require(engine == "brute-force" || engine == "index", "engine: unknown");
  const auto choice = engine == "index" ? LineOfSightEngine::index : LineOfSightEngine::brute_force;
  py::array_t<std::uint8_t> out({ends.station_count, (ends.receiver_count + 7) / 8});
  {
    py::gil_scoped_release unlock;
    trace_line_of_sight(city, ends, {host_start.data(), host_list.data()}, receiver_building.data(), choice,
                        max_distance_mm, threads, out.mutable_data());
  }
  return out;
}

py::tuple features_of_links(const City& city, const Array<std::int64_t>& transmitters_mm,
                            const Array<std::int64_t>& receivers_mm, bool hosts_transparent, int threads,
                            const py::object& advance) {
  constexpr index_t links_at_a_time = 1 << 18;
  LinkFeatureArrays out(transmitters_mm, receivers_mm);
  for (index_t first = 0; first < out.count; first += links_at_a_time) {
    const index_t count = std::min(links_at_a_time, out.count - first);
    {
      py::gil_scoped_release unlock;
      fill_link_features(city, out.transmitters + first, out.receivers + first, count, hosts_transparent, threads,
                         out.columns.from(first));
    }
    if (!advance.is_none()) advance(count);
  }
  return out.arrays;
}

ReceiverGrid make_receiver_grid(std::int64_t x0, std::int64_t y0, std::int64_t z, std::int64_t step_x,
                                std::int64_t step_y, std::int64_t nx, std::int64_t ny) {
  require(step_x > 0 && step_y > 0 && nx > 0 && ny > 0, "receiver grid: steps and numbers of cells must be positive");
  for (const auto& [first, step, number] : {std::array{x0, step_x, nx}, std::array{y0, step_y, ny}}) {
    require(-lattice_limit < first && step < lattice_limit && number < lattice_limit &&
                first + step * (number - 1) < lattice_limit,
            "receiver grid: reaches beyond the lattice");
  }
  require(0 <= z && z < lattice_limit, "receiver grid: z must lie above ground, inside the lattice");
  return {x0, y0, z, step_x, step_y, std::int32_t(nx), std::int32_t(ny)};
}

py::array_t<std::uint8_t> outdoors_on_grid(const City& city, const ReceiverGrid& grid, int threads) {
  py::array_t<std::uint8_t> out((grid.size() + 7) / 8);
  {
    py::gil_scoped_release unlock;
    mark_outdoors(city, grid, threads, out.mutable_data());
  }
  return out;
}

void require_ascending(const Array<std::int64_t>& axis, const char* name) {
  require_shape(axis, name, {-1});
  for (py::ssize_t i = 0; i < axis.size(); ++i) {
    const std::int64_t value = axis.data()[i];
    require(value > -lattice_limit && value < lattice_limit, name, ": a coordinate lies beyond the lattice");
    require(i == 0 || axis.data()[i - 1] < value, name, ": must ascend");
  }
}

py::tuple roofs(const City& city, const Array<std::int64_t>& x_mm, const Array<std::int64_t>& y_mm, int threads) {
  require_ascending(x_mm, "x_mm");
  require_ascending(y_mm, "y_mm");
  const Raster raster{x_mm.data(), y_mm.data(), x_mm.size(), y_mm.size()};
  py::array_t<std::int32_t> roof({y_mm.size(), x_mm.size()}), building({y_mm.size(), x_mm.size()});
  {
    py::gil_scoped_release unlock;
    fill_roofs(city, raster, threads, roof.mutable_data(), building.mutable_data());
  }
  return py::make_tuple(roof, building);
}

py::array_t<std::uint8_t> shadows(const City& city, const ReceiverGrid& grid, const Array<std::int64_t>& stations_mm,
                                  const Array<std::int64_t>& host_start, const Array<std::int32_t>& host_list,
                                  const Array<std::uint8_t>& outdoors, std::int64_t max_distance_mm, int threads) {
  const Point3* stations = as_points3(stations_mm, "stations_mm");
  const py::ssize_t count = stations_mm.shape(0);
  require(host_start.size() == count + 1, "host_start: wanted one offset more than stations");
  require_offsets(host_start, "host_start", 0, host_list.size());
  require_shape(outdoors, "outdoors", {(grid.size() + 7) / 8});
  require(max_distance_mm < 2 * lattice_limit, "max_distance_mm: beyond the lattice");
  py::array_t<std::uint8_t> out({count, py::ssize_t((grid.size() + 7) / 8)});
  {
    py::gil_scoped_release unlock;
    trace_shadows(city, grid, stations, count, {host_start.data(), host_list.data()}, outdoors.data(), max_distance_mm,
                  threads, out.mutable_data());
  }
  return out;
}

/// Twice the area of each prism's outline in mm^2, holes subtracted: whole numbers below 2^53.
py::array_t<double> prism_areas_mm2x2(const Array<std::int64_t>& vertices_mm, const Array<std::int64_t>& ring_start,
                                      const Array<std::int64_t>& prism_ring_start) {
  const Point* points = as_points(vertices_mm, "vertices_mm");
  require_offsets(ring_start, "ring_start", 3, vertices_mm.shape(0));
  require_offsets(prism_ring_start, "prism_ring_start", 1, ring_start.size() - 1);
  py::array_t<double> out(prism_ring_start.size() - 1);
  for (py::ssize_t prism = 0; prism < out.size(); ++prism) {
    wide_t total = 0;
    const index_t outer = prism_ring_start.data()[prism];
    for (index_t ring = outer; ring < prism_ring_start.data()[prism + 1]; ++ring) {
      const index_t first = ring_start.data()[ring], last = ring_start.data()[ring + 1];
      wide_t area = 0;
      for (index_t i = first + 1; i + 1 < last; ++i) area += cross(points[first], points[i], points[first], points[i + 1]);
      area = area < 0 ? -area : area;
      total += ring == outer ? area : -area;
    }
    out.mutable_data()[prism] = double(total);
  }
  return out;
}

py::tuple enclosing_circle(const Array<double>& points) {
  require_shape(points, "points", {-1, 2});
  require(points.shape(0) > 0, "points: at least one is needed");
  const auto count = std::size_t(points.shape(0));
  Circle circle;
  {
    py::gil_scoped_release unlock;
    circle = minimum_enclosing_circle(points.data(), count);
  }
  return py::make_tuple(circle.x, circle.y, circle.radius);
}

}  // namespace

void bind_geometry(py::module_& module) {
  using namespace py::literals;
  py::class_<ReceiverGrid>(module, "ReceiverGrid", "Receivers at the nodes of a grid on one plane, mm, row by row.")
      .def(py::init(&make_receiver_grid), "x0"_a, "y0"_a, "z"_a, "step_x"_a, "step_y"_a, "nx"_a, "ny"_a);
  py::class_<City>(module, "City", "Buildings as the core holds them: exact columns, enclosing circles, wall grid.")
      .def(py::init(&make_city), py::arg("vertices_mm").noconvert(), py::arg("ring_start").noconvert(),
           py::arg("prism_ring_start").noconvert(), py::arg("base_mm").noconvert(), py::arg("roof_mm").noconvert(),
           py::arg("prism_building").noconvert())
      .def("buildings_at", &buildings_at, py::arg("points_mm").noconvert(), "use_height"_a, "threads"_a)
      .def("host_buildings", &host_buildings, py::arg("stations_mm").noconvert())
      .def("line_of_sight", &line_of_sight, py::arg("receivers_mm").noconvert(), py::arg("stations_mm").noconvert(),
           py::arg("host_start").noconvert(), py::arg("host_list").noconvert(),
           py::arg("receiver_building").noconvert(), "engine"_a, "max_distance_mm"_a, "threads"_a)
      .def("link_features", &features_of_links, py::arg("transmitters_mm").noconvert(),
           py::arg("receivers_mm").noconvert(), "hosts_transparent"_a, "threads"_a,
           "advance"_a = py::none())
      .def("outdoors", &outdoors_on_grid, "grid"_a, "threads"_a)
      .def("roofs", &roofs, py::arg("x_mm").noconvert(), py::arg("y_mm").noconvert(), "threads"_a)
      .def("shadows", &shadows, "grid"_a, py::arg("stations_mm").noconvert(), py::arg("host_start").noconvert(),
           py::arg("host_list").noconvert(), py::arg("outdoors").noconvert(), "max_distance_mm"_a, "threads"_a);
  module.def("lattice_points", &lattice_points, py::arg("points_m").noconvert(), "threads"_a);
  module.def("prism_areas_mm2x2", &prism_areas_mm2x2, py::arg("vertices_mm").noconvert(),
             py::arg("ring_start").noconvert(), py::arg("prism_ring_start").noconvert());
  module.def("minimum_enclosing_circle", &enclosing_circle, py::arg("points").noconvert());
}

}  // namespace radiocore
