"""The versions of reading, for the cache; asked for without loading a decoder."""

from __future__ import annotations

from typing import Final

DECODER_VERSION: Final = 3
"""Raised whenever a file that was skipped before might now be read: remembered failures are tried again."""
READER_VERSION: Final = 14
"""Raised whenever keys, facts, inventories, previews or the network's input come out differently: everything is read again."""
MOST_INSETS: Final = 3
"""Pictures found inside one photo that the network is shown, the largest first."""
SIGNATURE_VERSION: Final = 1
"""Raised with any change that makes other bytes of the same preview: signatures are made again when they are asked for."""
