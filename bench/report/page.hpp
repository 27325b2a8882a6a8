#pragma once

#include <string>

namespace troupe::bench {

class Report;

/// A page for a browser that needs nothing but itself: plots of the figures, beside figures from elsewhere, and a
/// table.
std::string page_of(const Report& report);

}  // namespace troupe::bench
