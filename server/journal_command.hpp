#pragma once

#include <string>

#include "config_flags.hpp"

namespace troupe::server {

enum class JournalAction { kExport, kImport, kVerify };

/// `file`: the archive; empty for `kVerify`: the journal itself is looked at. Gives the exit code.
int journal_command(JournalAction action, const std::string& file, const ConfigSources& sources);

}  // namespace troupe::server
