-- No semicolon in a comment: the statements are split at them.
-- What scans have found out. Disposable. Paths are the bytes of os.fsencode: TEXT cannot hold every name.
CREATE TABLE about(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE roots(path BLOB PRIMARY KEY) WITHOUT ROWID;

-- stamp: see files.py, empty where the file may have changed in the very tick in which it was read.
CREATE TABLE files(
  path BLOB PRIMARY KEY, stamp BLOB NOT NULL, content_key BLOB NOT NULL, dev INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_content ON files(content_key);

CREATE TABLE failures(
  path BLOB PRIMARY KEY, stamp BLOB NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, decoder TEXT NOT NULL
) WITHOUT ROWID;

-- The bytes of companions (videos, RAW files), for which nothing else is stored.
CREATE TABLE companions(path BLOB PRIMARY KEY, stamp BLOB NOT NULL, content_key BLOB NOT NULL) WITHOUT ROWID;

-- payload_key: NULL not looked for, empty: looked for and there is none. facts: JSON of types.Facts.
CREATE TABLE contents(
  content_key BLOB PRIMARY KEY, payload_key BLOB, facts TEXT NOT NULL
) WITHOUT ROWID;

-- What the decoder said of corrupt data, of the contents of which it said something.
CREATE TABLE warnings(content_key BLOB PRIMARY KEY, warning TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE models(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, dimension INTEGER NOT NULL, dtype TEXT NOT NULL);

CREATE TABLE vectors(
  id INTEGER PRIMARY KEY, model INTEGER NOT NULL, content_key BLOB NOT NULL, vector BLOB NOT NULL,
  UNIQUE(model, content_key)
);

-- pair: the two content keys, the smaller first. verdict: NULL unrelated, else JSON of types.Match without the pair.
CREATE TABLE verdicts(pair BLOB PRIMARY KEY, version INTEGER NOT NULL, verdict TEXT) WITHOUT ROWID;

-- Pairs whose signatures share nothing. A closer look that is asked for all the same stands in verdicts.
CREATE TABLE refusals(pair BLOB PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;

-- settled: the version whose verdicts on all the pairs are known, related: those of the pairs that are related then.
CREATE TABLE candidate_lists(
  id INTEGER PRIMARY KEY, fingerprint BLOB NOT NULL UNIQUE, settled INTEGER, related BLOB
);
CREATE TABLE candidates(list INTEGER NOT NULL, part INTEGER NOT NULL, pairs BLOB NOT NULL, PRIMARY KEY(list, part))
