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
  TROUPE_ASSERT(!found.gauge && !found.histogram);
  if (!found.counter) found.counter = std::make_unique<Counter>();
  return *found.counter;
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  Series& found = series(name, help, labels);
  TROUPE_ASSERT(!found.counter && !found.histogram);
  if (!found.gauge) found.gauge = std::make_unique<Gauge>();
  return *found.gauge;
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help, const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  Series& found = series(name, help, labels);
  TROUPE_ASSERT(!found.counter && !found.gauge);
  if (!found.histogram) found.histogram = std::make_unique<Histogram>();
  return *found.histogram;
}

std::vector<MetricSample> Metrics::samples() const {
  const std::lock_guard lock(mutex_);
  std::vector<MetricSample> samples;
  samples.reserve(series_.size());
  for (const auto& [key, series] : series_) {
    MetricSample& sample = samples.emplace_back(key.first, series.help, series.counter != nullptr, key.second);
    if (series.counter) sample.value = static_cast<double>(series.counter->value());
    if (series.gauge) sample.value = static_cast<double>(series.gauge->value());
    if (series.histogram) sample.histogram = series.histogram->value();
  }
  return samples;
}

}  // namespace troupe
