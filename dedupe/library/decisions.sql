-- The user's word, and the last scan with what the review made of it. Paths only say which photos were meant.
-- No semicolon in a comment: the statements are split at them.
CREATE TABLE decisions(
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, made_at INTEGER NOT NULL,
  a_content BLOB NOT NULL, a_payload BLOB, a_path BLOB NOT NULL,
  b_content BLOB NOT NULL, b_payload BLOB, b_path BLOB NOT NULL
);

-- Contents that were looked at for the keys of 0.1.0, see legacy.py.
CREATE TABLE tried(content_key BLOB PRIMARY KEY) WITHOUT ROWID;

-- The last scan of each set of roots. about: JSON of scans.About. result: zlib of the JSON of types.ScanResult.
CREATE TABLE scans(
  id INTEGER PRIMARY KEY, made_at INTEGER NOT NULL, settings TEXT NOT NULL, result BLOB NOT NULL,
  about TEXT NOT NULL DEFAULT ''
);

-- edit: JSON of scans.GroupEdit.
CREATE TABLE reviews(
  scan INTEGER NOT NULL, group_id TEXT NOT NULL, edit TEXT NOT NULL, made_at INTEGER NOT NULL,
  PRIMARY KEY(scan, group_id)
) WITHOUT ROWID;

-- What was decided on groups of scans that are gone, by a digest of their contents. review: JSON of carry.GroupReview.
CREATE TABLE remembered(
  contents BLOB PRIMARY KEY, made_at INTEGER NOT NULL, review TEXT NOT NULL
) WITHOUT ROWID;

-- The shots of each set that a person ticked: remarks, nothing is done with them.
CREATE TABLE picks(series TEXT NOT NULL, path BLOB NOT NULL, PRIMARY KEY(series, path)) WITHOUT ROWID;

-- What a person decided on sets of shots: which stay, which go. word: JSON of types.ByHand.
CREATE TABLE words(shots TEXT PRIMARY KEY, word TEXT NOT NULL, made_at INTEGER NOT NULL) WITHOUT ROWID
