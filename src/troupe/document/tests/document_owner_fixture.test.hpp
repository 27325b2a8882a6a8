#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troupe/actor/fixture.hpp"
#include "troupe/document/document_owner.hpp"
#include "troupe/document/documents_actor.hpp"
#include "troupe/document/tests/document_under_test.test.hpp"

namespace troupe::document {

/// Stands for the documents actor: passes on what the test asks.
class OwnerFront : public Actor<OwnerFront> {
 public:
  using Messages = troupe::Messages<Append, Read, Follow, Idle>;
  explicit OwnerFront(std::vector<std::uint64_t>& idle) : idle_(idle) {}
  void on(Append&& request, ReplyTo<Append::Reply> reply) {
    context().tell(to(), OwnerAppend{{std::move(request), {}}, std::move(reply)});
  }
  void on(Read&& request, ReplyTo<Read::Reply> reply) {
    context().tell(to(), OwnerRead{std::move(request), std::move(reply)});
  }
  void on(Follow&& request, ReplyTo<Follow::Reply> reply) {
    context().tell(to(), OwnerFollow{std::move(request), std::move(reply)});
  }
  void on(const Idle& idle) { idle_.push_back(idle.received); }

 private:
  Ref<DocumentOwner> to() { return context().find<DocumentOwner>("owner"); }
  std::vector<std::uint64_t>& idle_;
};

/// An owner whose journal and clock move when the test says so.
class DocumentOwnerFixture : public testing::Test {
 protected:
  DocumentOwnerFixture() {
    options_.types = text_types();
    front_ = world_.shard().spawn<OwnerFront>({}, idle_).value();
    tail_ = world_.shard().spawn<Tail>({}, heard_).value();
  }
  void start() {
    owner_ = world_.shard()
                 .spawn<DocumentOwner>({.name = "owner"}, "text/a", options_, journal_,
                                       Ref<DocumentsActor>(front_.address()), world_.metrics())
                 .value();
  }
  /// The owner's end and the next one's begin, as after a restart of the node.
  void restart() {
    stop(owner_.address());
    start();
    settle();
  }
  void stop(const Address& actor) {
    world_.shard().send(Envelope::make(EnvelopeKind::kStop), actor);
    world_.run();
  }
  /// Runs the actors and the journal until nothing is left to do.
  void settle() {
    do {
      journal_.run_all();
      world_.run();
    } while (journal_.pending() + journal_.flushed() > 0);
  }
  template <class M>
  Answer<typename M::Reply> ask(M message) {
    auto answer = std::make_shared<std::optional<Result<typename M::Reply>>>();
    world_.shard().ask(front_, std::move(message), 1min, [answer](auto result) { *answer = std::move(result); });
    world_.run();
    return answer;
  }
  Answer<Append::Reply> append(const std::string& key, const std::string& data) {
    return ask(Append{"text/a", key, "ada", Bytes::copy_of(data)});
  }
  /// "1", "1 again", or the error's name; "nothing" while there is none.
  static std::string outcome(const Answer<Append::Reply>& answer) {
    if (!*answer) return "nothing";
    if (!**answer) return std::string(to_string((**answer).error().code));
    return std::to_string((**answer)->seq) + ((**answer)->repeated ? " again" : "");
  }
  Follow::Reply follow(Position has = {}, std::uint64_t hash = 0) {
    const auto answer = ask(Follow{"text/a", std::move(has), hash, tail_});
    settle();
    return answer->value().value();
  }
  std::string state() { return std::string(follow().snapshot.value().view()); }

  ActorFixture world_;
  MemoryDisk disk_{1};
  MemoryJournal journal_{disk_};
  DocumentOptions options_;
  std::vector<std::uint64_t> idle_;
  std::vector<std::string> heard_;
  Ref<OwnerFront> front_;
  Ref<Tail> tail_;
  Ref<DocumentOwner> owner_;
};

}  // namespace troupe::document
