"""Settings of the gate and the hold."""

import pytest
from pydantic import ValidationError

from modelfleet.domain.parameters.evaluation import (
    ByGroup,
    EvaluationParameters,
    Limit,
    ReplacementParameters,
)
from tests.domain.parameters.configuration import shipped


def test_a_cohort_goes_before_its_kind():
    """The narrower group wins; who is in none has the default."""
    setting = ByGroup[float](default=0.0, kinds={"flow": 0.1}, cohorts={"flow/A": 0.2})
    assert setting.of("flow/A", "flow") == 0.2
    assert setting.of("flow/B", "flow") == 0.1
    assert setting.of("level/A", "level") == 0.0
    assert setting.of(None, None) == 0.0


def test_a_bare_value_is_meant_for_all():
    """``margin: 0.02`` is as good as a default without exceptions."""
    gate = shipped()["evaluation"]["gate"]
    bare = {**shipped()["evaluation"], "gate": {**gate, "margin": 0.02, "mode": "strict"}}
    found = EvaluationParameters.model_validate(bare).gate
    assert found.margin.of("a", "b") == 0.02
    assert found.mode.of("a", "b") == "strict"
    assert ByGroup[float].model_validate(found.margin) == found.margin


def test_a_limit_is_the_larger_of_count_and_share():
    """Shares are for large fleets, counts for small ones."""
    limit = Limit(count=5, share=0.1)
    assert [limit.of(total) for total in (10, 50, 60)] == [5, 5, 6]


def test_weeks_that_are_looked_at_cannot_be_fewer_than_are_needed():
    """Otherwise no champion could ever be replaced."""
    shown = shipped()["evaluation"]["gate"]["replace"] | {"min_weeks": 8, "max_weeks": 6}
    with pytest.raises(ValidationError, match="max_weeks 6 is below min_weeks 8"):
        ReplacementParameters.model_validate(shown)
