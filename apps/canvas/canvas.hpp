#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "canvas/canvas_event.hpp"
#include "troupe/document/document_type.hpp"

namespace troupe::canvas {

/// How many chat lines a canvas keeps.
constexpr std::size_t kChatLinesMax = 200;

/// The document type `canvas/`: strokes, texts, what is done with them, and chat lines, as docs/protocol.md says.
///
/// Memory: the last 200 chat lines, and the elements that were drawn since the last `clear`, as compact JSON, also
/// those that were deleted, since they may be restored. So it grows with what is drawn until somebody clears, by at
/// most the size of the event for each. `apply` costs what its event costs, `snapshot` copies all that is kept.
class Canvas final : public document::DocumentState {
 public:
  [[nodiscard]] Result<void> check(const Bytes& data) const override;
  void apply(const document::Event& event) override;
  [[nodiscard]] Bytes snapshot() const override;
  [[nodiscard]] Result<void> restore(const Bytes& snapshot) override;

 private:
  void draw(CanvasElement element);
  template <class Change>
  void for_each(const std::vector<std::string>& ids, Change change);
  void add_chat(std::uint64_t seq, std::string_view name_and_text);

  std::vector<CanvasElement> elements_;                  ///< In the order in which they lie on each other.
  std::unordered_map<std::string, std::size_t> places_;  ///< Of the elements, by id.
  std::size_t elements_bytes_ = 0;
  std::deque<std::string> chat_;  ///< Each as in the snapshot.
};

/// For `add_document("canvas/", troupe::canvas::make)`.
std::unique_ptr<document::DocumentState> make();

}  // namespace troupe::canvas
