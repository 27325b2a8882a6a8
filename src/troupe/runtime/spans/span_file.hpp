#pragma once

#include <memory>
#include <string>

#include "troupe/actor/log.hpp"
#include "troupe/actor/trace/span.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/metrics.hpp"
#include "troupe/runtime/spans/otlp_json.hpp"

namespace troupe::runtime {

struct SpanFileOptions {
  std::string path;
  std::size_t bytes_max = 64U << 20U;  ///< Above it the file becomes `<path>.1`, in the place of the one before.
  std::size_t queue_spans_max = 8192;  ///< That wait to be written. One more is dropped, and counted.
  Duration gather = 200ms;             ///< How long a span waits for others of its line.
  SpanResource resource;
};

/// Writes the spans of a node into a file of OTLP/JSON lines. A thread of its own does the writing, so a slow disk
/// holds up no shard. Where writing fails spans are dropped, counted, and the log says so once until it works again.
/// Any thread; it outlives the shards that it is given to.
class SpanFile final : public SpanSink {
 public:
  /// Appends if the file is there. Fails with `input_output`.
  static Result<std::unique_ptr<SpanFile>> open(SpanFileOptions options, Metrics& metrics, LogSink& log_sink);
  ~SpanFile() override;

  /// The clock of the runtime's shards.
  TimePoint now() const override;
  void record(Span span) override;
  /// Writes what waits, and takes no more.
  void close();

 private:
  struct Parts;
  explicit SpanFile(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace troupe::runtime
