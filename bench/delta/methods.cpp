// The methods of `roost bench delta`, and what each needs.
#include <array>

#include "bench/delta/delta.hpp"
#include "bench/delta/rivals.hpp"
#include "bench/fanout/roost_method.hpp"
#include "bench/fanout/scripted.hpp"

namespace roost::bench {
namespace {

MethodInfo one_server(std::string_view name, std::vector<std::string> programs,
                      std::unique_ptr<Method> (*make)(const Arena&, const std::string&)) {
  MethodInfo made;
  made.name = name;
  made.one_server = true;
  made.programs = std::move(programs);
  made.make = make;
  return made;
}

}  // namespace

std::span<const MethodInfo> delta_methods() {
  static const std::array table{
      find_method("roost"), one_server("rsync", {"bash", "rsync"}, scripted<make_delta_rsync>),
      one_server("zsync", {"bash", "zsync", "zsyncmake", "nginx", "tar"}, scripted<make_zsync>),
      one_server("casync", {"bash", "casync", "nginx"}, scripted<make_casync>)};
  return table;
}

}  // namespace roost::bench
