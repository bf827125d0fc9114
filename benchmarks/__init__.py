"""How well and how fast dedupe finds duplicates, measured on any folder of photos; see README.md."""
