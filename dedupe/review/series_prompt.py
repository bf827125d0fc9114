"""The choice in sets of shots on a terminal: one set after the other, a line of answer each, stored before the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console

from dedupe.library.decisions import Decisions
from dedupe.report.rows import Layout
from dedupe.report.series import heading, set_lines
from dedupe.review.series import Ending, answered, fates, holds, told, word_of
from dedupe.series.suggest import Judged
from dedupe.terminal.ask import answer
from dedupe.terminal.viewer import open_photos

_QUESTION = (
    "Which stay? Numbers (1 3), s: the suggested one, a: all, o: open the shots, b: back, Enter: decide later, q: stop:"
)
_NOT_UNDERSTOOD = "Name shots by their numbers, as in 1 3 or 2-4, or use one of the letters."


@dataclass(slots=True)
class Choosing:
    """One run through the sets; ``decided`` are the ids of those that were decided on.

    Brackets and panoramas are passed over unless ``whole``; ``passed`` are their ids.
    """

    sets: Sequence[Judged]
    memory: Decisions
    console: Console
    roots: Sequence[str]
    copies: Mapping[str, int]
    whole: bool = False
    decided: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Ask about each set until the last is answered, or the person stops."""
        asked: list[int] = []
        at = 0
        while at < len(self.sets):
            one = self.sets[at]
            if one.shots.kind.whole and not self.whole:
                self.passed.add(one.shots.id)
                at += 1
                continue
            self._show(at)
            wanted = self._asked(one)
            if wanted is Ending.STOP:
                return
            if wanted is Ending.BACK:
                at = asked.pop() if asked else at
                continue
            asked.append(at)
            at += 1

    def show_all(self) -> None:
        """Print each set; nothing is asked."""
        for at, one in enumerate(self.sets):
            if one.shots.kind.whole and not self.whole:
                self.passed.add(one.shots.id)
            else:
                self._show(at)

    def _show(self, at: int) -> None:
        one = self.sets[at]
        layout = Layout.of(self.console, self.roots, paper=not self.console.file.isatty())
        lines = [heading(one, at + 1, len(self.sets), layout)]
        lines += set_lines(one, layout, fates([one.shots], self.memory.words()), self.copies)
        for line in lines:
            self.console.print(line, soft_wrap=True)

    def _tell_word(self, one: Judged, wanted: Ending) -> None:
        """Where a set is passed over that was decided on before, say that this still holds."""
        word = self.memory.words().get(one.shots.id)
        if wanted is Ending.NEXT and word is not None and holds(word, one.shots):
            self.console.print(f"As you chose before: {told(one.shots, word)}", soft_wrap=True)

    def _asked(self, one: Judged) -> Ending:
        while True:
            said = answer(_QUESTION)
            found = answered(said, len(one.shots.photos), one.suggested)
            if found is Ending.OPEN:
                self.console.print(open_photos([photo.path for photo in one.shots.photos]), soft_wrap=True)
            elif isinstance(found, Ending):
                self._tell_word(one, found)
                return found
            elif found is None:
                self.console.print(_NOT_UNDERSTOOD, soft_wrap=True)
            else:
                word = word_of(one.shots, found)
                self.memory.put_word(word)
                self.decided.add(one.shots.id)
                self.console.print(told(one.shots, word), soft_wrap=True)
                return Ending.NEXT
