#include "troupe/base/metrics.hpp"

#include "troupe/base/assert.hpp"

namespace troupe {

Metrics::Series& Metrics::series(const std::string& name, const std::string& help, const MetricLabels& labels) {
  Series& found = series_[{name, labels}];
  if (found.help.empty()) found.help = help;
  return found;
}

Counter& Metrics::counter(const std::string& name, const std::string& help, const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  Series& found = series(name, help, labels);
  TROUPE_ASSERT(!found.gauge);
  if (!found.counter) found.counter = std::make_unique<Counter>();
  return *found.counter;
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  Series& found = series(name, help, labels);
  TROUPE_ASSERT(!found.counter);
  if (!found.gauge) found.gauge = std::make_unique<Gauge>();
  return *found.gauge;
}

std::vector<MetricSample> Metrics::samples() const {
  const std::lock_guard lock(mutex_);
  std::vector<MetricSample> samples;
  samples.reserve(series_.size());
  for (const auto& [key, series] : series_) {
    const double value =
        series.counter ? static_cast<double>(series.counter->value()) : static_cast<double>(series.gauge->value());
    samples.push_back({key.first, series.help, series.counter != nullptr, key.second, value});
  }
  return samples;
}

}  // namespace troupe
