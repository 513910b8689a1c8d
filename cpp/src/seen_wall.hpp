// Walls as one station sees them: how far they are in each sector, and which sectors they close.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "sector_edges.hpp"

namespace radiocore::seen {

/// Margin of pseudo-azimuths, and of slopes and distances relative to them. Rounding of a link's
/// place in a fan stays under 5e-7 of each, that of walls a million times below.
constexpr double margin = 2e-6;
/// Between two edges of a sector a wall may be nearer by this than at both: 1 / cosine of half its width.
constexpr double bulge = 1.0 + 1e-5;
/// Whatever is this near to the station has no direction to speak of.
constexpr double touching_mm = 2.0;

inline double length(double x, double y) { return std::sqrt(x * x + y * y); }

inline std::int32_t wrapped(std::int32_t sector) { return sector & (fan_sectors - 1); }

/// Inverse distances, 1/mm, between which something lies.
struct Span {
  double low, high;

  void join(Span other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
};

/// A place in plan, from the station. Near an edge it may be in either sector, else first == last.
struct Corner {
  double x, y, inverse;
  std::int32_t first, last;

  Corner(double dx, double dy) : x(dx), y(dy), inverse(1.0 / length(dx, dy)) {
    const double azimuth = pseudo_azimuth(dx, dy);
    first = sector_of(azimuth - margin);
    last = sector_of(azimuth + margin);
  }
  bool in_one() const { return first == last; }
  bool touches() const { return inverse * touching_mm >= 1.0; }

 private:
  static std::int32_t sector_of(double azimuth) {  // floor, of what is above -4
    return std::int32_t((azimuth + 4.0) * (0.25 * fan_sectors)) - fan_sectors;
  }
};

/// The wall from one corner to the next of a ring, in the sectors from its right end to its left.
struct SeenWall {
  const Corner& right;
  const Corner& left;
  bool touches;     // the station
  bool forth;       // from right to left
  bool along_edge;  // too narrow a view to say which sectors it crosses
  std::int32_t sectors, inner_first, inner_last;  // sectors crossed from edge to edge, by number from the right

  /// `turn`: exact cross product of the corners; its sign tells on which side the wall passes.
  SeenWall(const Corner& from, const Corner& to, std::int64_t exact_turn)
      : right(exact_turn > 0 ? from : to), left(exact_turn > 0 ? to : from), forth(exact_turn > 0) {
    const double ex = to.x - from.x, ey = to.y - from.y, turn = double(exact_turn);
    const double width = std::abs(ex) + std::abs(ey);  // an upper bound
    const bool foot_inside = from.x * ex + from.y * ey < 0 && to.x * ex + to.y * ey > 0;
    touches = from.touches() || to.touches() || (foot_inside && std::abs(turn) <= touching_mm * width);
    const double per_turn = exact_turn != 0 ? 1.0 / turn : 0.0;
    const double per_line = exact_turn != 0 ? width * std::abs(per_turn) : fan_infinity;
    wx_ = ey * per_turn;
    wy_ = -ex * per_turn;
    slack_ = 2 * margin * per_line;
    whole_ = {std::min(from.inverse, to.inverse), foot_inside ? per_line : std::max(from.inverse, to.inverse)};
    sectors = wrapped(left.last - right.first) + 1;
    inner_first = 1 + right.last - right.first;
    inner_last = sectors - 2 - (left.last - left.first);
    along_edge = sectors > 1 && (exact_turn == 0 || inner_first > inner_last + 1);
  }

  bool crosses(std::int32_t i) const { return i >= inner_first && i <= inner_last; }
  std::int32_t sector(std::int32_t i) const { return wrapped(right.first + i); }

  /// Where the wall lies in its i-th sector from the right.
  Span span(std::int32_t i, const SectorEdges& edges) const {
    const auto edge = std::size_t(sector(i));
    const double a = i < inner_first ? right.inverse : inverse_towards(edges.x[edge], edges.y[edge]);
    const double b = i > inner_last ? left.inverse : inverse_towards(edges.x[edge + 1], edges.y[edge + 1]);
    return {std::max(std::min(a, b) - slack_, whole_.low), std::min(std::max(a, b) * bulge + slack_, whole_.high)};
  }

 private:
  double inverse_towards(double x, double y) const { return wx_ * x + wy_ * y; }  // linear along a wall

  double wx_, wy_, slack_;
  Span whole_;
};

/// Walls of a ring one after the other, in the sector of the corners between them. Where they come
/// in by one edge of it and go out by the other, no link of the sector passes between them.
class Chain {
 public:
  explicit Chain(const Corner& start) {
    if (start.in_one()) begin(Edge::start, {start.inverse, start.inverse});
  }

  /// Goes on by a wall from one corner to the next; calls closed(sector, span) for a sector it leaves so.
  template <class Closed>
  void follow(const SeenWall& wall, const SectorEdges& edges, Closed&& closed) {
    const Corner& from = wall.forth ? wall.right : wall.left;
    const Corner& to = wall.forth ? wall.left : wall.right;
    const std::int32_t last = wall.sectors - 1;
    if (wall.touches || wall.along_edge) return begin(Edge::none, {});
    if (last == 0) return span_.join(wall.span(0, edges));
    if (from.in_one()) {
      span_.join(wall.span(wall.forth ? 0 : last, edges));
      leave(wall.forth ? Edge::left : Edge::right, wrapped(from.first), closed);
    }
    begin(!to.in_one() ? Edge::none : wall.forth ? Edge::right : Edge::left, wall.span(wall.forth ? last : 0, edges));
  }

  /// Back at the corner where the ring began.
  template <class Closed>
  void end(const Corner& start, Closed&& closed) {
    span_.join(start_);
    if (out_ != Edge::none) leave(out_, wrapped(start.first), closed);
  }

 private:
  enum class Edge { none, start, right, left };

  void begin(Edge edge, Span span) {
    in_ = edge;
    span_ = span;
  }

  template <class Closed>
  void leave(Edge edge, std::int32_t sector, Closed&& closed) {
    if (in_ == Edge::start) {
      out_ = edge;
      start_ = span_;
    } else if (in_ != Edge::none && in_ != edge) {
      closed(sector, span_);
    }
  }

  Edge in_ = Edge::none, out_ = Edge::none;
  Span span_{fan_infinity, 0.0}, start_{fan_infinity, 0.0};
};

}  // namespace radiocore::seen
