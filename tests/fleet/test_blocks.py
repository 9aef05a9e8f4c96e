"""From a shard's table to one array per sensor."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.fleet.axis import Axis
from modelfleet.fleet.blocks import blocks
from tests.strategies import same_bits

START = datetime(2021, 3, 1, tzinfo=UTC)
AXIS = Axis(60, "UTC", first := int(START.timestamp()) // 3600, first + 12)
hours = st.lists(st.integers(0, 15), unique=True, max_size=12).map(sorted)


@given(fleet=st.dictionaries(st.sampled_from(["a", "aa", "b", "sensor with a long name"]), hours))
def test_each_sensor_gets_its_own_values_where_they_were_read(fleet):
    """Also where a sensor ended before the next one began, so that time never steps back."""
    rows = [(name, hour) for name in sorted(fleet) for hour in fleet[name]]
    schema = {"sensor_id": pl.String(), "hour": pl.Int64()}
    table = pl.DataFrame(rows, schema, orient="row").select(
        "sensor_id",
        timestamp=START + pl.col("hour") * timedelta(hours=1),
        value=pl.int_range(pl.len()).cast(pl.Float64),
    )
    expected = {}
    for number, (name, hour) in enumerate(rows):
        if hour < AXIS.stop - AXIS.first:
            expected.setdefault(name, {})[AXIS.first + hour] = float(number)
    found = dict(blocks(table.cast({"timestamp": pl.Datetime("us", "UTC")}), AXIS))
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        laid = [values.get(index, np.nan) for index in range(min(values), AXIS.stop)]
        assert found[name].first == min(values)
        assert same_bits(found[name].values, np.array(laid))
