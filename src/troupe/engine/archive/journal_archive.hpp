#pragma once

#include <istream>
#include <memory>
#include <ostream>

#include "troupe/engine/archive/stream_visitor.hpp"

/// A journal as lines of JSON: the backup, and the way from one engine to another. README.md of engine/ has the format.
namespace troupe::engine {

/// Writes what it is shown as an archive. The stream is to be looked at when all is written.
class ArchiveWriter final : public StreamVisitor {
 public:
  explicit ArchiveWriter(std::ostream& out);

  Result<void> begin(const std::string& stream, const document::StreamHead& head) override;
  Result<void> event(document::Event event) override;
  Result<void> snapshot(document::Snapshot snapshot) override;
  Result<void> end() override;
  /// The last line, without which an archive is cut short.
  Result<void> finish();

 private:
  Result<void> line(const std::string& text);

  std::ostream& out_;
  std::string stream_;
  std::uint64_t checksum_ = 0;  ///< Of the stream's lines so far.
  ArchiveCounts counts_;
};

/// Shows what is in an archive. `corrupt`, with the line's number, for anything that an `ArchiveWriter` does not write:
/// a damaged, missing or repeated line, another version, and an end that is not there.
Result<ArchiveCounts> visit_archive(std::istream& in, StreamVisitor& visitor, const ArchiveProgress& progress);

}  // namespace troupe::engine
