#pragma once

#include <string>
#include <vector>

#include "troupe/base/error.hpp"

/// Where nodes leave the sockets over which programs of the same user look at them (`troupe ctl`).
namespace troupe::gateway {

/// The path for a node of this process: FOLDER/NAME.PROCESS.socket, so that nodes of one machine do not collide. The
/// folder is $TROUPE_RUNTIME_DIR, else the service manager's ($RUNTIME_DIRECTORY), else $XDG_RUNTIME_DIR/troupe, else
/// /tmp/troupe-USER.
std::string local_socket_path(const std::string& node);

/// Makes the folder of `local_socket_path`, for this user only, and removes from it what processes left that are no
/// more. Fails with `refused` if the folder is somebody else's, or `input_output`.
Result<void> prepare_local_socket_folder();

struct LocalNode {
  std::string name;  ///< As far as it fits into a file name.
  long process = 0;
  std::string socket;
};

/// The nodes of this machine whose sockets are in those folders, or only in $TROUPE_RUNTIME_DIR if that is set; by
/// name. What cannot be read is left out.
std::vector<LocalNode> find_local_nodes();

}  // namespace troupe::gateway
