#pragma once

#include <string>

namespace troupe::server {

/// The folder of the built pages beside this program, in the source tree or as installed; empty if there is none.
std::string find_web_root();

}  // namespace troupe::server
