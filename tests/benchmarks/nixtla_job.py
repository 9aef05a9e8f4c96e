"""Runs in an environment of its own: forecasts of statsforecast and mlforecast on a sample.

``python tests/benchmarks/nixtla_job.py SAMPLE.parquet`` prints cost per sensor as JSON. The sample
has ``unique_id``, ``ds`` and ``y`` without holes, because neither library takes missing values.
"""

import json
import sys
from dataclasses import asdict

import pandas as pd
from cost import cost_of  # run by its path: its own folder comes first
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from statsforecast import StatsForecast
from statsforecast.models import SeasonalNaive

WEEK = 168
BACKTEST = {"h": WEEK, "step_size": WEEK, "n_windows": 12}
"""Twelve weekly origins, each with a week of forecasts, as Modelfleet's backtest has them."""


def seasonal_naive(frame: pd.DataFrame) -> None:
    """Backtest the value of the week before, all series in one call."""
    model = StatsForecast(models=[SeasonalNaive(season_length=WEEK)], freq="h", n_jobs=1)
    model.cross_validation(df=frame, **BACKTEST)


def local_ridge(frame: pd.DataFrame) -> None:
    """Backtest and fit a ridge of its own for each series, refitted at each origin."""
    for _, series in frame.groupby("unique_id"):
        model = MLForecast(
            models=[make_pipeline(StandardScaler(), Ridge(alpha=10.0))],
            freq="h",
            lags=[24, 48, 72, 96, 120, 144, 168, 336, 504, 672],
            lag_transforms={24: [RollingMean(24), RollingMean(WEEK)]},
            date_features=["hour", "dayofweek"],
        )
        model.cross_validation(df=series, refit=True, **BACKTEST)
        model.fit(series)


def main() -> None:
    """Run each once unmeasured on one series, which compiles what is compiled, then on all."""
    frame = pd.read_parquet(sys.argv[1])
    ids = frame["unique_id"].unique()
    costs = {}
    for work in (seasonal_naive, local_ridge):
        work(frame[frame["unique_id"] == ids[0]])
        cost = cost_of(lambda work=work: work(frame))  # type: ignore[misc]
        costs[work.__name__] = asdict(cost.per(len(ids)))
    print(json.dumps(costs))


if __name__ == "__main__":
    main()
