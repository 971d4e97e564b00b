// Network namespaces by name, as `ip netns` keeps them in /run/netns, and the way into one.
//
// in_namespace runs a function on a thread of its own that has entered the namespace: the
// sockets it opens and the programs it starts belong there for good. Needs root.
// Throws Error; remove_namespaces and its kin don't, since destructors call them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace roost::bench {

std::string namespace_path(const std::string& name);

void add_namespaces(const std::vector<std::string>& names);

// Those whose name starts so.
std::vector<std::string> namespaces_with(std::string_view prefix) noexcept;

// Kills what still runs in them, then takes the names away; the kernel removes links and
// queues along with them.
void remove_namespaces(const std::vector<std::string>& names) noexcept;

void in_namespace(const std::string& name, const std::function<void()>& work);

// `ip` or `tc` with these commands, one a line, in the namespace of the calling thread.
void run_batch(const std::string& program, const std::string& commands);

}  // namespace roost::bench
