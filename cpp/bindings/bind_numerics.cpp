// Scalar formulas of the numeric headers, vectorised: what Python calls and what tests hold to mpmath.
#include <pybind11/stl.h>

#include <array>

#include "arrays.hpp"
#include "elementwise.hpp"
#include "radiocore/coverage/air_to_ground.hpp"
#include "radiocore/numerics/elementary.hpp"
#include "radiocore/numerics/philox.hpp"

namespace radiocore {

void bind_numerics(py::module_& module) {
  using namespace py::literals;
  module.def("log", [](const py::array_t<double, py::array::c_style | py::array::forcecast>& x) {
    py::array_t<double> out(std::vector<py::ssize_t>(x.shape(), x.shape() + x.ndim()));
    log_of_each(x.data(), x.size(), out.mutable_data());
    return out;
  }, "x"_a);
  module.def("log1p", py::vectorize([](double x) { return log1p_ieee(x); }), "x"_a);
  module.def("log_float", py::vectorize([](float x) { return log_ieee(x); }), "x"_a);
  module.def("quotient_from", py::vectorize([](float reciprocal, float f, float d) {
    return quotient_from(reciprocal, f, d);
  }), "reciprocal"_a, "f"_a, "d"_a);
  module.def("exp", py::vectorize([](double x) { return exp_ieee(x); }), "x"_a);
  module.def("exp_of_minus_float", py::vectorize([](float x) { return exp_of_minus(x); }), "x"_a);
  module.def("atan2", py::vectorize([](double y, double x) { return atan2_ieee(y, x); }), "y"_a, "x"_a);
  module.def("sigmoid_parameters", [](double alpha_beta, double gamma_m) {
    const SigmoidParameters ab = sigmoid_parameters(alpha_beta, gamma_m);
    return py::make_tuple(ab.a, ab.b);
  }, "alpha_beta"_a, "gamma_m"_a);
  module.def("line_of_sight_probability", py::vectorize([](double horizontal_m, double height_m, double a, double b) {
    return line_of_sight_probability(horizontal_m, height_m, {a, b});
  }), "horizontal_m"_a, "height_m"_a, "a"_a, "b"_a);
  module.def("terrain_line_of_sight", py::vectorize([](double horizontal_m, double height_m, double alpha_beta,
                                                       double gamma_m) {
    return terrain_line_of_sight(horizontal_m, height_m, clamped_parameters({alpha_beta, gamma_m}), alpha_beta);
  }), "horizontal_m"_a, "height_m"_a, "alpha_beta"_a, "gamma_m"_a);
  module.def("philox4x32", [](std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    const Words words = philox4x32({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
    return py::make_tuple(words.w[0], words.w[1], words.w[2], words.w[3]);
  }, "counter"_a, "key"_a);
}

}  // namespace radiocore
