"""From a folder to facts: the files of a tree (walk), their bytes (identity), their pixels (decode), what
they say of themselves (exif) and which of them belong together (companions).

Nothing here writes into the photo tree. Only :mod:`dedupe.photos.decode` loads a decoder, and only worker
processes import it.
"""
