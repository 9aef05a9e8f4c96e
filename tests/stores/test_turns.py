"""One ingestion at a time."""

from pathlib import Path

import pytest

from modelfleet.domain.errors import DataError
from modelfleet.stores.turns import one_at_a_time


def test_the_second_is_told_while_the_first_is_at_work(tmp_path: Path) -> None:
    """However the place is written; another place is free, and so is this one afterwards."""
    (tmp_path / "link").symlink_to(tmp_path / "table")
    with one_at_a_time(str(tmp_path / "table")):
        for same in (tmp_path / "table", tmp_path / "link", tmp_path / "x" / ".." / "table"):
            with pytest.raises(DataError, match="at the same time"), one_at_a_time(str(same)):
                pass
        with one_at_a_time(str(tmp_path / "other")), one_at_a_time("s3://bucket/table"):
            pass
    with one_at_a_time(str(tmp_path / "table")):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["link"]
