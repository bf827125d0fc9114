"""The choice in sets of shots on a terminal: one set after the other, a line of answer each, stored before the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console

from dedupe.library.decisions import Decisions
from dedupe.report.rows import Layout
from dedupe.report.series import heading, set_lines
from dedupe.review.series import Ending, answered, fates, told, word_of
from dedupe.series.suggest import Judged
from dedupe.terminal.ask import answer
from dedupe.terminal.viewer import open_photos

_QUESTION = (
    "Which stay? Numbers (1 3), s: the suggested one, a: all, o: open the shots, b: back, Enter: decide later, q: stop:"
)
_NOT_UNDERSTOOD = "Name shots by their numbers, as in 1 3 or 2-4, or use one of the letters."


@dataclass(slots=True)
class Choosing:
    """One run through the sets; ``decided`` are the ids of those that were decided on."""

    sets: Sequence[Judged]
    memory: Decisions
    console: Console
    roots: Sequence[str]
    copies: Mapping[str, int]
    decided: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Ask about each set until the last is answered, or the person stops."""
        at = 0
        while 0 <= at < len(self.sets):
            self._show(at)
            wanted = self._asked(self.sets[at])
            if wanted is Ending.STOP:
                return
            at = max(0, at - 1) if wanted is Ending.BACK else at + 1

    def _show(self, at: int) -> None:
        one = self.sets[at]
        layout = Layout.of(self.console, self.roots, paper=False)
        lines = [heading(one, at + 1, len(self.sets), layout)]
        lines += set_lines(one, layout, fates([one.shots], self.memory.words()), self.copies)
        for line in lines:
            self.console.print(line, soft_wrap=True)

    def _asked(self, one: Judged) -> Ending:
        while True:
            said = answer(_QUESTION)
            found = answered(said, len(one.shots.photos), one.suggested)
            if found is Ending.OPEN:
                self.console.print(open_photos([photo.path for photo in one.shots.photos]), soft_wrap=True)
            elif isinstance(found, Ending):
                return found
            elif found is None:
                self.console.print(_NOT_UNDERSTOOD, soft_wrap=True)
            else:
                self.memory.put_word(word_of(one.shots, found))
                self.decided.add(one.shots.id)
                self.console.print(told(one.shots, found), soft_wrap=True)
                return Ending.NEXT
