#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/document/document_type.hpp"

namespace troupe::canvas {

/// How many chat lines a canvas keeps.
constexpr std::size_t kChatLinesMax = 200;

/// The document type `canvas/`: strokes, chat lines and `clear`, as docs/protocol.md says.
///
/// Memory: the last 200 chat lines, and the strokes since the last `clear`, as compact JSON; so it grows with what is
/// drawn until somebody clears, by at most the size of the event for each. `apply` costs what its event costs,
/// `snapshot` copies all that is kept.
class Canvas final : public document::DocumentState {
 public:
  [[nodiscard]] Result<void> check(const Bytes& data) const override;
  void apply(const document::Event& event) override;
  [[nodiscard]] Bytes snapshot() const override;
  [[nodiscard]] Result<void> restore(const Bytes& snapshot) override;

 private:
  void add_stroke(std::string json);
  void add_chat(std::uint64_t seq, std::string_view name_and_text);

  std::vector<std::string> strokes_;  ///< Each as in the snapshot.
  std::size_t strokes_bytes_ = 0;
  std::deque<std::string> chat_;  ///< Each as in the snapshot.
};

/// For `add_document("canvas/", troupe::canvas::make)`.
std::unique_ptr<document::DocumentState> make();

}  // namespace troupe::canvas
