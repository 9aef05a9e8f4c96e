"""Puts lineage beside a release: what is attached shapes no name."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from modelfleet.fleet.lineage.document import run_document
from modelfleet.fleet.lineage.rows import lineage_rows
from modelfleet.fleet.lineage.sources import Sources
from modelfleet.fleet.provenance import COVARIATES, LINEAGE, RUN_LINEAGE, attach
from modelfleet.fleet.release_content import CONFIGURATION, ReleaseDraft

__all__ = ["lineage_bytes", "with_lineage"]

MODELS = ("sensor_id", "version", "trained_from", "trained_to", "rows")
BASELINES = (*MODELS[:-1], "readings")


def with_lineage(
    draft: ReleaseDraft,
    *,
    shards: pl.DataFrame,
    training: Sources,
    backups: Sources,
    before: pl.DataFrame,
    run: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    covariates: pl.DataFrame,
) -> tuple[ReleaseDraft, dict[str, Any]]:
    """A draft with the lineage of all that it holds, and the run's own lineage.

    Args:
        draft: the release.
        shards: ``sensor_id`` and ``shard`` of the fleet.
        training: what the models of this run learned from.
        backups: what the baselines learned from.
        before: lineage of what is live.
        run: facts about the run: ``run_id``, ``started_at``, ``environment``, ``lock``.
        events: that were left out of learning, see
            :func:`~modelfleet.fleet.lineage.document.excluding_events`.
        covariates: companions of the fleet; attached where a recipe sees any.
    """
    facts = _facts(draft, run)
    rows = lineage_rows(
        _part(draft, "models", MODELS),
        _part(draft, "baselines", BASELINES),
        _part(draft, "serves", ("sensor_id", "serves")),
        shards,
        training=training,
        backups=backups,
        facts=facts,
        before=before,
    )
    document = run_document(
        facts,
        rows,
        sources=backups,
        readings=draft.manifest.readings,
        run=run,
        versions=draft.manifest.versions,
        events=events,
    )
    files = {LINEAGE: lineage_bytes(rows), RUN_LINEAGE: json.dumps(document, indent=1).encode()}
    if _sees_covariates(draft):
        files[COVARIATES] = lineage_bytes(covariates)
    attached = attach(draft.attachments, files)
    return ReleaseDraft(draft.contents, draft.manifest, attached), document


def lineage_bytes(frame: pl.DataFrame) -> bytes:
    """A table as Parquet."""
    out = io.BytesIO()
    frame.rechunk().write_parquet(out, compression="zstd", statistics=False)
    return out.getvalue()


def _facts(draft: ReleaseDraft, run: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run_id": run["run_id"],
        "made_at": run["started_at"],
        "configuration": hashlib.sha256(draft.contents[CONFIGURATION]).hexdigest(),
        "code": draft.manifest.code,
        "lock": run.get("lock"),
        "environment": run["environment"],
        "release": draft.rid,
    }


def _part(draft: ReleaseDraft, name: str, columns: Sequence[str]) -> pl.DataFrame:
    content = io.BytesIO(draft.contents[f"{name}.parquet"])
    return pl.read_parquet(content, columns=list(columns))


def _sees_covariates(draft: ReleaseDraft) -> bool:
    recipes = json.loads(draft.contents[CONFIGURATION])["training"]["recipes"].values()
    return any(recipe["features"]["covariates"] for recipe in recipes)
