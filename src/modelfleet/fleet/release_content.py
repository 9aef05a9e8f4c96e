"""What goes into a release: the files that say what serves every sensor, and why."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from modelfleet.domain.errors import ReleaseError, listing
from modelfleet.domain.lineage import canonical_json, digest_of
from modelfleet.domain.parameters.base import Parameters
from modelfleet.domain.releases import Manifest
from modelfleet.fleet.code import code_digest, library_versions
from modelfleet.fleet.ledger import LEDGER_SCHEMA
from modelfleet.fleet.model_card import CARD, model_card
from modelfleet.fleet.provenance import attachments
from modelfleet.fleet.service import TablesInHand
from modelfleet.fleet.serving_state import STATE_COLUMNS
from modelfleet.fleet.sharded import ReadingsSource

__all__ = [
    "CONFIGURATION",
    "ReleaseDraft",
    "draft_release",
    "readings_digest",
    "shaping_parameters",
    "table_bytes",
]

CONFIGURATION = "configuration.json"
"""Configuration that shapes models and verdicts."""

MODEL_COLUMNS = (
    "sensor_id",
    "version",
    "recipe",
    "specification",
    "estimator",
    "feature_names",
    "coefficients",
    "intercept",
    "model_bytes",
    "seasonal_mean",
    "residual_quantiles",
    "interval",
    "interval_factor",
    "rows",
    "carried_hours",
    "excluded_hours",
    "trained_from",
    "trained_to",
)
BASELINE_COLUMNS = (
    "sensor_id",
    "version",
    "baseline",
    "pattern",
    "interval",
    "interval_factor",
    "readings",
    "excluded_hours",
    "trained_from",
    "trained_to",
)
SENSOR_COLUMNS = (
    "sensor_id",
    "cohort",
    "kind",
    "unit",
    "lower_limit",
    "upper_limit",
    "rule_value",
)
"""What forecasts need of the metadata: bounds of rules, and the limits of readings."""


@dataclass(frozen=True)
class ReleaseDraft:
    """A release before it is published.

    Attributes:
        contents: path to bytes of every file that the manifest names.
        manifest: what names the release.
        attachments: path to bytes of files about the run: they differ from run to run and do not
            shape the release's name.
    """

    contents: Mapping[str, bytes]
    manifest: Manifest
    attachments: Mapping[str, bytes]

    @property
    def rid(self) -> str:
        """The release's name."""
        return self.manifest.rid


def draft_release(
    *,
    sensors: pl.DataFrame,
    ledger: pl.DataFrame,
    candidates: pl.DataFrame,
    baselines: pl.DataFrame,
    scorecard: pl.DataFrame,
    verdicts: pl.DataFrame,
    parameters: Mapping[str, Any],
    readings: ReadingsSource,
    run: Mapping[str, Any],
    files: Mapping[str, bytes],
    champions: pl.DataFrame | None = None,
) -> ReleaseDraft:
    """Put a release together.

    Args:
        sensors: metadata of the fleet, the columns of :data:`SENSOR_COLUMNS` among them.
        ledger: what serves each sensor.
        candidates: models; those that serve go into the release.
        baselines: all of them: the backup of every sensor.
        scorecard: figures of every sensor.
        verdicts: the gate's answers.
        parameters: from :func:`shaping_parameters`.
        readings: what was learned from; counts by content, not by table version.
        run: facts about the run.
        files: path to bytes of files about the run, such as the report.
        champions: models of the live release; those that stay are carried over as they are.

    Raises:
        ReleaseError: a champion that should stay is not live any more.
    """
    models = [_new_models(ledger, candidates, parameters), _kept_models(ledger, champions)]
    tables = {
        "sensors": _with_state(sensors, baselines),
        "models": pl.concat(models, how="diagonal_relaxed"),
        "baselines": baselines.select(BASELINE_COLUMNS),
        "serves": _with_codes_only(ledger),
        "scorecard": scorecard,
        "verdicts": verdicts,
    }
    contents = {
        **{f"{name}.parquet": table_bytes(table) for name, table in tables.items()},
        CONFIGURATION: canonical_json(dict(parameters)).encode(),
    }
    manifest = _manifest(contents, readings)
    card = model_card(manifest.rid, TablesInHand(tables), parameters, run)
    return ReleaseDraft(contents, manifest, attachments(run, {**files, CARD: card.encode()}))


def _manifest(contents: Mapping[str, bytes], readings: ReadingsSource) -> Manifest:
    return Manifest.of(
        contents,
        code=code_digest(),
        versions=library_versions(),
        readings=readings_digest(readings),
    )


def _with_state(sensors: pl.DataFrame, baselines: pl.DataFrame) -> pl.DataFrame:
    """What must be known of each sensor, whoever serves it."""
    state = baselines.select("sensor_id", *STATE_COLUMNS)
    return sensors.select(SENSOR_COLUMNS).join(state, on="sensor_id", how="left")


def _new_models(
    ledger: pl.DataFrame, candidates: pl.DataFrame, parameters: Mapping[str, Any]
) -> pl.DataFrame:
    """Candidates that will serve, each with the recipe it was made by."""
    recipes = parameters.get("training", {}).get("recipes", {})
    texts = {name: canonical_json(recipe) for name, recipe in recipes.items()}
    serving = ledger.filter(pl.col("serves") == "model")["sensor_id"].implode()
    text = pl.col("recipe").replace_strict(texts, default=None, return_dtype=pl.String)
    return (
        candidates.filter(pl.col("sensor_id").is_in(serving))
        .with_columns(specification=text)
        .select(MODEL_COLUMNS)
    )


def _kept_models(ledger: pl.DataFrame, champions: pl.DataFrame | None) -> pl.DataFrame:
    """Models of the live release that go on serving."""
    kept = ledger.filter(pl.col("serves") == "champion").select("sensor_id", "version")
    if champions is None or kept.is_empty():
        found = pl.DataFrame(schema={"sensor_id": pl.String})
    else:
        found = champions.join(kept, on=["sensor_id", "version"], how="semi")
    if found.height < kept.height:
        missing = sorted(set(kept["sensor_id"]) - set(found["sensor_id"]))
        raise ReleaseError(
            f"the champions of {listing(missing)} are not live any more: the channel moved while "
            "this run was at work; run `kedro run` again"
        )
    return found


def shaping_parameters(*sections: Parameters) -> dict[str, Any]:
    """Configuration that shapes models and verdicts: no paths, no engine, no environment.

    Args:
        sections: fleet, backtest, validation and so on; what only people see is left out.
    """
    return {
        type(section).__name__.removesuffix("Parameters").lower(): section.model_dump(
            mode="json", by_alias=True, exclude={"name", "report", "exclusions"}
        )
        for section in sections
    }


def _with_codes_only(ledger: pl.DataFrame) -> pl.DataFrame:
    """The ledger without the words of exceptions: an address or a time in them names no release."""
    code = pl.element().str.contains(r"^[a-z][a-z_]*$")
    codes = pl.col("reasons").list.eval(pl.element().filter(code))
    return ledger.select(LEDGER_SCHEMA.names()).with_columns(reasons=codes)


def readings_digest(readings: ReadingsSource) -> str:
    """Digest of all readings by content, from the digests of their shards."""
    shards: dict[str, Any] = {str(shard): digest for shard, digest in readings.shards().items()}
    return digest_of(canonical_json(shards))


def table_bytes(frame: pl.DataFrame) -> bytes:
    """A table as Parquet: the same rows give the same bytes, whatever chunks they came in."""
    out = io.BytesIO()
    frame.sort("sensor_id").rechunk().write_parquet(out, compression="zstd", statistics=False)
    return out.getvalue()
