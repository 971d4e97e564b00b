// roost version
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <zstd.h>

#include <libtorrent/version.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace roost::cli {

Run setup_version(Options& options) {
  options.example("roost version").example("roost version --json");
  return [](Context& context) {
    const std::string openssl = OpenSSL_version(OPENSSL_VERSION_STRING);
    context.out.line(fmt::format("roost {} (libtorrent {}, OpenSSL {}, zstd {}, SQLite {})",
                                 ROOST_VERSION, lt::version(), openssl, ZSTD_versionString(),
                                 sqlite3_libversion()));
    context.out.result({{"version", ROOST_VERSION},
                        {"libtorrent", lt::version()},
                        {"openssl", openssl},
                        {"zstd", ZSTD_versionString()},
                        {"sqlite", sqlite3_libversion()}});
    return 0;
  };
}

}  // namespace roost::cli
