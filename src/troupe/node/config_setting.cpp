#include "troupe/node/config_setting.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <type_traits>

#include "troupe/runtime/discovery/discovery_source.hpp"
#include "troupe/runtime/host_port.hpp"

namespace troupe::config {

namespace {

constexpr std::size_t kNameBytesMax = 255;  // As in link/identity.hpp: names and addresses are shown to other nodes.

using Outcome = std::optional<Mistake>;

bool is_printable(std::string_view text) {
  return std::ranges::none_of(text, [](char character) {
    const auto code = static_cast<unsigned char>(character);
    return code < 0x20 || code == 0x7f;
  });
}

Outcome check_text(std::string_view text) {
  if (!is_printable(text)) return Mistake{"it has a control character", "remove it"};
  return std::nullopt;
}

Outcome check_host_port(const std::string& text, bool to_reach) {
  constexpr std::string_view kRemedy =
      "write host:port, as in \"127.0.0.1:7400\" or \"[::1]:7400\", with a port from 0 to 65535";
  if (text.size() > kNameBytesMax) return Mistake{"an address has at most 255 bytes", std::string(kRemedy)};
  if (auto mistake = check_text(text)) return mistake;
  const auto parsed = runtime::parse_host_port(text);
  if (!parsed) return Mistake{parsed.error().detail, std::string(kRemedy)};
  if (parsed->host.find_first_of(" /@\"'[]") != std::string::npos) {
    return Mistake{fmt::format("{} is not host:port: the host is not a name or an address", render_text(text)),
                   std::string(kRemedy)};
  }
  if (to_reach && parsed->host.empty()) {
    return Mistake{fmt::format("'{}' does not say on which host", text),
                   "write the host that others connect to, as in \"10.0.0.1:7400\""};
  }
  return std::nullopt;
}

Outcome check_peer(const std::string& text) {
  if (auto mistake = check_host_port(text, true)) return mistake;
  if (runtime::parse_host_port(text)->port == 0) {
    return Mistake{fmt::format("'{}' has port 0, to which nobody can connect", text),
                   "write the port on which that node listens"};
  }
  return std::nullopt;
}

Outcome check_origin(const std::string& text) {
  const std::size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  const bool fine = scheme > 0 && text.size() > scheme && text.find_first_of("/?#* ", scheme) == std::string::npos;
  if (fine && is_printable(text)) return std::nullopt;
  return Mistake{
      fmt::format("{} is not the origin of a page", render_text(text)),
      "write scheme and host without a path, as in \"https://example.org\"; an empty list allows every page"};
}

template <class T>
Outcome check_range(const T& value, const T& min, const T& max, std::string (*render)(T)) {
  if (value < min)
    return Mistake{fmt::format("{} is too little", render(value)),
                   fmt::format("give {} to {}", render(min), render(max))};
  if (value > max)
    return Mistake{fmt::format("{} is too much", render(value)),
                   fmt::format("give {} to {}", render(min), render(max))};
  return std::nullopt;
}

void store(const IntegerField& field, std::uint64_t value, Config& config) {
  std::visit([&](auto get) { get(config) = static_cast<std::remove_reference_t<decltype(get(config))>>(value); },
             field);
}

std::uint64_t load(const IntegerField& field, Config& config) {
  return std::visit([&](auto get) { return std::uint64_t{get(config)}; }, field);
}

/// Reads the texts of one value into its field.
struct Assign {
  const std::vector<std::string>& texts;
  Config& config;
  std::size_t& index;

  std::string one() const { return texts.empty() ? std::string() : texts.front(); }

  Outcome operator()(const Text& kind) const {
    const std::string text = one();
    if (kind.required && text.empty()) return Mistake{"it is empty", "give a name"};
    if (text.size() > kNameBytesMax) return Mistake{"it has more than 255 bytes", "give a shorter name"};
    if (auto mistake = check_text(text)) return mistake;
    kind.field(config) = text;
    return std::nullopt;
  }
  Outcome operator()(const Path& kind) const {
    if (auto mistake = check_text(one())) return mistake;
    kind.field(config) = one();
    return std::nullopt;
  }
  Outcome operator()(const HostPort& kind) const {
    const std::string text = one();
    if (!text.empty()) {
      if (auto mistake = check_host_port(text, kind.to_reach)) return mistake;
    }
    kind.field(config) = text;
    return std::nullopt;
  }
  Outcome list(Field<std::vector<std::string>> field, Outcome (*check)(const std::string&)) const {
    for (index = 0; index < texts.size(); ++index) {
      if (auto mistake = check(texts[index])) return mistake;
    }
    index = 0;
    field(config) = texts;
    return std::nullopt;
  }
  Outcome operator()(const HostPortList& kind) const { return list(kind.field, check_peer); }
  Outcome operator()(const SourceList&) const {
    std::vector<runtime::DiscoverySource> sources;
    for (index = 0; index < texts.size(); ++index) {
      auto source = runtime::parse_discovery_source(texts[index]);
      if (!source) {
        return Mistake{source.error().detail,
                       "name a source, as in \"dns:nodes.example.org:7400\", \"srv:_troupe._tcp.example.org\" or "
                       "\"file:/etc/troupe/nodes\""};
      }
      sources.push_back(*std::move(source));
    }
    index = 0;
    config.options.discovery.sources = std::move(sources);
    return std::nullopt;
  }
  Outcome operator()(const OriginList& kind) const { return list(kind.field, check_origin); }
  Outcome operator()(const ChannelList&) const {
    std::vector<cluster::ChannelOptions> channels;
    const auto mistake = [](const Error& error) {
      return Mistake{error.detail, R"(write the name, then its settings, as in "bulk parallelism=4")"};
    };
    for (index = 0; index < texts.size(); ++index) {
      auto channel = cluster::parse_channel(texts[index]);
      if (!channel) return mistake(channel.error());
      channels.push_back(std::move(*channel));
      if (const auto fits = cluster::check(channels); !fits) return mistake(fits.error());
    }
    index = 0;
    config.channels = texts;
    config.options.cluster.channels = std::move(channels);
    return std::nullopt;
  }
  Outcome operator()(const Count& kind) const {
    const auto count = read_count(one());
    if (!count) return count.error();
    if (auto mistake = check_range(*count, kind.min, kind.max, render_count)) return mistake;
    store(kind.field, *count, config);
    return std::nullopt;
  }
  Outcome operator()(const Size& kind) const {
    const auto size = read_size(one());
    if (!size) return size.error();
    if (auto mistake = check_range(*size, kind.min, kind.max, render_size)) return mistake;
    store(kind.field, *size, config);
    return std::nullopt;
  }
  Outcome operator()(const Share& kind) const {
    const auto share = read_share(one());
    if (!share) return share.error();
    kind.field(config) = *share;
    return std::nullopt;
  }
  Outcome operator()(const Time& kind) const {
    const auto duration = read_duration(one());
    if (!duration) return duration.error();
    if (auto mistake = check_range(*duration, kind.min, kind.max, render_duration)) return mistake;
    kind.field(config) = *duration;
    return std::nullopt;
  }
  Outcome operator()(const Switch& kind) const {
    const auto on = read_switch(one());
    if (!on) return on.error();
    kind.field(config) = *on;
    return std::nullopt;
  }
  Outcome operator()(const Choice& kind) const {
    const auto chosen = std::ranges::find(kind.names, one());
    if (chosen == kind.names.end()) {
      const std::string meant = nearest(one(), kind.names, '\0');
      return Mistake{fmt::format("there is no {}", render_text(one())),
                     meant.empty()
                         ? fmt::format("choose one of {}", fmt::join(kind.names, ", "))
                         : fmt::format("did you mean \"{}\"? There are {}", meant, fmt::join(kind.names, ", "))};
    }
    kind.set(config, static_cast<std::size_t>(chosen - kind.names.begin()));
    return std::nullopt;
  }
};

std::string render_list(const std::vector<std::string>& items) {
  std::string list = "[";
  for (const std::string& item : items) list += (list.size() > 1 ? ", " : "") + render_text(item);
  return list + "]";
}

struct Render {
  Config& config;

  std::string operator()(const Text& kind) const { return render_text(kind.field(config)); }
  std::string operator()(const Path& kind) const { return render_text(kind.field(config)); }
  std::string operator()(const HostPort& kind) const { return render_text(kind.field(config)); }
  std::string operator()(const HostPortList& kind) const { return render_list(kind.field(config)); }
  std::string operator()(const SourceList&) const {
    std::vector<std::string> texts;
    for (const runtime::DiscoverySource& source : config.options.discovery.sources) texts.push_back(source.text);
    return render_list(texts);
  }
  std::string operator()(const OriginList& kind) const { return render_list(kind.field(config)); }
  std::string operator()(const ChannelList&) const { return render_list(config.channels); }
  std::string operator()(const Count& kind) const { return render_count(load(kind.field, config)); }
  std::string operator()(const Size& kind) const { return render_text(render_size(load(kind.field, config))); }
  std::string operator()(const Share& kind) const { return render_share(kind.field(config)); }
  std::string operator()(const Time& kind) const { return render_text(render_duration(kind.field(config))); }
  std::string operator()(const Switch& kind) const { return kind.field(config) ? "true" : "false"; }
  std::string operator()(const Choice& kind) const { return render_text(kind.names[kind.get(config)]); }
};

struct Describe {
  std::string operator()(const Text&) const { return "text"; }
  std::string operator()(const Path&) const { return "path"; }
  std::string operator()(const HostPort&) const { return "host:port"; }
  std::string operator()(const HostPortList&) const { return "list of host:port"; }
  std::string operator()(const SourceList&) const { return "list of sources"; }
  std::string operator()(const OriginList&) const { return "list of origins"; }
  std::string operator()(const ChannelList&) const { return "list of channels"; }
  std::string operator()(const Count& kind) const {
    return fmt::format("{} to {}", render_count(kind.min), render_count(kind.max));
  }
  std::string operator()(const Size& kind) const {
    return fmt::format("{} to {}", render_size(kind.min), render_size(kind.max));
  }
  std::string operator()(const Share&) const { return "0 to 1"; }
  std::string operator()(const Time& kind) const {
    return fmt::format("{} to {}", render_duration(kind.min), render_duration(kind.max));
  }
  std::string operator()(const Switch&) const { return "true or false"; }
  std::string operator()(const Choice& kind) const { return fmt::format("{}", fmt::join(kind.names, ", ")); }
};

}  // namespace

std::string_view Setting::table() const {
  const std::size_t dot = key.find('.');
  return dot == std::string::npos ? std::string_view() : std::string_view(key).substr(0, dot);
}

std::string_view Setting::short_key() const {
  const std::size_t dot = key.find('.');
  return dot == std::string::npos ? std::string_view(key) : std::string_view(key).substr(dot + 1);
}

std::optional<Mistake> assign(const Setting& setting, const std::vector<std::string>& texts, Config& config,
                              std::size_t& index) {
  index = 0;
  return std::visit(Assign{texts, config, index}, setting.kind);
}

std::string render(const Setting& setting, const Config& config) {
  // A Field gives access to write, too; nothing is written here.
  return std::visit(Render{const_cast<Config&>(config)}, setting.kind);
}

std::string describe(const Kind& kind) { return std::visit(Describe{}, kind); }

}  // namespace troupe::config
