"""What dedupe remembers between runs, in SQLite and never in the photo tree: cache and previews
(disposable), and the user's decisions (never begun afresh silently)."""
