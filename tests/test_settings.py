"""Settings: a typo never turns into a default."""

from __future__ import annotations

from pathlib import Path

import pytest

from dedupe.config import load_settings
from dedupe.errors import ConfigError, UsageError
from dedupe.settings import KEEPER_RULES, Settings, keeper_rules, relations
from dedupe.types import SAFE_RELATIONS, Relation


def config(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, "utf-8")
    return path


def test_flags_win_over_the_config_file_and_that_over_the_defaults(tmp_path: Path) -> None:
    path = config(tmp_path, 'threshold = 0.4\njobs = 3\nkeep = ["oldest"]\nexclude = "*.png"\n')
    settings = load_settings({"jobs": 1, "model": None}, path)
    assert (settings.threshold, settings.jobs, settings.model) == (0.4, 1, "compact")
    assert settings.keep[:2] == ("undamaged", "oldest")
    assert settings.exclude == ("*.png",)


def test_without_a_config_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_settings({}, tmp_path / "none.toml") == Settings()
    assert Settings().select == SAFE_RELATIONS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("treshold = 0.5", "unknown key “treshold”"),
        ("jobs = true", "“jobs” has a value of the wrong kind"),
        ("jobs = 'two'", "“jobs” has a value of the wrong kind"),
        ("exclude = [1]", "“exclude” has a value of the wrong kind"),
        ("select = ['similar']", "different moments"),
        ("select = ['same']", "no relation “same”"),
        ("jobs = ", "not valid TOML"),
        ("jobs = 0", "from 1 up, not 0"),
    ],
)
def test_a_config_file_with_a_mistake_is_refused_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        load_settings({}, config(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_config_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings({}, path)


def test_photos_that_are_only_similar_can_never_be_selected() -> None:
    with pytest.raises(UsageError, match="never selected"):
        Settings(select=(Relation.IDENTICAL, Relation.SIMILAR))


@pytest.mark.parametrize("threshold", [0.0, -0.1, 2.01, float("nan")])
def test_a_threshold_that_is_no_distance_is_refused(threshold: float) -> None:
    with pytest.raises(UsageError, match="threshold"):
        Settings(threshold=threshold)


def test_relations_come_in_order_of_safety_however_they_are_named() -> None:
    assert relations(["edited,identical", "resaved"]) == (Relation.IDENTICAL, Relation.RESAVED, Relation.EDITED)
    with pytest.raises(UsageError, match="no relation “duplicate”"):
        relations(["duplicate"])


def test_named_keeper_rules_come_first_and_undamaged_always_leads() -> None:
    assert keeper_rules(["oldest,name"])[:3] == ("undamaged", "oldest", "name")
    assert sorted(keeper_rules(["path"])) == sorted(KEEPER_RULES)
    for wrong, said in ((["biggest"], "no keeper rule"), ([","], "at least one"), (["name", "name"], "twice")):
        with pytest.raises(UsageError, match=said):
            keeper_rules(wrong)


@pytest.mark.parametrize("number", [0, -1])
def test_no_workers_at_all_cannot_be_asked_for(tmp_path: Path, number: int) -> None:
    with pytest.raises(UsageError, match=f"from 1 up, not {number}"):
        load_settings({"jobs": number}, tmp_path / "none.toml")


@pytest.mark.parametrize(("flag", "value"), [("weights", ""), ("exclude", ("*.tmp", ""))])
def test_an_empty_word_for_a_file_or_a_pattern_is_refused(tmp_path: Path, flag: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"--{flag} is empty"):
        load_settings({flag: value}, tmp_path / "none.toml")


def test_one_worker_a_core_unless_told() -> None:
    assert Settings().workers >= 1
    assert Settings(jobs=3).workers == 3
