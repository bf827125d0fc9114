"""What dedupe remembers between runs, in SQLite and never in the photo tree.

Cache and previews may be thrown away; the user's decisions are never begun afresh silently.
"""
