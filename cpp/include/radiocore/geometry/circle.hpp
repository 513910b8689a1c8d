// Minimum enclosing circle by Welzl's incremental method.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "radiocore/numerics/philox.hpp"

namespace radiocore {

struct Circle {
  double x = 0.0, y = 0.0, radius = -1.0;

  bool contains(double px, double py) const { return std::hypot(px - x, py - y) <= radius * (1.0 + 1e-14); }
};

namespace circle_detail {

struct Vertex {
  double x, y;
};

inline double turn(Vertex a, Vertex b, double px, double py) {
  return (b.x - a.x) * (py - a.y) - (b.y - a.y) * (px - a.x);
}

/// The circle with diameter a-b.
inline Circle spanned_by(Vertex a, Vertex b) {
  Circle circle{0.5 * (a.x + b.x), 0.5 * (a.y + b.y), 0.0};
  circle.radius = std::max(std::hypot(circle.x - a.x, circle.y - a.y), std::hypot(circle.x - b.x, circle.y - b.y));
  return circle;
}

/// The circle through three points; radius < 0 if they are collinear.
inline Circle through(Vertex a, Vertex b, Vertex c) {
  const double bx = b.x - a.x, by = b.y - a.y, cx = c.x - a.x, cy = c.y - a.y;
  const double d = 2.0 * (bx * cy - by * cx);
  if (d == 0.0) return {};
  const double b2 = bx * bx + by * by, c2 = cx * cx + cy * cy;
  Circle circle{a.x + (cy * b2 - by * c2) / d, a.y + (bx * c2 - cx * b2) / d, 0.0};
  for (const Vertex v : {a, b, c}) circle.radius = std::max(circle.radius, std::hypot(circle.x - v.x, circle.y - v.y));
  return circle;
}

/// The smallest circle around points[0, count) with p and q on it.
///
/// Every circle through p and q has its centre on their bisector: the answer is the one that
/// reaches farthest to the left, or to the right, of p->q; no triple is trusted on its own.
inline Circle with_two(const std::vector<Vertex>& points, std::size_t count, Vertex p, Vertex q) {
  const Circle diameter = spanned_by(p, q);
  Circle left, right;
  for (std::size_t i = 0; i < count; ++i) {
    const Vertex r = points[i];
    if (diameter.contains(r.x, r.y)) continue;
    const double side = turn(p, q, r.x, r.y);
    const Circle circle = through(p, q, r);
    if (circle.radius < 0.0) continue;
    const double reach = turn(p, q, circle.x, circle.y);
    if (side > 0.0 && (left.radius < 0.0 || reach > turn(p, q, left.x, left.y))) {
      left = circle;
    } else if (side < 0.0 && (right.radius < 0.0 || reach < turn(p, q, right.x, right.y))) {
      right = circle;
    }
  }
  if (left.radius < 0.0 && right.radius < 0.0) return diameter;
  if (left.radius < 0.0) return right;
  if (right.radius < 0.0) return left;
  return left.radius <= right.radius ? left : right;
}

inline Circle with_one(const std::vector<Vertex>& points, std::size_t count, Vertex p) {
  Circle circle{p.x, p.y, 0.0};
  for (std::size_t i = 0; i < count; ++i) {
    const Vertex q = points[i];
    if (circle.contains(q.x, q.y)) continue;
    circle = circle.radius == 0.0 ? spanned_by(p, q) : with_two(points, i, p, q);
  }
  return circle;
}

}  // namespace circle_detail

/// The smallest circle around points (x0, y0, x1, y1, ...); expected linear time.
///
/// Accuracy about 1e-14 relative on sets that are not nearly collinear, 1e-9 promised on all. The
/// points are visited in a fixed pseudo-random order, so the answer is the same on every run.
inline Circle minimum_enclosing_circle(const double* xy, std::size_t count) {
  using circle_detail::Vertex;
  if (count == 0) return {};
  // About the first point, so that a far-away origin costs no digits.
  const double origin_x = xy[0], origin_y = xy[1];
  std::vector<Vertex> points(count);
  for (std::size_t i = 0; i < count; ++i) points[i] = {xy[2 * i] - origin_x, xy[2 * i + 1] - origin_y};
  for (std::size_t i = count - 1; i > 0; --i) {
    const Words words = philox4x32({{std::uint32_t(i), 0, 0, 0}}, {{0, 0}});
    std::swap(points[i], points[words.w[0] % (i + 1)]);
  }
  Circle circle;
  for (std::size_t i = 0; i < count; ++i) {
    const Vertex p = points[i];
    if (circle.radius < 0.0 || !circle.contains(p.x, p.y)) circle = circle_detail::with_one(points, i, p);
  }
  circle.x += origin_x;
  circle.y += origin_y;
  return circle;
}

}  // namespace radiocore
