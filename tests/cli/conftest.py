"""One library for all these tests; those that change something take a copy."""

from __future__ import annotations

import pytest

from tests.queries.made import Library, made


@pytest.fixture(scope="package")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Never to be changed."""
    return made(tmp_path_factory.mktemp("library"))
