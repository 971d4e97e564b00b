// All the tracker knows, beside the registry's file: one value with one owner,
// the HTTP server's I/O thread.
#pragma once

#include "tracker/catalogue.hpp"
#include "tracker/event_log.hpp"
#include "tracker/introducer.hpp"
#include "tracker/node_table.hpp"
#include "tracker/offers.hpp"
#include "tracker/registry.hpp"
#include "tracker/swarm_table.hpp"

namespace roost::tracker {

struct State {
  Registry& registry;
  Catalogue catalogue;
  SwarmTable swarms;
  NodeTable nodes;
  EventLog events;
  OfferBook offers;
  Rng rng;
  DegreeRule degrees = kNodeDegrees;
  Introducer introducer{nodes, degrees};

  // Fills catalogue and swarm table from the registry; at the start.
  void load();
  const CatalogueEntry& learn(const ReleaseRecord& record);
  void forget(const release::ReleaseId& id);
};

}  // namespace roost::tracker
