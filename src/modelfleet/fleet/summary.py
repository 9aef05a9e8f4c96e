"""A run and its release in a few figures."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from modelfleet.fleet.ledger import ledger_totals
from modelfleet.fleet.release_content import ReleaseDraft

__all__ = ["fleet_metrics", "ingestion_metrics", "release_card", "summarise_run"]

Metrics = dict[str, dict[str, float]]


def release_card(draft: ReleaseDraft, run: Mapping[str, str]) -> dict[str, Any]:
    """What a release is, in a page of JSON.

    Args:
        draft: the release.
        run: ``run_id``, ``started_at`` and ``by`` of the run that made it.
    """
    return {
        "rid": draft.rid,
        "files": {entry.path: entry.size for entry in draft.manifest.files},
        "code": draft.manifest.code,
        "versions": draft.manifest.versions,
        "readings": draft.manifest.readings,
        "run_id": run["run_id"],
        "started_at": run["started_at"],
        "by": run["by"],
    }


def summarise_run(
    *,
    fleet: str,
    ledger: pl.DataFrame,
    scorecard: pl.DataFrame,
    card: Mapping[str, Any],
    decision: Mapping[str, Any],
    run: Mapping[str, str],
    exclusions: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What stands at the end of a run.

    ``exclusions`` are the events that were left out of learning, with their ``event_id``.

    Returns:
        ``schema``, ``run_id``, ``started_at``, ``environment``, ``fleet`` (name), ``sensors`` (how
        many), ``outcomes``, ``serves``, ``median_skill`` (of all judged candidates; ``None``
        without any), ``share_on_backup``, ``excluded`` (ids of the ``events`` that were left out,
        ``hours`` of all sensors and how many ``sensors``), ``release``, ``state``, ``cohorts``
        (each with its state) and ``next`` (commands for people).
    """
    totals = ledger_totals(ledger)
    return {
        "schema": 1,
        "run_id": run["run_id"],
        "started_at": run["started_at"],
        "environment": run["environment"],
        "fleet": fleet,
        "sensors": ledger.height,
        **totals,
        "median_skill": scorecard["skill"].cast(pl.Float64).median(),
        "share_on_backup": totals["serves"]["baseline"] / max(ledger.height, 1),
        "excluded": _excluded(scorecard, exclusions),
        "release": card["rid"],
        "state": decision["state"],
        "cohorts": decision["cohorts"],
        "next": decision["commands"],
    }


def _excluded(scorecard: pl.DataFrame, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    hours = scorecard["excluded_hours"].cast(pl.Float64).fill_null(0.0)
    names = dict.fromkeys(str(event["event_id"] or event["kind"]) for event in events)
    return {
        "events": list(names),
        "sensors": int((hours > 0).sum()),
        "hours": float(hours.sum()),
    }


def fleet_metrics(summary: Mapping[str, Any]) -> Metrics:
    """The figures of a run that a tracking server draws over time."""
    figures: dict[str, float | None] = {
        "sensors": summary["sensors"],
        "median_skill": summary["median_skill"],
        "share_on_backup": summary["share_on_backup"],
        "excluded_hours": summary["excluded"]["hours"],
    }
    figures |= {f"outcome.{name}": count for name, count in summary["outcomes"].items()}
    figures |= {f"serves.{name}": count for name, count in summary["serves"].items()}
    return _as_metrics(figures)


def ingestion_metrics(account: Mapping[str, Any], *, batches: int) -> Metrics:
    """Where the rows of all batches went, for a tracking server.

    Args:
        account: see :class:`modelfleet.fleet.ingest.Account`.
        batches: how many were ingested.
    """
    rejected: Mapping[str, int] = account["rejected"]
    counts = {name: value for name, value in account.items() if isinstance(value, int)}
    by_reason = {f"rejected.{reason}": count for reason, count in rejected.items()}
    return _as_metrics(
        {"batches": batches, **counts, "rejected": sum(rejected.values()), **by_reason}
    )


def _as_metrics(figures: Mapping[str, float | None]) -> Metrics:
    """Each figure that is known as a value at step 0."""
    return {
        name: {"value": float(value), "step": 0}
        for name, value in figures.items()
        if value is not None
    }
