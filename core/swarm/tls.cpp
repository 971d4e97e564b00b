#include "core/swarm/tls.hpp"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <libtorrent/error_code.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_info.hpp>
#include <memory>
#include <mutex>

#include "core/base/error.hpp"
#include "core/base/freed_by.hpp"

namespace roost::swarm {
namespace lt = libtorrent;
namespace {

using Bio = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;
using Configuration = std::unique_ptr<CONF, FreedBy<NCONF_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreedBy<EVP_PKEY_CTX_free>>;

// config(5), SSL_CONF_cmd(3). Protocol, not MinProtocol: that one Asio overwrites.
// AES-128 first: as strong as its P-256 certificates, and cheaper than AES-256.
constexpr std::string_view kDefaults = R"(roost = roost
[roost]
ssl_conf = contexts
[contexts]
system_default = every_context
[every_context]
Protocol = -ALL,TLSv1.3
Ciphersuites = TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
)";

void require(bool ok, const char* what) {
  if (!ok) throw Error(Errc::failed, std::string(what) + ": OpenSSL refuses");
}

// libtorrent 2.0 wants them, TLS 1.3 never uses them: the group of RFC 7919.
std::string make_dh_parameters() {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
  require(context && EVP_PKEY_paramgen_init(context.get()) == 1, "make DH parameters");
  std::string group = "ffdhe2048";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* made = nullptr;
  require(EVP_PKEY_CTX_set_params(context.get(), params) == 1 &&
              EVP_PKEY_generate(context.get(), &made) == 1,
          "make DH parameters");
  const Key key(made);
  const Bio bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_Parameters(bio.get(), key.get()) == 1, "write DH parameters");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

const std::string& dh_parameters() {
  static const std::string parameters = make_dh_parameters();
  return parameters;
}

}  // namespace

void set_tls_floor() {
  static std::once_flag once;
  std::call_once(once, [] {
    // The machine's own file is read once, and must not come after ours.
    require(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, nullptr) == 1, "start TLS");
    const Bio text(BIO_new_mem_buf(kDefaults.data(), static_cast<int>(kDefaults.size())));
    const Configuration configuration(NCONF_new(nullptr));
    require(text && configuration &&
                NCONF_load_bio(configuration.get(), text.get(), nullptr) == 1 &&
                CONF_modules_load(configuration.get(), "roost", 0) == 1,
            "set TLS 1.3 as the least version");
    dh_parameters();  // here, not when the first release is waited for
  });
}

void present(lt::torrent_handle& handle, const PeerTls& tls) {
  handle.set_ssl_certificate_buffer(tls.cert, tls.key, dh_parameters());
}

void require_admissible(const lt::torrent_info& torrent, const std::optional<PeerTls>& tls) {
  const std::string ca = torrent.ssl_cert().to_string();
  const auto what = "join the swarm of " + torrent.name() + ": ";
  if (ca.empty() && !tls) return;
  if (!tls) {
    throw Error(Errc::usage, what + "its peers talk over TLS, and this node has no certificate",
                "give --peer-ca, --peer-cert and --peer-key");
  }
  if (ca.empty()) {
    throw Error(Errc::integrity, what + "it has no TLS, and this node takes no other",
                "publish it with --peer-ca, --peer-cert and --peer-key");
  }
  if (ca != tls->ca) {
    throw Error(Errc::integrity, what + "its CA is another than the one in --peer-ca",
                "publisher and nodes need the same --peer-ca");
  }
}

std::optional<TlsVerdict> tls_verdict(const lt::error_code& error) {
  // By name: the category object is one per library that Asio was compiled into.
  if (error.category().name() != std::string_view("asio.ssl")) return std::nullopt;
  const unsigned long code = static_cast<unsigned>(error.value());
  // A CA of the same name but another key: the signature's own error comes first.
  const int library = ERR_GET_LIB(code);
  if (library == ERR_LIB_ASN1 || library == ERR_LIB_X509) return TlsVerdict::theirs_unsigned;
  if (library != ERR_LIB_SSL) return std::nullopt;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return TlsVerdict::theirs_unsigned;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return TlsVerdict::theirs_missing;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return TlsVerdict::no_tls;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return TlsVerdict::ours_expired;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return TlsVerdict::ours_refused;
    default:
      return std::nullopt;
  }
}

std::string describe(TlsVerdict verdict, const std::string& peer) {
  switch (verdict) {
    case TlsVerdict::theirs_unsigned:
      return "certificate of " + peer + " is not signed by our CA, or has expired";
    case TlsVerdict::theirs_missing:
      return peer + " shows no certificate";
    case TlsVerdict::no_tls:
      return peer + " speaks no TLS 1.3";
    case TlsVerdict::ours_expired:
      return "peers refuse our certificate: it has expired";
    case TlsVerdict::ours_refused:
      break;
  }
  return "peers refuse our certificate: their CA did not sign it";
}

std::string remedy(TlsVerdict verdict) {
  switch (verdict) {
    case TlsVerdict::ours_expired:
      return "have the CA sign a new certificate, and restart with it";
    case TlsVerdict::ours_refused:
      return "give the peers and this node certificates of one CA";
    default:
      return "a stranger is refused rightly; a node of the fleet needs a new certificate";
  }
}

}  // namespace roost::swarm
