-- The tracker's registry. PRAGMA user_version counts the steps of registry_schema.cpp;
-- this file is step 1. Digests are 32-byte blobs, times Unix seconds, envelopes DSSE JSON.

-- Who owns a NAME (the raw Ed25519 key that registered it first) and how far its
-- releases have come.
CREATE TABLE names (
  name     TEXT PRIMARY KEY,
  owner    BLOB NOT NULL CHECK (length(owner) = 32),
  sequence INTEGER NOT NULL CHECK (sequence > 0)
) STRICT;

-- Never deleted: a version that was withdrawn can't be used again.
CREATE TABLE releases (
  id            BLOB PRIMARY KEY CHECK (length(id) = 32),
  name          TEXT NOT NULL REFERENCES names (name),
  version       TEXT NOT NULL,
  sequence      INTEGER NOT NULL CHECK (sequence > 0),
  tree_digest   BLOB NOT NULL CHECK (length(tree_digest) = 32),
  descriptor    TEXT NOT NULL,
  index_torrent BLOB NOT NULL,
  image_torrent BLOB,              -- absent when the image is empty
  index_bytes   BLOB,              -- of a small index
  seeder        TEXT NOT NULL,     -- who served it last, ADDRESS:PORT
  registered    INTEGER NOT NULL,
  unpublished   INTEGER,
  withdrawal    TEXT,              -- the statement that withdrew it
  UNIQUE (name, version),
  UNIQUE (name, sequence),
  CHECK ((unpublished IS NULL) = (withdrawal IS NULL))
) STRICT;

-- Every move a channel ever made; the highest version is where it is.
CREATE TABLE channel_moves (
  name       TEXT NOT NULL REFERENCES names (name),
  channel    TEXT NOT NULL,
  version    INTEGER NOT NULL CHECK (version > 0),
  release_id BLOB NOT NULL REFERENCES releases (id),
  statement  TEXT NOT NULL,
  moved      INTEGER NOT NULL,
  PRIMARY KEY (name, channel, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX channel_moves_by_release ON channel_moves (release_id);

CREATE VIEW channels AS
SELECT m.name, m.channel, m.version, m.release_id, r.version AS release_version, m.statement,
       m.moved
FROM channel_moves m
JOIN releases r ON r.id = m.release_id
WHERE m.version = (SELECT max(version) FROM channel_moves
                   WHERE name = m.name AND channel = m.channel);
