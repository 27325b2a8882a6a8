#include "troupe/gateway/detail/metrics_text.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace troupe::gateway::detail {

namespace {

prometheus::MetricType type_of(const MetricSample& sample) {
  if (sample.histogram) return prometheus::MetricType::Histogram;
  return sample.is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
}

double to_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

void fill(const DurationHistogram& histogram, prometheus::ClientMetric::Histogram& shown) {
  std::uint64_t count = 0;  // Prometheus' buckets hold all that is below their bound.
  for (std::size_t i = 0; i < DurationHistogram::kBounds; ++i) {
    count += histogram.in_bucket(i);
    shown.bucket.push_back({.cumulative_count = count, .upper_bound = to_seconds(DurationHistogram::bound(i))});
  }
  shown.sample_count = histogram.count();
  shown.sample_sum = to_seconds(histogram.sum());
}

}  // namespace

std::string metrics_text(const std::vector<MetricSample>& samples) {
  std::vector<prometheus::MetricFamily> families;
  for (const MetricSample& sample : samples) {
    if (families.empty() || families.back().name != sample.name) {
      prometheus::MetricFamily& family = families.emplace_back();
      family.name = sample.name;
      family.help = sample.help;
      family.type = type_of(sample);
    }
    prometheus::ClientMetric& metric = families.back().metric.emplace_back();
    for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
    if (sample.histogram) {
      fill(*sample.histogram, metric.histogram);
      continue;
    }
    (sample.is_counter ? metric.counter.value : metric.gauge.value) = sample.value;
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace troupe::gateway::detail
