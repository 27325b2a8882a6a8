#include "troupe/engine/archive/journal_archive.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "troupe/base/hash.hpp"
#include "troupe/engine/journal_record.hpp"

namespace troupe::engine {
namespace {

using document::Event;
using document::Snapshot;
using document::StreamHead;
using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr std::string_view kDigits = "0123456789abcdef";

std::string hex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(byte) >> 4U]);
    text.push_back(kDigits[static_cast<unsigned char>(byte) & 0xfU]);
  }
  return text;
}

std::optional<std::string> unhex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = kDigits.find(text[i]);
    const auto low = kDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4U | low));
  }
  return bytes;
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::strict); }

/// As text where it is text, so that people and tools can read it; otherwise in hexadecimal, under another name.
void put(Json& line, const std::string& name, std::string_view bytes) {
  try {
    (void)dump(Json(bytes));
    line[name] = bytes;
  } catch (const Json::type_error&) {  // Not UTF-8: the library has no other way to say so.
    line[name + "_hex"] = hex(bytes);
  }
}

std::optional<std::string> get(const Json& line, const std::string& name) {
  if (const auto text = line.find(name); text != line.end() && text->is_string()) return text->get<std::string>();
  if (const auto coded = line.find(name + "_hex"); coded != line.end() && coded->is_string()) {
    return unhex(coded->get_ref<const std::string&>());
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number(const Json& line, const std::string& name) {
  const auto found = line.find(name);
  if (found == line.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

std::string hex_of(std::uint64_t checksum) { return document::epoch_name(checksum); }

/// The archive's lines, checked against each other.
class ArchiveReader {
 public:
  ArchiveReader(std::istream& in, StreamVisitor& visitor, const ArchiveProgress& progress)
      : in_(in), visitor_(visitor), progress_(progress) {}

  Result<ArchiveCounts> run() {
    while (!is_finished_) {
      auto line = next();
      if (!line) return std::unexpected(std::move(line.error()));
      if (auto taken = take(*line); !taken) {
        if (taken.error().code != ErrorCode::kCorrupt) return std::unexpected(std::move(taken.error()));
        return wrong(taken.error().detail);
      }
    }
    std::string rest;
    if (std::getline(in_, rest)) return wrong("something follows the last line");
    return counts_;
  }

 private:
  std::unexpected<Error> wrong(const std::string& why) const {
    return fail(ErrorCode::kCorrupt, "line " + std::to_string(lines_) + " of the archive: " + why);
  }
  static std::unexpected<Error> bad(std::string why) { return fail(ErrorCode::kCorrupt, std::move(why)); }

  Result<Json> next() {
    ++lines_;
    if (!std::getline(in_, text_)) return wrong("the archive is cut short");
    Json line = Json::parse(text_, nullptr, false);
    if (!line.is_object()) return wrong("it is no JSON object");
    return line;
  }

  Result<void> take(const Json& line) {
    if (lines_ == 1) {
      if (number(line, "troupe_journal") != kVersion) {
        return bad("it is not the beginning of an archive of version " + std::to_string(kVersion));
      }
      return {};
    }
    if (stream_) return take_of_stream(line);
    if (auto name = get(line, "stream")) return take_head(std::move(*name), line);
    const auto streams = number(line, "streams");
    const auto events = number(line, "events");
    if (!streams || !events) return bad("neither a stream nor the end");
    if (ArchiveCounts{*streams, *events} != counts_) return bad("the archive had more than what came before");
    is_finished_ = true;
    return {};
  }

  Result<void> take_head(std::string name, const Json& line) {
    const auto epoch = get(line, "epoch");
    const auto fence = number(line, "fence");
    const auto last_seq = number(line, "last_seq");
    const auto snapshot_seq = number(line, "snapshot_seq");
    if (auto checked = document::check_stream_name(name); !checked) return bad(checked.error().detail);
    if (!epoch || !fence || *fence == 0 || !last_seq || !snapshot_seq || *snapshot_seq > *last_seq) {
      return bad("not the head of a stream");
    }
    head_ = {*epoch, *fence, *last_seq, *snapshot_seq};
    seq_ = 0;
    has_snapshot_ = false;
    checksum_ = hash64(text_);
    stream_ = std::move(name);
    return visitor_.begin(*stream_, head_);
  }

  Result<void> take_of_stream(const Json& line) {
    if (line.contains("end")) return take_end(line);
    checksum_ = combine(checksum_, hash64(text_));
    if (line.contains("snapshot")) return take_snapshot(line);
    Event event;
    const auto seq = number(line, "seq");
    auto key = get(line, "key");
    auto from = get(line, "from");
    const auto data = get(line, "data");
    if (!seq || !key || !from || !data) return bad("not an event");
    if (*seq != seq_ + 1 || *seq > head_.last_seq) return bad("event " + std::to_string(*seq) + " is not the next");
    seq_ = *seq;
    ++counts_.events;
    if (counts_.events % 1000 == 0) progress_(counts_);
    return visitor_.event({*seq, std::move(*key), std::move(*from), Bytes::copy_of(*data)});
  }

  Result<void> take_snapshot(const Json& line) {
    const auto seq = number(line, "snapshot");
    const auto hash = number(line, "hash");
    const auto state = get(line, "state");
    if (!seq || !hash || !state || has_snapshot_ || *seq != head_.snapshot_seq || *seq == 0)
      return bad("not the snapshot");
    has_snapshot_ = true;
    return visitor_.snapshot({*seq, *hash, Bytes::copy_of(*state)});
  }

  Result<void> take_end(const Json& line) {
    if (get(line, "end") != hex_of(checksum_)) return bad("the checksum of stream " + *stream_ + " does not match");
    if (seq_ != head_.last_seq || has_snapshot_ != (head_.snapshot_seq > 0)) return bad("the stream is not whole");
    ++counts_.streams;
    progress_(counts_);
    stream_.reset();
    return visitor_.end();
  }

  std::istream& in_;
  StreamVisitor& visitor_;
  const ArchiveProgress& progress_;
  ArchiveCounts counts_;
  std::uint64_t lines_ = 0;
  std::string text_;
  bool is_finished_ = false;

  // Of the stream whose lines these are.
  std::optional<std::string> stream_;
  StreamHead head_;
  std::uint64_t seq_ = 0;
  bool has_snapshot_ = false;
  std::uint64_t checksum_ = 0;
};

}  // namespace

ArchiveWriter::ArchiveWriter(std::ostream& out) : out_(out) { (void)line(dump({{"troupe_journal", kVersion}})); }

Result<void> ArchiveWriter::line(const std::string& text) {
  checksum_ = combine(checksum_, hash64(text));
  out_ << text << '\n';
  if (!out_) return fail(ErrorCode::kInputOutput, "the archive cannot be written");
  return {};
}

Result<void> ArchiveWriter::begin(const std::string& stream, const StreamHead& head) {
  Json json;
  put(json, "stream", stream);
  put(json, "epoch", head.epoch);
  json["fence"] = head.fence;
  json["last_seq"] = head.last_seq;
  json["snapshot_seq"] = head.snapshot_seq;
  const std::string text = dump(json);
  auto written = line(text);
  checksum_ = hash64(text);
  return written;
}

Result<void> ArchiveWriter::event(Event event) {
  Json json;
  json["seq"] = event.seq;
  put(json, "key", event.key);
  put(json, "from", event.from);
  put(json, "data", event.data.view());
  ++counts_.events;
  return line(dump(json));
}

Result<void> ArchiveWriter::snapshot(Snapshot snapshot) {
  Json json;
  json["snapshot"] = snapshot.seq;
  json["hash"] = snapshot.hash;
  put(json, "state", snapshot.state.view());
  return line(dump(json));
}

Result<void> ArchiveWriter::end() {
  ++counts_.streams;
  return line(dump({{"end", hex_of(checksum_)}}));
}

Result<void> ArchiveWriter::finish() {
  auto written = line(dump({{"streams", counts_.streams}, {"events", counts_.events}}));
  out_.flush();
  if (!out_) return fail(ErrorCode::kInputOutput, "the archive cannot be written");
  return written;
}

Result<ArchiveCounts> visit_archive(std::istream& in, StreamVisitor& visitor, const ArchiveProgress& progress) {
  return ArchiveReader(in, visitor, progress).run();
}

}  // namespace troupe::engine
