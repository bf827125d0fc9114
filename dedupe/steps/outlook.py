"""What comparing will cost, foreseen while photos are read: by how many neighbours those have that are embedded already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from dedupe.session import Session
from dedupe.steps.refuse import close
from dedupe.types import Pair

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PICTURE_S: Final = 0.0024
"""Seconds to embed a picture while two other processes read on two cores; slower means a slower or busier machine."""
REFUSED_S: Final = 0.0015
"""Processor seconds of a pair that its signatures are asked of (``benchmarks/README.md``)."""
JUDGED_S: Final = 0.1
"""Processor seconds of a verdict, in the mean of related and unrelated pairs."""
PASSED: Final = 0.1
"""The share of the pairs farther than ``close`` that their signatures pass on."""
ASKED: Final = 1.5
"""Verdicts for each photo that has a close neighbour."""
_FIRST, _MOST, _QUERIES = 256, 16_384, 256


def judging_seconds(session: Session, passed: Sequence[Pair]) -> float:
    """What the verdicts on the pairs that were passed on take: about ``ASKED`` for each photo that has a close neighbour."""
    near = {key for pair in passed if pair.distance <= close(session) for key in (pair.a, pair.b)}
    asked = min(len(passed), ASKED * len(near) + sum(pair.distance > close(session) for pair in passed))
    return asked * JUDGED_S * session.slowness / session.settings.workers


class Outlook:
    """Foresees the seconds of ``refuse`` and ``compare`` from the vectors of the photos read so far."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._vectors: list[NDArray[np.float16]] = []
        self._count = 0
        self._next = _FIRST

    def took(self, pictures: int, seconds: float) -> None:
        """So many pictures took so many seconds to embed here: a measure of the machine and of its load."""
        usual = max(PICTURE_S, self._session.model.seconds_per_photo)
        self._session.slowness = max(seconds / max(pictures, 1) / usual, 0.25)

    def saw(self, vectors: NDArray[np.float32], expected: int) -> None:
        """Takes in vectors, float32[n, d]; ``expected`` photos are read in all."""
        import numpy as np

        from dedupe.embedding import unit

        if self._count >= _MOST:
            return
        self._vectors.append(unit(vectors).astype(np.float16))
        self._count += len(vectors)
        if self._count >= min(self._next, expected):
            self._next = 2 * self._count
            self._foresee(max(expected, self._count))

    def _foresee(self, expected: int) -> None:
        near, far = self._neighbours()
        # Copies mostly lie by their originals, strangers everywhere: of those a larger tree has more a photo.
        far = min(far * expected / self._count, float(self._session.model.neighbours))
        second = self._session.slowness / self._session.settings.workers
        self._session.foresee("refuse", expected * far * REFUSED_S * second)
        self._session.foresee("compare", expected * (near * ASKED + far * PASSED) * JUDGED_S * second)

    def _neighbours(self) -> tuple[float, float]:
        """The share of photos with a close neighbour among those seen, and of a photo the number of farther candidates."""
        import numpy as np

        seen = np.concatenate(self._vectors).astype(np.float32)
        rows = np.unique(np.linspace(0, len(seen) - 1, _QUERIES).astype(int))
        squared = 2 - 2 * (seen[rows] @ seen.T)
        squared[np.arange(len(rows)), rows] = 4
        nearest = np.sort(squared, axis=1)[:, : self._session.model.neighbours]
        within = nearest <= self._session.radius**2
        closer = nearest <= close(self._session) ** 2
        return float(closer[:, 0].mean()), float((within & ~closer).sum(axis=1).mean()) / 2
