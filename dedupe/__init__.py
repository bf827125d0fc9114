"""dedupe: find duplicate photos, prove each pair, clean up without losing one."""

from dedupe._version import __version__

__all__ = ["__version__"]
