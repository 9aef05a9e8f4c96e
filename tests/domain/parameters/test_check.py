"""All problems of a configuration at once, before anything runs."""

import pytest

from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.parameters.check import SECTIONS, check_parameters
from tests.domain.parameters.configuration import CONF, shipped, spoiled

ENVIRONMENTS = sorted(p.name for p in CONF.iterdir() if p.is_dir() and p.name != "local")


def problems(configuration):
    """The lines that a configuration is refused with."""
    with pytest.raises(ConfigurationError) as raised:
        check_parameters(configuration)
    first, *lines = str(raised.value).splitlines()
    assert first == f"the configuration has {len(lines)} problem(s), nothing was run:"
    return [line.removeprefix("  - ") for line in lines]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_shipped_is_valid(environment):
    """Every environment of the project passes its own check."""
    assert set(shipped(environment)) == set(SECTIONS)
    check_parameters(shipped(environment))


LINEAR = "training.recipes.linear"
WRONG = [
    ("fleet.name", "L-Town", "should match pattern"),
    ("fleet.frequency", "7min", "divides a day, such as 15min, 1h or 1d"),
    ("fleet.frequency", "0h", "divides a day"),
    ("fleet.frequency", "hourly", "divides a day"),
    ("fleet.time_zone", "Europe/Room", "is no IANA time zone"),
    ("fleet.time_zone", "../etc/passwd", "is no IANA time zone"),
    ("fleet.horizon", 0, "greater than or equal to 1"),
    ("fleet.horizon", 1.5, "valid integer"),
    ("fleet.shards", 5000, "less than or equal to 4096"),
    ("fleet.quorum", 0, "greater than 0"),
    ("fleet.quorum", float("nan"), "finite number"),
    ("backtest.weeks", 3, "greater than or equal to 4"),
    ("backtest.choice_weeks", 0, "greater than or equal to 1"),
    ("backtest.sliding_weeks", 1, "greater than or equal to 2"),
    ("backtest.exclude_events", "burst", "valid tuple"),
    ("engine.backend", "threads", "'sequential', 'loky', 'dask' or 'ray'"),
    ("engine.address", "", "at least 1 character"),
    ("engine.workers", 0, "at least one worker"),
    ("engine.sensors_per_task", 0, "greater than or equal to 1"),
    ("engine.max_lost_sensors", -1, "greater than or equal to 0"),
    ("ingestion.readings.kind", "tall", "'long' or 'wide'"),
    ("ingestion.readings.time_zone", "Rome", "is no IANA time zone"),
    ("ingestion.sensors.cohort_by", [], "at least 1 item"),
    ("ingestion.events.time_zone", "", "is no IANA time zone"),
    ("ingestion.tolerance_minutes", -1, "greater than or equal to 0"),
    ("ingestion.earliest", "long ago", "valid datetime"),
    ("ingestion.max_unreadable_share", 1.1, "less than or equal to 1"),
    ("validation.profile.stuck_hours", 0, "greater than 0"),
    ("validation.profile.jump_factor", 1, "greater than 1"),
    ("validation.admission.min_coverage", 70, "less than or equal to 1"),
    ("validation.admission.max_level_jumps", -1, "greater than or equal to 0"),
    ("baseline.weeks", 53, "less than or equal to 52"),
    ("baseline.candidates", [], "at least 1 item"),
    ("training.allowed_packages", [], "at least 1 item"),
    (f"{LINEAR}.features.lags", [24, 24], "an entry stands here twice"),
    (f"{LINEAR}.features.daily_harmonics", 13, "less than or equal to 12"),
    (f"{LINEAR}.estimator.class", "Ridge", "should match pattern"),
    (f"{LINEAR}.estimator.class", "sklearn; import os", "should match pattern"),
    (f"{LINEAR}.estimator.arguments", [1], "valid dictionary"),
    ("evaluation.gate.mode.default", "lenient", "'expected' or 'strict'"),
    ("evaluation.gate.mode.cohorts", {"a": "maybe"}, "'expected' or 'strict'"),
    ("evaluation.gate.min_probability", 0.5, "greater than 0.5"),
    ("evaluation.gate.margin.kinds", {"flow": 2.0}, "less than or equal to 1"),
    ("evaluation.gate.replace.min_weeks", 3, "greater than or equal to 4"),
    ("evaluation.gate.replace.max_weeks", 3, "greater than or equal to 4"),
    ("evaluation.hold.flips.share", 25, "less than or equal to 1"),
    ("evaluation.hold.sanity.growth", 0.5, "greater than or equal to 1"),
    ("evaluation.gate.false_discovery_rate", 0, "greater than 0"),
    ("evaluation.report.examples", 49, "less than or equal to 48"),
    ("intervals.coverage", 1, "less than 1"),
    ("intervals.rate", -1, "greater than or equal to 0"),
    ("intervals.min_log_factor", 0.5, "less than or equal to 0"),
    ("costs.currency", "", "should match pattern"),
    ("costs.default.per_visit", -1, "greater than or equal to 0"),
    ("rules.limits", "none", "valid tuple"),
    ("overrides.sensors", "D_n10", "valid tuple"),
    ("promotion.clearances", "none", "valid tuple"),
    ("promotion", None, "valid dictionary"),
]


@pytest.mark.parametrize(("path", "value", "allowed"), WRONG)
def test_a_wrong_value_is_told_with_its_path_and_what_is_allowed(path, value, allowed):
    """One line: where it stands, what stands there, what may stand there."""
    (line,) = problems(spoiled((path, value)))
    assert line.startswith(path)
    assert allowed in line
    assert "is not allowed: " in line
    shown = value if not isinstance(value, list | dict) else ""
    assert str(shown) in line


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("engine.address", "tcp://x:8786", "the backend loky runs here and has no address"),
        ("backtest.sliding_weeks", 5, "sliding_weeks is shorter than min_training_weeks"),
        ("intervals.coverage", 0.99, "coverage does not lie between sound_from and sound_to"),
        ("rules.limits", [{"name": "model", "low": 0}], "['model'] mean something else"),
        ("baseline.assign.default", "monthly", "['monthly'] are no baselines; there are ['best',"),
        ("baseline.assign.sensors", {"a": "linear"}, "['linear'] are no baselines"),
        ("baseline.candidates", ["best"], "'best' is a choice among the candidates"),
        ("ingestion.readings.value", None, "a long layout names its columns"),
        (f"{LINEAR}.features", {"weeks_median": True, "lags": [24]}, "at least one entry in weeks"),
        (f"{LINEAR}.features", {"weekend": True}, "name at least one of lags, weeks"),
        ("training.assign.cohorts", {"a": "forest"}, "assigns ['forest'], but the recipes are"),
        (f"{LINEAR}.estimator.class", "os.system", "recipes.linear.estimator: 'os.system' is not"),
    ],
)
def test_values_that_do_not_go_together_are_told(path, value, words):
    """What a section says must make sense as a whole."""
    (line,) = problems(spoiled((path, value)))
    assert line.startswith(path.split(".", maxsplit=1)[0])
    assert words in line


def test_a_backend_that_is_not_installed_is_told_before_the_run(monkeypatch):
    """With the command that installs it, and not after an hour of ingestion."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (line,) = problems(spoiled(("engine.backend", "dask")))
    assert "the package 'distributed' is missing: pip install 'modelfleet[dask]'" in line


@pytest.mark.parametrize(
    "path",
    [
        "fleet",
        "fleet.horizon",
        "validation.profile.jump_factor",
        "training.recipes.linear.features",
    ],
)
def test_what_is_missing_is_named(path):
    """A section or a key that is not there has no silent default."""
    assert problems(spoiled((path, ...))) == [f"{path}: is missing"]


PLACES = [
    "fleet",
    "backtest",
    "engine",
    "ingestion",
    "ingestion.readings",
    "ingestion.sensors",
    "ingestion.events",
    "ingestion.covariates",
    "validation",
    "validation.profile",
    "validation.admission",
    "baseline",
    "baseline.assign",
    "training",
    "training.recipes.linear",
    "training.recipes.linear.features",
    "training.recipes.linear.estimator",
    "evaluation",
    "evaluation.gate",
    "evaluation.gate.mode",
    "evaluation.gate.margin",
    "evaluation.gate.min_probability",
    "evaluation.gate.replace",
    "evaluation.hold",
    "evaluation.hold.demotions",
    "evaluation.hold.sanity",
    "evaluation.hold.shock",
    "evaluation.report",
    "intervals",
    "costs",
    "costs.default",
    "costs.default.baseline",
    "rules",
    "overrides",
    "promotion",
]


@pytest.mark.parametrize("place", PLACES)
def test_an_unknown_key_is_refused_everywhere(place):
    """A typing error never passes for a setting."""
    assert problems(spoiled((f"{place}.tpyo", 1))) == [f"{place}.tpyo: is not a known key"]


def test_an_unknown_section_is_refused():
    """Also at the top."""
    assert problems(spoiled(("evaluations", {}))) == ["evaluations: is not a known section"]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            f"{LINEAR}.features.lags",
            [23, 24],
            ": [23] are not allowed: no lag may be shorter than fleet.horizon, which is 24 steps",
        ),
        (
            f"{LINEAR}.features.covariates",
            ["rain"],
            ": ['rain'] are not allowed: ingestion.covariates.columns has []",
        ),
        (
            "evaluation.gate.min_weeks",
            13,
            ": 13 is not allowed: backtest.weeks judges 12 only",
        ),
    ],
    ids=["lag_below_horizon", "unknown_covariate", "too_many_weeks"],
)
def test_sections_must_agree(path, value, expected):
    """Both settings are named, so that either can be changed."""
    assert problems(spoiled((path, value))) == [path + expected]


@pytest.mark.parametrize(
    ("frequency", "horizon"), [("1h", 168), ("1d", 7), ("15min", 672), ("15min", 670)]
)
def test_a_horizon_leaves_room_for_the_week_before(frequency, horizon):
    """In spring last week's value lies an hour nearer than a week: it must be known by then."""
    lags = [("training.recipes.linear.features.lags", [700])]
    lags += [("training.recipes.boosting.features.lags", [700])]
    changes = [("fleet.frequency", frequency), ("fleet.horizon", horizon), *lags]
    (line,) = problems(spoiled(*changes))
    assert line.startswith(f"fleet.horizon: {horizon} is not allowed")


def test_every_problem_of_every_section_is_told_at_once():
    """Somebody who configures a fleet is not sent back ten times."""
    wrong = [(path, value) for path, value, _ in WRONG if path.count(".") == 1]
    wrong = list({path: (path, value) for path, value in wrong}.values())
    found = problems(spoiled(*wrong, ("engine.cores", 2), ("backtest.weeks", ...)))
    named = {line.partition(": ")[0] for line in found}
    assert named >= {path for path, _ in wrong} - {"backtest.weeks"} | {"engine.cores"}
    assert "backtest.weeks: is missing" in found
    assert len(found) == len(set(found))


def test_disagreement_is_told_beside_an_error_elsewhere():
    """A wrong clearance does not hide a lag below the horizon."""
    found = problems(spoiled(("promotion.clearances", "no"), ("fleet.horizon", 48)))
    assert any(line.startswith("promotion.clearances") for line in found)
    assert any("no lag may be shorter than fleet.horizon" in line for line in found)


def test_every_estimator_that_is_assigned_is_checked():
    """All wrong recipes are named; one that nobody uses may need an extra not installed."""
    found = problems(
        spoiled(
            (f"{LINEAR}.estimator.class", "sklearn.linear_model.Rigde"),
            ("training.recipes.boosting.estimator.arguments", {"max_itre": 1}),
            ("training.assign.cohorts", {"a": "boosting"}),
        )
    )
    assert "recipes.linear.estimator: 'sklearn.linear_model.Rigde'" in found[0]
    assert "recipes.boosting.estimator: 'sklearn.ensemble.HistGradient" in found[0]
    check_parameters(spoiled(("training.recipes.boosting.estimator.class", "lightgbm.Absent")))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("fleet.horizon", "24"),
        ("fleet.quorum", "0.25"),
        (f"{LINEAR}.features.weekend", "yes"),
        (f"{LINEAR}.estimator.standardise", "off"),
        ("evaluation.gate.margin", "0"),
        ("fleet.horizon", True),
    ],
)
def test_text_is_not_taken_for_a_number(path, value):
    """Quotes in YAML mean text; a number in quotes is a mistake to be told."""
    (line,) = problems(spoiled((path, value)))
    assert line.startswith(path)


def test_a_penalty_below_zero_is_refused():
    """The arguments of an estimator are checked when the configuration is loaded."""
    (line,) = problems(spoiled((f"{LINEAR}.estimator.arguments", {"alpha": -1.0})))
    assert "alpha" in line
