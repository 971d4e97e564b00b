#include "bench/lab/counters.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/error.hpp"

namespace roost::bench {
namespace {

constexpr const char* kWhat = "read a link's byte count";

struct Question {
  nlmsghdr header{};
  if_stats_msg body{};
};

DeviceBytes parse(nlmsghdr* header, std::size_t size) {
  if (!NLMSG_OK(header, size)) throw Error(Errc::failed, std::string(kWhat) + ": short answer");
  if (header->nlmsg_type == NLMSG_ERROR) {
    throw_errno(-static_cast<nlmsgerr*>(NLMSG_DATA(header))->error, kWhat);
  }
  auto* attribute = reinterpret_cast<rtattr*>(  // NOLINT: netlink's layout
      static_cast<char*>(NLMSG_DATA(header)) + NLMSG_ALIGN(sizeof(if_stats_msg)));
  auto left = static_cast<int>(NLMSG_PAYLOAD(header, sizeof(if_stats_msg)));
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type != IFLA_STATS_LINK_64) continue;
    rtnl_link_stats64 counts{};
    std::memcpy(&counts, RTA_DATA(attribute), std::min(sizeof counts, RTA_PAYLOAD(attribute)));
    return {counts.rx_bytes, counts.tx_bytes};
  }
  throw Error(Errc::failed, std::string(kWhat) + ": the kernel's answer holds none");
}

}  // namespace

DeviceCounters::DeviceCounters()
    : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
  if (!socket_) throw_errno("open a netlink socket");
}

DeviceBytes DeviceCounters::read(unsigned device_index) const {
  Question question;
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = RTM_GETSTATS;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  question.body.ifindex = device_index;
  question.body.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
  alignas(nlmsghdr) std::array<char, 1024> answer;  // NOLINT: recv fills it
  const std::lock_guard lock(mutex_);
  if (::send(socket_.get(), &question, sizeof question, 0) < 0) throw_errno(kWhat);
  ssize_t size = 0;
  do {
    size = ::recv(socket_.get(), answer.data(), answer.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0) throw_errno(kWhat);
  return parse(reinterpret_cast<nlmsghdr*>(answer.data()),  // NOLINT: netlink's layout
               static_cast<std::size_t>(size));
}

}  // namespace roost::bench
