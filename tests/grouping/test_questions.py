"""Which pairs are asked: as many as there are photos, and all that decide where a photo belongs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.grouping.questions import CLOSEST, ENOUGH, Ends, Questions, ends_of
from dedupe.types import Clue, ClueKind, ContentKey, Evidence, Match, Pair, Relation, Transform
from tests.comparing.made import as_sets, group, key_of, photo, shot

RESAVED, EDITED, SIMILAR = Relation.RESAVED, Relation.EDITED, Relation.SIMILAR


@dataclass(frozen=True)
class Content:
    """A content as the verdicts see it: of which shot of which scene, which version of it, and how large."""

    name: str
    scene: str
    shot: int = 0
    version: str = ""
    width: int = 1000

    @property
    def key(self) -> ContentKey:
        return key_of(self.name)


def frame(version: str) -> Transform:
    """Where a version lies on the original: crops by their number, everything else whole."""
    share = 1 - 0.1 * int(version.removeprefix("crop")) if version.startswith("crop") else 1.0
    return Transform((share, 0.0, 0.0, 0.0, share, 0.0), 0.0, mirrored=False, scale=share)


def verdict(one: Content, other: Content, distance: float) -> Match:
    """What the alignment would say: all is as it should be."""
    a, b = sorted((one, other), key=lambda content: content.key)
    relation = None
    if (one.scene, one.shot) == (other.scene, other.shot):
        relation = RESAVED if one.version == other.version else EDITED
    elif one.scene == other.scene:
        relation = SIMILAR
    match = Match(a.key, b.key, distance, relation, 0.9)
    if relation is EDITED and not a.version:
        kind = ClueKind.CROP if b.version.startswith("crop") else ClueKind.TONE
        return replace(match, evidence=Evidence(transform=frame(b.version)), clues=(Clue(kind, 3.0),))
    if relation is EDITED and not b.version:
        (x, _, _, _, y, _) = frame(a.version).matrix
        turned = Transform((1 / x, 0.0, 0.0, 0.0, 1 / y, 0.0), 0.0, mirrored=False, scale=1 / x)
        kind = ClueKind.CROP if a.version.startswith("crop") else ClueKind.TONE
        return replace(match, evidence=Evidence(transform=turned), clues=(Clue(kind, -3.0),))
    return match


class Asked:
    """Plays a plan to its end."""

    def __init__(
        self, contents: list[Content], near: Callable[[Content, Content], bool] = lambda one, other: True
    ) -> None:
        by_key = {one.key: one for one in contents}
        pairs = [
            Pair(*ends_of(one.key, other.key), 0.1 if one.scene == other.scene else 0.6)
            for one, other in combinations(contents, 2)
            if near(one, other)
        ]
        self.candidates = len(pairs)
        plan = Questions(pairs, {one.key: (one.version == "", one.width) for one in contents})
        self.matches: list[Match] = []
        self.ends: list[Ends] = []
        self.rounds = 0
        while asked := plan.next():
            assert not set(asked) & set(self.ends), "nothing is asked twice"
            self.rounds += 1
            self.ends += asked
            answers = [verdict(by_key[a], by_key[b], 0.3) for a, b in asked]
            plan.learn(answers)
            self.matches += answers
        self.contents = contents

    def groups(self) -> list[set[str]]:
        photos = [photo(one.name, width=one.width) for one in self.contents]
        return sorted(as_sets(group(photos, self.matches)[0]), key=sorted)

    def all_groups(self) -> list[set[str]]:
        photos = [photo(one.name, width=one.width) for one in self.contents]
        matches = [verdict(one, other, 0.3) for one, other in combinations(self.contents, 2)]
        return sorted(as_sets(group(photos, matches)[0]), key=sorted)


def family(scene: str, copies: int, versions: dict[str, int], shot: int = 0) -> list[Content]:
    """An original, copies of it, and of each version so many files."""
    whole = [Content(f"{scene}{shot} {n}", scene, shot, "", 1000 - n) for n in range(copies + 1)]
    made = [
        Content(f"{scene}{shot} {version} {n}", scene, shot, version, 900 - n)
        for version, count in versions.items()
        for n in range(count)
    ]
    return [*whole, *made]


def test_five_hundred_copies_of_one_photo_cost_one_verdict_each() -> None:
    asked = Asked(family("a", 499, {}))
    assert len(asked.ends) == 499
    assert asked.rounds == 1


def test_the_edits_of_a_photo_are_compared_with_it_and_not_with_each_other() -> None:
    asked = Asked(family("a", 3, {f"crop{n}": 1 for n in range(1, 8)}))
    assert len(asked.ends) == 10
    assert asked.groups() == asked.all_groups()


def test_the_copies_of_an_edit_find_it() -> None:
    asked = Asked(family("a", 3, {"crop1": 4, "crop3": 4}))
    assert asked.groups() == asked.all_groups()
    crops = [one for one in asked.contents if one.version]
    found = {ends_of(match.a, match.b) for match in asked.matches if match.relation is RESAVED}
    for version in ("crop1", "crop3"):
        same = [one.key for one in crops if one.version == version]
        assert any(all(ends_of(head, one) in found for one in same if one != head) for head in same)
    assert len(asked.ends) <= 2 * len(asked.contents)


def test_two_photos_that_look_alike_to_the_embedding_cost_a_few_verdicts_more() -> None:
    contents = [*family("a", 20, {"crop1": 1, "crop2": 1}), *family("b", 20, {"crop1": 1, "crop2": 1})]
    asked = Asked(contents)
    assert asked.candidates > 1_000
    assert len(asked.ends) < 1.2 * len(contents)
    assert asked.groups() == asked.all_groups()


def test_a_copy_is_asked_about_every_shot_of_the_scene_that_it_may_belong_to() -> None:
    contents = [*family("a", 2, {}, shot=0), *family("a", 0, {}, shot=1)]
    asked = Asked(contents)
    other = contents[-1].key
    for copy in contents[:3]:
        assert ends_of(copy.key, other) in asked.ends


def test_shots_whose_times_set_them_apart_need_only_hang_together() -> None:
    shots = [Content(f"shot {n}", "a", n) for n in range(30)]
    pairs = [Pair(*ends_of(one.key, other.key), 0.2) for one, other in combinations(shots, 2)]
    plan = Questions(pairs, {}, apart=lambda one, other: True)
    by_key, count = {one.key: one for one in shots}, 0
    found = []
    while asked := plan.next():
        count += len(asked)
        answers = [verdict(by_key[a], by_key[b], 0.2) for a, b in asked]
        plan.learn(answers)
        found += answers
    assert count == 29
    _, series = group([photo(one.name, **shot(one.shot)) for one in shots], found)
    assert [len(one.photos) for one in series] == [30]


@pytest.mark.parametrize("frames", [300, 450])
def test_a_timelapse_costs_some_verdicts_a_frame_whatever_its_length_and_loses_no_copy(frames: int) -> None:
    shots = [Content(f"frame {n}", "a", n) for n in range(frames)]
    copies = [Content(f"copy {n}", "a", n, width=500) for n in range(0, frames, 10)]
    number = {one.key: one.shot for one in (*shots, *copies)}
    by_key = {one.key: one for one in (*shots, *copies)}
    pairs = [
        Pair(*ends_of(one.key, other.key), 0.02 + 0.01 * abs(one.shot - other.shot))
        for one, other in combinations((*shots, *copies), 2)
        if abs(one.shot - other.shot) <= 20
    ]
    plan, found, count = Questions(pairs, {one.key: (True, one.width) for one in by_key.values()}), [], 0
    while asked := plan.next():
        count += len(asked)
        answers = [verdict(by_key[a], by_key[b], 0.1) for a, b in asked]
        plan.learn(answers)
        found += answers
    assert count < 14 * frames < len(pairs)
    joined = {number[match.a] for match in found if match.relation is RESAVED}
    assert joined == {one.shot for one in copies}
    _, series = group([photo(one.name) for one in shots], found)
    assert [len(one.photos) for one in series] == [frames]


def test_a_crowd_of_blank_scans_costs_a_few_verdicts_each() -> None:
    scans = [Content(f"scan {n}", f"page {n}") for n in range(280)]
    pairs = [Pair(*ends_of(one.key, other.key), 0.1) for one, other in combinations(scans, 2)]
    plan, count, rounds = Questions(pairs, {}), 0, 0
    while asked := plan.next():
        count, rounds = count + len(asked), rounds + 1
        plan.learn(Match(*ends, 0.1, None) for ends in asked)
    assert count <= (ENOUGH + CLOSEST) * len(scans)
    assert rounds < 20


def test_fewer_pages_than_make_a_crowd_are_all_compared() -> None:
    pages = [Content(f"page {n}", f"page {n}") for n in range(100)]
    pairs = [Pair(*ends_of(one.key, other.key), 0.1) for one, other in combinations(pages, 2)]
    plan, count = Questions(pairs, {}), 0
    while asked := plan.next():
        count += len(asked)
        plan.learn(Match(*ends, 0.1, None) for ends in asked)
    assert count == len(pairs)


@st.composite
def worlds(draw: st.DrawFn) -> list[Content]:
    contents: list[Content] = []
    for scene in "abc"[: draw(st.integers(1, 3))]:
        for number in range(draw(st.integers(1, 2))):
            versions = draw(st.dictionaries(st.sampled_from(["crop1", "crop3", "grey"]), st.integers(1, 3), max_size=3))
            contents += family(scene, draw(st.integers(0, 3)), versions, shot=number)
    return contents


@given(worlds(), st.randoms(use_true_random=False))
def test_what_is_not_asked_changes_no_group_and_the_order_changes_nothing(contents, random) -> None:
    asked = Asked(contents)
    assert asked.groups() == asked.all_groups()
    shuffled = contents.copy()
    random.shuffle(shuffled)
    assert set(Asked(shuffled).ends) == set(asked.ends)
