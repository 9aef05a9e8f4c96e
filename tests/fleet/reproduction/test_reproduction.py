"""Models are trained again from what their release says, and compared with what it holds."""

import io
import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.features import Covariates
from modelfleet.fleet.lineage import LINEAGE_SCHEMA
from modelfleet.fleet.model_bytes import model_to_bytes
from modelfleet.fleet.release_content import shaping_parameters
from modelfleet.fleet.reproduction import Origin, Reproduced, reproduced, train_again
from modelfleet.fleet.reproduction.training import training_task
from tests.fleet.serving.releases import BACKTEST, Made, make_release
from tests.fleet.tasks.test_tasks import INTERVALS, noise, training

BOOSTING = {
    "class": "sklearn.ensemble.HistGradientBoostingRegressor",
    "arguments": {"max_iter": 3},
    "standardise": False,
}
PACKAGES = ("sklearn",)


def lasso(alpha: float) -> dict[str, Any]:
    """An estimator that has no fast path, and is kept as bytes."""
    arguments = {"alpha": alpha}
    return {"class": "sklearn.linear_model.Lasso", "arguments": arguments, "standardise": False}


def origin_of(made: Made, covariates: Covariates | None = None) -> Origin:
    """How a release in memory was made."""
    import json

    configuration = json.loads(made.contents["configuration.json"])
    return Origin(
        made.rid,
        {**configuration, **shaping_parameters(BACKTEST, INTERVALS)},
        made.axis,
        made.table("sensors"),
        made.table("models"),
        made.table("baselines"),
        covariates,
    )


def lineage(made: Made, *names: str) -> pl.DataFrame:
    """What is recorded of these sensors: of their models or baselines it makes no difference."""
    times = {n: [[made.axis.time(i) for i in p] for p in made.excluded.get(n, ())] for n in names}
    rows = [{"sensor_id": name, "excluded": times[name]} for name in names]
    return pl.DataFrame(rows, schema={n: LINEAGE_SCHEMA[n] for n in ("sensor_id", "excluded")})


def again(made: Made, name: str, *, kind: str = "model", **more: Any) -> dict[str, Any]:
    """Train one again, and compare."""
    origin = origin_of(made, **more)
    rows = lineage(made, name)
    readings = made.readings()
    (anew,) = train_again(origin, rows, readings, kind=kind).to_dicts()
    table = origin.models if kind == "model" else origin.baselines
    (released,) = table.filter(pl.col("sensor_id") == name).to_dicts()
    task = training_task(origin, rows) if kind == "model" else None
    return reproduced(released, anew, kind=kind, task=task, readings=readings, packages=PACKAGES)


SAME = {"same_version": True, "difference": 0.0}


def test_excluded_periods_rules_and_metadata_are_those_of_then() -> None:
    """All of them shape a model's version: one that was forgotten would give another."""
    made = make_release(
        {"a": noise("a"), "b": noise("b")},
        excluded={"a": ((1000 + 420768, 1100 + 420768), (1050 + 420768, 1200 + 420768))},
        rules={"limits": [{"name": "possible", "low": "lower_limit"}]},
        metadata={"a": {"lower_limit": -5.0, "rule_value": 3.0}},
    )
    assert again(made, "a") == {**SAME, "compared": "coefficients"}
    assert again(made, "b") == {**SAME, "compared": "coefficients"}
    forgotten = replace(made, excluded={})
    found = again(forgotten, "a")
    assert not found["same_version"]
    assert found["difference"] > 1e-6


def test_backups_are_chosen_and_fitted_again() -> None:
    """Among the baselines of the configuration, on the weeks of then."""
    made = make_release({"a": noise("a")}, serves={"a": "baseline"}, unheard=("silent",))
    assert again(made, "a", kind="baseline") == {**SAME, "compared": "pattern"}


def test_covariates_are_those_that_were_attached() -> None:
    """What the weather was later corrected to does not matter."""
    series = noise("a")
    first = 420768
    weather = Covariates(
        first, ("t",), np.random.default_rng(1).normal(size=(len(series) + 2000, 1))
    )
    made = make_release({"a": series}, parameters=training(covariates=["t"]), covariates=weather)
    assert again(made, "a", covariates=weather) == {**SAME, "compared": "coefficients"}
    other = replace(
        weather, values=weather.values + np.linspace(0, 1, len(weather.values))[:, None]
    )
    assert not again(made, "a", covariates=other)["same_version"]


def test_estimators_are_compared_by_bytes() -> None:
    """Seeds derive from the sensor, and archives are canonical: the same trees grow."""
    made = make_release({"a": noise("a")}, parameters=training(BOOSTING))
    assert again(made, "a") == {**SAME, "compared": "bytes"}


def test_estimators_of_other_bytes_are_compared_by_their_forecasts() -> None:
    """A library may write itself otherwise and forecast the same, or not."""
    made = make_release({"a": noise("a")}, parameters=training(lasso(0.01)))
    origin, rows, readings = origin_of(made), lineage(made, "a"), made.readings()
    task = training_task(origin, rows)
    (row,) = train_again(origin, rows, readings, kind="model").to_dicts()
    noted = with_note(row["model_bytes"])
    assert noted != row["model_bytes"]
    options = {"kind": "model", "task": task, "readings": readings, "packages": PACKAGES}
    found = reproduced({**row, "model_bytes": noted}, row, **options)
    assert found == {**SAME, "compared": "forecasts"}
    other = make_release({"a": noise("a")}, parameters=training(lasso(0.1)))
    bytes_of_other = other.table("models")["model_bytes"][0]
    found = reproduced({**row, "model_bytes": bytes_of_other}, row, **options)
    assert found["compared"] == "forecasts"
    assert found["difference"] > 1e-3


def with_note(content: bytes) -> bytes:
    """The same estimator with a further attribute."""
    from modelfleet.fleet.model_bytes import model_from_bytes

    model = model_from_bytes(content, packages=PACKAGES)
    model.estimator.note_ = "kept"
    return model_to_bytes(model, packages=PACKAGES)


def test_what_cannot_be_trained_again_has_a_problem() -> None:
    """With the reason that its own training gives."""
    made = make_release({"a": noise("a")})
    origin, rows = origin_of(made), lineage(made, "a")
    (anew,) = train_again(origin, rows, made.readings().head(0), kind="model").to_dicts()
    found = reproduced(origin.models.to_dicts()[0], anew, kind="model")
    assert found == {"problem": "it could not be trained again: ValueError: there are no readings"}


def test_other_features_are_another_model() -> None:
    """Whatever their coefficients are."""
    made = make_release({"a": noise("a")})
    (row,) = made.table("models").to_dicts()
    other = {**row, "outcome": "trained", "feature_names": row["feature_names"][::-1]}
    found = reproduced(row, other, kind="model")
    assert found["difference"] == math.inf
    told = Reproduced("a", "model", "v", "r", 0, same_code=True, **found).as_dict()
    assert (told["difference"], told["agrees"]) == (None, False)


@pytest.mark.parametrize(
    ("facts", "agrees"),
    [
        ({"difference": 0.0, "same_version": True, "same_code": True}, True),
        ({"difference": 9e-10, "same_version": False, "same_code": False}, True),
        ({"difference": 2e-9, "same_version": False, "same_code": False}, False),
        ({"difference": 0.0, "same_version": False, "same_code": True, "same_lock": True}, False),
        ({"difference": 0.0, "same_version": False, "same_code": True, "same_lock": False}, True),
        ({"difference": None, "problem": "gone"}, False),
    ],
)
def test_a_model_agrees_by_its_numbers_and_by_its_name(facts: dict[str, Any], agrees: bool) -> None:
    """Where code and libraries are the same, another version is another model."""
    assert Reproduced("a", "model", "v", "r", 0, **facts).agrees is agrees


def test_a_configuration_that_this_code_does_not_read_is_told() -> None:
    """With the section, and what to install."""
    made = make_release({"a": noise("a")})
    origin = origin_of(made)
    strange = {**origin.configuration, "baseline": {"weeks": "four"}}
    with pytest.raises(ReleaseError, match=r"baseline .* install the version of Modelfleet"):
        training_task(replace(origin, configuration=strange), lineage(made, "a"))


def test_a_release_without_lineage_is_told() -> None:
    """Its period is not known, and nothing is guessed."""

    class Old(Made):
        about: dict[str, bytes] = {}  # noqa: RUF012  of an older release

    made = make_release({"a": noise("a")})
    with pytest.raises(ReleaseError, match="before lineage was recorded"):
        Origin.of(Old(made.rid, made.contents, made.series, made.axis))
    assert io.BytesIO(made.contents["models.parquet"]).read(4) == b"PAR1"
