"""A new scan with the decisions that carried over into it: what the table shows, a report says and an action does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dedupe.library.scans import EditState, GroupEdit
from dedupe.review.choice import Choice, Verify, accepted_groups, photos_of, restored, with_groups
from dedupe.settings import Settings
from dedupe.types import Group, ScanResult


@dataclass(frozen=True, slots=True)
class Carried:
    """``result`` with nothing selected that a person let stay.

    ``decided`` counts the groups that have a decision, ``undecided`` those with something selected that have none, ``accepted``
    the photos that a person agreed to remove. `dedupe apply` removes these alone once anything is decided. ``kept`` are the paths
    of those that a person let stay.
    """

    result: ScanResult
    decided: int = 0
    undecided: int = 0
    accepted: int = 0
    kept: frozenset[str] = frozenset()


def carried(result: ScanResult, settings: Settings) -> Carried:
    """``result``, which was just saved, as the decisions on its groups leave it. Raises StoreError as ``last_scan``."""
    from dedupe.library.decisions import Decisions
    from dedupe.library.paths import StorePaths
    from dedupe.review.saved_scan import last_scan, verifier

    with Decisions(StorePaths.at(settings.store).decisions) as memory:
        edits = memory.edits() if memory.use_scan(result.asked) else {}
    if not edits:
        return Carried(result)
    with last_scan(settings, result.asked) as (session, _):
        return with_decisions(result, edits, verifier(session, result))


def with_decisions(result: ScanResult, edits: Mapping[str, GroupEdit], verify: Verify) -> Carried:
    """``result`` as ``edits`` leave it: decided groups as decided, others as the scan proposes.

    A group that somebody changed and did not decide on has nothing selected.
    """
    choices = [_choice(group, edits, verify) for group in result.groups]
    both = list(zip(result.groups, choices, strict=True))
    groups = tuple(one for group, choice in both for one in _as_decided(group, choice))
    made = [choice for choice in choices if choice is not None and choice.verdict is not EditState.OPEN]
    agreed = [choice for choice in made if choice.verdict is EditState.ACCEPTED]
    return Carried(
        with_groups(result, groups),
        decided=len(made),
        undecided=sum(_is_undecided(group, choice) for group, choice in both),
        accepted=sum(len(choice.selected) for choice in agreed),
        kept=frozenset(path for group, choice in both for path in _kept(group, choice)),
    )


def _kept(group: Group, choice: Choice | None) -> Iterator[str]:
    """What a person let stay: what is not to go in a decided group, and what was unmarked in an open one."""
    if choice is None:
        return
    lets_go = choice.verdict in (EditState.ACCEPTED, EditState.OPEN)
    going = {extra.photo.path for extra in choice.selected} if lets_go else set()
    unmarked = {extra.photo.path for extra in group.extras if extra.selected}
    for photo in photos_of(group):
        if photo.path not in going and (choice.verdict is not EditState.OPEN or photo.path in unmarked):
            yield photo.path


def _is_undecided(group: Group, choice: Choice | None) -> bool:
    """Whether `dedupe apply` would skip the group although something in it is selected."""
    if choice is None:
        return any(extra.selected for extra in group.extras)
    return choice.verdict is EditState.OPEN and bool(choice.selected)


def _choice(group: Group, edits: Mapping[str, GroupEdit], verify: Verify) -> Choice | None:
    """What a person made of the group; None where nobody touched it."""
    edit = edits.get(group.id)
    return None if edit is None or edit.is_plain else restored(group, edit, verify)


def _as_decided(group: Group, choice: Choice | None) -> Iterator[Group]:
    if choice is None:
        yield group
    elif choice.keep == 0 and not choice.heads:
        leaves = choice.verdict is EditState.ACCEPTED
        extras = zip(group.extras, choice.extras[1:], strict=True)
        if choice.verdict is not EditState.NOT_DUPLICATES:
            kept = tuple(
                replace(said or extra, selected=leaves and said is not None and said.selected) for extra, said in extras
            )
            yield replace(group, extras=kept)
    else:
        yield from accepted_groups(group, choice)
