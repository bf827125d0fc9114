"""What every embedding model has in common. Importing this loads no network and no NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, Final, Protocol

from dedupe.decoding.version import MOST_INSETS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    """A loaded network. Its vectors depend on the pixels alone: not on the batch, the thread or the order."""

    name: str
    dim: int
    input_size: int
    radius: float
    neighbours: int
    storage: str

    def embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Upright whole frames squashed to the square, RGB uint8[n, s, s, 3] → unit vectors float32[n, dim].

        Raises ValueError for any other shape or type.
        """
        ...

    def embed_raw(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What is stored: as ``embed``, before the length is made 1 (the same where the network ends in unit vectors)."""
        ...


INSET: Final = "/inset "
"""Parts the name of a model from the place of a picture found inside a photo."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of a model without loading it.

    `input_size` is the side of the square input in px; `radius` the default `--threshold`, Euclidean between unit
    vectors; `neighbours` the most candidates a photo gets; `storage` the NumPy type its vectors are stored in;
    `seconds_per_photo` what embedding takes, roughly, on 2 cores.
    """

    name: str
    dim: int
    input_size: int
    radius: float
    neighbours: int
    size_bytes: int
    note: str
    storage: str = "float32"
    seconds_per_photo: float = 0.002

    @property
    def insets(self) -> tuple[str, ...]:
        """The names under which the vectors of the pictures found inside photos are stored, one a place, the largest first."""
        return tuple(f"{self.name}{INSET}{number}" for number in range(1, MOST_INSETS + 1))


def unit(stored: NDArray[Any]) -> NDArray[np.float32]:
    """Stored vectors float[n, d] with their lengths made 1; one that is all zero stays so."""
    import numpy as np

    vectors = np.asarray(stored, np.float32)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)


def weights_folder() -> Traversable:
    """Where the shipped weights are, wherever the package is installed."""
    return files("dedupe.embedding") / "weights"
