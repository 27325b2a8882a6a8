#include "sim_replay_page.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "web_root.hpp"

using troupe::ErrorCode;
using troupe::sim::RunRecord;

namespace {

using Json = nlohmann::ordered_json;

/// web/replay/model/record.ts is the reader. Lists whose entries are numbers are flat, entry after entry: they are most
/// of the page.
Json to_json(const ReplayTitle& title, const RunRecord& record) {
  Json json = {{"version", 1},
               {"overlay", title.overlay},
               {"seed", title.seed},
               {"command", title.command},
               {"failure", title.failure},
               {"simulated_seconds", title.simulated_seconds},
               {"servers", record.servers},
               {"zones", record.zones},
               {"end", record.end},
               {"is_full", record.is_full}};
  const auto flat = [&json](const char* name, const auto& entries, const auto& numbers_of) {
    Json& list = json[name] = Json::array();
    for (const auto& entry : entries) {
      for (const std::int64_t number : numbers_of(entry)) list.push_back(number);
    }
  };
  using Numbers = std::vector<std::int64_t>;
  flat("lives", record.lives, [](const auto& each) { return Numbers{each.when, each.node, each.is_alive}; });
  flat("links", record.links, [](const auto& each) { return Numbers{each.when, each.node, each.peer, each.is_up}; });
  flat("fames", record.fames,
       [](const auto& each) { return Numbers{each.when, each.node, each.up, each.suspected, each.gone}; });
  flat("judgements", record.judgements, [](const auto& each) {
    return Numbers{each.when, each.observer, each.node, static_cast<std::int64_t>(each.opinion)};
  });
  flat("blocks", record.blocks, [](const auto& each) { return Numbers{each.when, each.from, each.to}; });
  flat("broadcasts", record.broadcasts, [](const auto& each) { return Numbers{each.when, each.root}; });
  flat("hops", record.hops, [](const auto& each) {
    return Numbers{each.sent, each.arrival, each.from, each.to, each.broadcast, static_cast<std::int64_t>(each.way)};
  });
  json["splits"] = Json::array();
  for (const RunRecord::Split& split : record.splits)
    json["splits"].push_back({{"when", split.when}, {"sides", split.sides}});
  json["words"] = Json::array();
  for (const RunRecord::Word& word : record.words) json["words"].push_back({{"when", word.when}, {"text", word.text}});
  return json;
}

/// Nothing in it can end the element that holds it.
std::string for_script(const Json& json) {
  std::string text = json.dump();
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) text.replace(at, 1, "\\u003c");
  return text;
}

}  // namespace

troupe::Result<void> write_replay_page(const std::string& file, const ReplayTitle& title, const RunRecord& record) {
  const std::string source = troupe::server::find_web_root() + "/replay.html";
  std::ifstream input(source);
  std::string page((std::istreambuf_iterator<char>(input)), {});
  constexpr std::string_view kPlace = R"(<script type="application/json" id="record">)";
  const std::size_t place = page.find(kPlace);
  if (place == std::string::npos)
    return std::unexpected(
        troupe::Error{ErrorCode::kInputOutput,
                      fmt::format("the page {} is not there, or is none: `npm run build` in web/ makes it", source)});
  page.insert(place + kPlace.size(), for_script(to_json(title, record)));
  std::ofstream output(file, std::ios::binary);
  output << page << std::flush;
  if (!output) return std::unexpected(troupe::Error{ErrorCode::kInputOutput, "cannot write " + file});
  return {};
}
