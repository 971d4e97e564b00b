// A release with patches where it is only carried: built, registered, ready to be seeded.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <variant>

#include "core/release/pack.hpp"
#include "core/release/scan.hpp"
#include "seeder/built.hpp"
#include "seeder/hand_over.hpp"
#include "seeder/seeding.hpp"
#include "tests/unit/seeder/running_daemon.hpp"

namespace roost::seeder {

// Any bytes will do: whoever only carries patches does not look into them.
class CarriedRelease : public testing::Test {
 protected:
  CarriedRelease() {
    tree.add("readme", "hello\n");
    tree.add("big", noise(400'000, 3));
  }

  Built built(std::size_t patches_size) {
    const auto dir = out.path() / std::to_string(patches_size);
    std::filesystem::create_directory(dir);
    auto packed = release::pack_tree(release::scan_tree(tree.path(), {}), dir.string(), {});
    text = noise(patches_size, 8);
    const auto file = dir / "patches";
    std::ofstream(file, std::ios::binary) << text;
    crypto::MerkleHasher hasher;
    hasher.update(as_bytes(text));
    return build(std::move(packed), PatchesBuilt{file.string(), hasher.finish()}, release, {}, {});
  }

  crypto::Envelope sign(const Built& what) const {
    const Signing signing{
        release, 1, release::BaseRelease{release::ReleaseRef::parse("web@0"), {}}, {1, "test", ""}};
    const auto payload = release::serialise(describe(what, signing));
    return crypto::sign_envelope(release::kDescriptorType, as_bytes(payload), key);
  }

  release::ReleaseId publish(const Built& what, const swarm::Session& session) {
    const auto result = client.register_release({sign(what),
                                                 key.public_key(),
                                                 what.index.encode(),
                                                 what.image->encode(),
                                                 what.index_bytes,
                                                 what.patches->encode(),
                                                 what.patches_bytes,
                                                 {},
                                                 session.local_endpoint(),
                                                 {}});
    return std::get<proto::RegistrationResult>(result).release_id;
  }

  static swarm::SessionConfig loopback() {
    swarm::SessionConfig config;
    config.listen = {"127.0.0.1", 0};
    return config;
  }

  RunningTracker tracker;
  TrackerClient client{tracker.url()};
  crypto::SecretKey key = crypto::SecretKey::generate();
  SourceTree tree;
  TempDir out, data;
  release::ReleaseRef release = release::ReleaseRef::parse("web@1");
  std::string text;
};

}  // namespace roost::seeder
