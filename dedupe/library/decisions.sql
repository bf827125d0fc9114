-- The user's word, and the last scan with what the review made of it. Paths only say which photos were meant.
-- No semicolon in a comment: the statements are split at them.
CREATE TABLE decisions(
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, made_at INTEGER NOT NULL,
  a_content BLOB NOT NULL, a_payload BLOB, a_path BLOB NOT NULL,
  b_content BLOB NOT NULL, b_payload BLOB, b_path BLOB NOT NULL
);

-- One row. result: zlib of the JSON of types.ScanResult.
CREATE TABLE scans(id INTEGER PRIMARY KEY, made_at INTEGER NOT NULL, settings TEXT NOT NULL, result BLOB NOT NULL);

-- edit: JSON of scans.GroupEdit.
CREATE TABLE edits(group_id TEXT PRIMARY KEY, edit TEXT NOT NULL) WITHOUT ROWID
