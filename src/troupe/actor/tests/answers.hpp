#pragma once

#include <string>
#include <vector>

#include "troupe/base/error.hpp"

namespace troupe {

/// What came back, in order: a number or the name of an error.
struct Answers {
  std::vector<std::string> list;
  auto callback() {
    return [this](const Result<int>& answer) {
      list.push_back(answer ? std::to_string(*answer) : std::string(to_string(answer.error().code)));
    };
  }
};

}  // namespace troupe
