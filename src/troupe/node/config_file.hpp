#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The file's text, taken apart: which value stands where. What the keys mean is not known here.
namespace troupe::config {

enum class FileType { kText, kInteger, kFraction, kBoolean, kList, kTable, kOther };

/// "a whole number", for messages.
std::string_view to_string(FileType type);

struct FilePosition {
  unsigned line = 0;
  unsigned column = 0;
};

/// A value, or an item of a list.
struct FileItem {
  FileType type = FileType::kOther;
  std::string text;  ///< Of text what is between the quotes; of a list or table nothing.
  FilePosition at;
};

struct FileValue {
  std::string key;  ///< With the names of its tables: "cluster.listen".
  FilePosition key_at;
  FileItem value;
  std::vector<FileItem> items;  ///< Of a list.
};

struct FileContent {
  std::vector<FileValue> values;  ///< In the order of the file. Of tables only empty ones.
  std::string syntax_error;       ///< Where the text stops to be TOML; empty if it does not. Then there are no values.
  FilePosition syntax_error_at;
};

FileContent read_toml(std::string_view text);

}  // namespace troupe::config
