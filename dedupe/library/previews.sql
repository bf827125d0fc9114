-- The small pictures, disposable. The shelf is apart from them: marking one as used must not rewrite its picture.
CREATE TABLE previews(id INTEGER PRIMARY KEY, content_key BLOB NOT NULL UNIQUE, jpeg BLOB NOT NULL);
CREATE TABLE signatures(content_key BLOB PRIMARY KEY, signature BLOB NOT NULL);
CREATE TABLE shelf(
  content_key BLOB PRIMARY KEY, bytes INTEGER NOT NULL, used INTEGER NOT NULL
) WITHOUT ROWID
