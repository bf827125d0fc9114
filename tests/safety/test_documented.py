"""docs/safety.md names tests that are there, and says nothing of files that are not."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parents[2]
TEXT = (HERE / "docs" / "safety.md").read_text()


def test_every_row_of_the_threat_table_names_a_test_that_is_there() -> None:
    rows = [line for line in TEXT.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) >= 36
    for row in rows:
        found = re.search(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert found, row
        assert f"def {found[2]}(" in (HERE / found[1]).read_text(), row


def test_every_row_of_the_page_s_table_names_a_test_that_is_there() -> None:
    rows = [line for line in (HERE / "docs" / "web.md").read_text().splitlines() if re.match(r"\| \d", line)]
    assert len(rows) >= 20
    for row in rows:
        found = re.search(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert found, row
        assert f"def {found[2]}(" in (HERE / found[1]).read_text(), row


def test_every_file_that_is_named_is_there() -> None:
    for name in re.findall(r"`(dedupe/[\w/]+\.py)`", TEXT):
        assert (HERE / name).is_file(), name
