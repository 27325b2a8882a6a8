#include "troupe/gateway/detail/metrics_text.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace troupe::gateway::detail {

std::string metrics_text(const std::vector<MetricSample>& samples) {
  std::vector<prometheus::MetricFamily> families;
  for (const MetricSample& sample : samples) {
    if (families.empty() || families.back().name != sample.name) {
      prometheus::MetricFamily& family = families.emplace_back();
      family.name = sample.name;
      family.help = sample.help;
      family.type = sample.is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    }
    prometheus::ClientMetric& metric = families.back().metric.emplace_back();
    for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
    (sample.is_counter ? metric.counter.value : metric.gauge.value) = sample.value;
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace troupe::gateway::detail
