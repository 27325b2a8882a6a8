#pragma once

#include <string>
#include <vector>

#include "troupe/base/metrics.hpp"

namespace troupe::gateway::detail {

inline constexpr auto kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/// The series in Prometheus' text format. `samples` are sorted by name, as `Metrics::samples` gives them.
std::string metrics_text(const std::vector<MetricSample>& samples);

}  // namespace troupe::gateway::detail
