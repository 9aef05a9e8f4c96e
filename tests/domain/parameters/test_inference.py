"""For when forecasts are made, as it stands in configuration and on the command line."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from modelfleet.domain.parameters.inference import InferenceParameters


def parameters(**changes: Any) -> InferenceParameters:
    """With usual limits."""
    usual = {"step": "1d", "max_backup_share": 0.5, "max_fallback_share": 0.2}
    return InferenceParameters.model_validate(usual | changes)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, ()),
        ([], ()),
        ("2018-10-01/2018-12-01", ("2018-10-01/2018-12-01",)),
        (["2018-10-01", "2018-10-05T06:00"], ("2018-10-01", "2018-10-05T06:00")),
        (date(2018, 10, 1), ("2018-10-01",)),
        ([datetime(2018, 10, 1, 6, tzinfo=UTC)], ("2018-10-01T06:00:00+00:00",)),
    ],
    ids=str,
)
def test_origins_are_one_text_or_a_list(given: Any, expected: tuple[str, ...]) -> None:
    """YAML may make times of texts that look like times; nothing is the next origin."""
    assert parameters(origins=given).origins == expected


@pytest.mark.parametrize("given", ["tomorrow", ["2018-10-01", "x"], 7, [None], {"a": 1}], ids=str)
def test_other_origins_are_refused(given: Any) -> None:
    """Before anything is run."""
    with pytest.raises(ValidationError, match="origins"):
        parameters(origins=given)


def test_the_step_is_a_span_of_time() -> None:
    """Minutes, hours or days."""
    assert parameters(step="6h").apart == timedelta(hours=6)
    for wrong in ("", "1w", "0d", "d"):
        with pytest.raises(ValidationError, match="such as 6h or 1d"):
            parameters(step=wrong)


@pytest.mark.parametrize("limit", ["max_backup_share", "max_fallback_share"])
def test_limits_are_shares(limit: str) -> None:
    """Not per cent."""
    with pytest.raises(ValidationError, match=limit):
        parameters(**{limit: 25.0})
