"""The order of trouble."""

import polars as pl
import pytest

from modelfleet.domain.parameters.validation import ValidationParameters
from modelfleet.reporting.quality.trouble import rank_sensors
from tests.domain.parameters.configuration import shipped
from tests.reporting.fleets import make_fleet
from tests.reporting.quality.contents import VALIDATION, make_profiles

IDS = [f"s{k}" for k in range(8)]


def rank(validation=VALIDATION, **figures) -> pl.DataFrame:  # type: ignore[no-untyped-def]
    """Eight sensors, two in quarantine, one retired; figures of single ones as name=(id, value)."""
    fleet = make_fleet(IDS, quarantined=IDS[:2], retired=IDS[2:3])
    profiles = make_profiles(IDS)
    for name, (sensor, value) in figures.items():
        here = pl.col("sensor_id") == sensor
        profiles = profiles.with_columns(pl.when(here).then(value).otherwise(name).alias(name))
    return rank_sensors(profiles, fleet["admissions"], validation)


def test_quarantined_come_first_and_retired_last() -> None:
    """Within each, whoever is nearest to a limit; retirement is no trouble."""
    ranked = rank()
    assert ranked["sensor_id"].to_list() == ["s1", "s0", "s7", "s6", "s5", "s4", "s3", "s2"]
    assert ranked["place"].to_list() == list(range(8))
    assert ranked["standing"].to_list() == ["quarantined"] * 2 + ["admitted"] * 5 + ["retired"]


@pytest.mark.parametrize(
    ("figure", "value", "named", "strain"),
    [
        ("silence_hours", 84.0, "silence", 0.5),
        ("longest_gap_hours", 1344.0, "gap", 2.0),
        ("stuck_share", 0.019, "stuck values", 0.95),
        ("stuck_end_hours", 24.0, "stuck at the end", 1.0),
        ("rejected_share", 0.15, "rejected rows", 0.75),
        ("off_grid_share", 0.04, "rows off the grid", 0.8),
        ("coverage", 0.82, "missing values", 0.6),
    ],
)
def test_strain_is_the_share_of_the_nearest_limit(figure, value, named, strain) -> None:  # type: ignore[no-untyped-def]
    """Half of what is allowed is 50 % used up; the limit is named."""
    row = rank(**{figure: ("s3", value)}).row(by_predicate=pl.col("sensor_id") == "s3", named=True)
    assert row["strained_by"] == named
    assert row["strain"] == pytest.approx(strain)


def test_whoever_never_sent_stands_on_top() -> None:
    """Nothing was measured, so there is no share of a limit, and nothing is worse."""
    nothing = dict.fromkeys(
        ("silence_hours", "longest_gap_hours", "stuck_share", "stuck_end_hours", "coverage",
         "rejected_share", "off_grid_share"),
        ("s0", None),
    )  # fmt: skip
    first = rank(**nothing).row(0, named=True)
    assert (first["sensor_id"], first["strain"], first["strained_by"]) == ("s0", None, None)


def test_an_exception_gives_another_limit() -> None:
    """What is right for a sensor is measured by its own limit."""
    configured = shipped()["validation"]
    configured["exceptions"] = [
        {"sensors": ["s3"], "limits": {"max_stuck_share": 0.5}, "reason": "a valve"}
    ]
    own = ValidationParameters.model_validate(configured)
    for validation, strain in ((own, 0.6), (VALIDATION, 15)):
        (found,) = rank(validation, stuck_share=("s3", 0.3)).filter(sensor_id="s3")["strain"]
        assert found == pytest.approx(strain)


def test_where_nothing_is_allowed_anything_is_too_much() -> None:
    """A limit of zero is no division by zero: none is in order, some is beyond all measure."""
    configured = shipped()["validation"]
    configured["admission"]["max_rejected_share"] = 0
    strict = ValidationParameters.model_validate(configured)
    ranked = rank(strict, rejected_share=("s3", 0.001)).filter(standing="admitted")
    assert ranked["sensor_id"][0] == "s3"
    assert ranked["strain"][0] == float("inf")
    assert ranked["strain"].is_not_nan().all()
