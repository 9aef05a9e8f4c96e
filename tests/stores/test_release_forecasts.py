"""The sample fleet: a release forecasts what the training stage's code forecasts."""

import json

import numpy as np
import polars as pl

from modelfleet.domain.features import build_design
from modelfleet.domain.forecasters import LinearModel
from modelfleet.domain.parameters.recipes import RecipeParameters
from modelfleet.domain.series import Series
from modelfleet.fleet.axis import Axis
from modelfleet.fleet.blocks import blocks
from tests.project import Project


def test_recent_readings_of_the_sample_fleet_give_the_forecasts_of_training(few: Project) -> None:
    """From five weeks the same to the bit as from the whole history; else a rule struck."""
    store = few.load("release")
    release = store.open(store.rids()[0])
    source, axis = few.load("readings"), Axis(**few.load("fleet_window"))
    history = {
        sensor_id: block
        for shard in source.shards()
        for sensor_id, block in blocks(source.read(shard), axis)
    }
    recent = pl.concat([source.read(shard) for shard in source.shards()]).filter(
        pl.col("timestamp") >= release.forecaster.readings_from
    )
    forecasts = release.predict(recent)
    assert forecasts.height == 24 * 12
    for row in release.table("models").iter_rows(named=True):
        block = history[row["sensor_id"]]
        values = np.append(block.values, np.full(24, np.nan))
        features = RecipeParameters(**json.loads(row["specification"])).features
        calendar = axis.calendar(block.first, len(values))
        series = Series(block.first, values, np.zeros(len(values), dtype=np.bool_))
        design = build_design(series, calendar, features, horizon=24)
        expected = LinearModel(np.array(row["coefficients"]), row["intercept"]).predict(
            design.columns
        )[-24:]
        told = forecasts.filter(pl.col("sensor_id") == row["sensor_id"])
        by_model = (told["source"] == "model").to_numpy()
        np.testing.assert_array_equal(told["value"].to_numpy()[by_model], expected[by_model])
        assert (expected[~by_model] < 0).all()
        assert set(told["reason"].drop_nulls()) <= {"physically_possible"}
        assert by_model.sum() >= 12
