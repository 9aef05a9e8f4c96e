"""What MLflow loads and serves: a release that is verified before it answers.

MLflow runs this file from a copy beside the model (models from code), so nothing here may be
imported by the project itself: see :mod:`modelfleet.stores.mirror`.
"""

import os
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc.model import PythonModel

from modelfleet.domain.errors import DataError, ReleaseError
from modelfleet.fleet.model_bytes import KNOWN_PACKAGES
from modelfleet.stores.objects import Objects
from modelfleet.stores.release_store import Release, ReleaseStore

PACKAGES = "MODELFLEET_PACKAGES"
"""Environment variable of whoever serves: packages that estimators may come from."""


class ReleaseModel(PythonModel):
    """Forecasts the sensors that a request brings readings of."""

    _release: Release

    def load_context(self, context: Any) -> None:
        """Open the release that the model carries.

        Raises:
            ReleaseError: a byte of it is not what its name says, or it is not the release that the
                model was registered for.
        """
        folder = Path(context.artifacts["release"])
        rid = (context.model_config or {}).get("rid")
        if folder.name != rid:
            raise ReleaseError(
                f"the model was registered for release {str(rid)[:12]}, but carries "
                f"{folder.name[:12]}; take it from the registry again"
            )
        self._release = ReleaseStore(Objects(str(folder.parent))).open(folder.name)

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Forecast every sensor that stands in the request, and no other.

        Args:
            context: of MLflow; not needed any more.
            model_input: ``sensor_id``, ``timestamp`` and ``value``, as pandas has them.
            params: ``at``, the time of the first step to forecast, as text with a zone.
        """
        table = pd.DataFrame(model_input)
        forecasts = self._release.predict(
            table,
            at=_time((params or {}).get("at")),
            sensors=table["sensor_id"].dropna().unique().tolist(),
            packages=_packages(),
        )
        text = forecasts["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        return _with_nulls(forecasts.with_columns(text).to_pandas())


def _time(text: str | None) -> Any:
    if not text:
        return None
    try:
        return pd.Timestamp(text).to_pydatetime()
    except ValueError as error:
        raise DataError(f"at is {text!r}; write it like 2018-01-31T13:00:00Z") from error


def _with_nulls(answer: pd.DataFrame) -> pd.DataFrame:
    """What is unknown as ``None``: MLflow's server would write NaN, which is no JSON."""
    for name in answer.columns[answer.isna().any()]:
        answer[name] = answer[name].astype(object).where(answer[name].notna(), None)
    return answer


def _packages() -> tuple[str, ...]:
    told = os.environ.get(PACKAGES, "")
    return tuple(filter(None, told.split(","))) or tuple(sorted(KNOWN_PACKAGES))


mlflow.models.set_model(ReleaseModel())
