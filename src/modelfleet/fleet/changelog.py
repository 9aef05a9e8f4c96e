"""What changed in an environment, entry by entry: for people who come back after a month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelfleet.fleet.release_diff import ReleaseDiff

__all__ = ["Change", "changelog_document", "changelog_text"]

FIGURES = ("models", "skill", "cost")
WORST = 5

KINDS = {
    "automatic": "by policy",
    "approved": "approved",
    "rollback": "back to an earlier release",
}
MOVES = {
    "new": "new sensors",
    "to_model": "to a model",
    "replaced": "with another model",
    "to_baseline": "to backup",
    "unserved": "no longer served",
    "gone": "gone",
}


@dataclass(frozen=True)
class Change:
    """One entry of a channel.

    Attributes:
        position: from 1 on.
        at: when, ISO 8601.
        kind: ``automatic``, ``approved`` or ``rollback``.
        moved: cohort to the release that serves it from then on.
        before: of these cohorts, the release that served it until then; without those that had
            none.
        by: who made the entry.
        reason: why, in that person's words.
        requested_by: who asked for it; ``None`` where nobody had to.
        approved_by: the owners whose signatures it rests on.
        diff: what changed for these cohorts' sensors.
    """

    position: int
    at: str
    kind: str
    moved: Mapping[str, str]
    before: Mapping[str, str]
    by: str
    reason: str
    requested_by: str | None
    approved_by: tuple[str, ...]
    diff: ReleaseDiff


def changelog_document(environment: str, changes: Sequence[Change]) -> dict[str, Any]:
    """The changelog as JSON can hold it, the newest first."""
    return {
        "schema": 1,
        "environment": environment,
        "changes": [_entry(change) for change in reversed(changes)],
    }


def changelog_text(document: Mapping[str, Any]) -> str:
    """The changelog as Markdown.

    Args:
        document: see :func:`changelog_document`.
    """
    parts = [f"# What changed in {document['environment']}\n"]
    if not document["changes"]:
        parts.append("Nothing is live yet.\n")
    return "\n".join([*parts, *(_section(each) for each in document["changes"])])


def _entry(change: Change) -> dict[str, Any]:
    total = change.diff.total.to_dicts()[0]
    worst = change.diff.worst.head(WORST)
    return {
        "position": change.position,
        "at": change.at,
        "kind": change.kind,
        "releases": sorted(set(change.moved.values())),
        "cohorts": sorted(change.moved),
        "before": sorted(set(change.before.values())),
        "by": change.by,
        "reason": change.reason,
        "requested_by": change.requested_by,
        "approved_by": list(change.approved_by),
        "sensors": total["sensors"],
        **{name: total[name] for name in MOVES},
        **{f"{name}{end}": total[f"{name}{end}"] for name in FIGURES for end in ("_before", "")},
        "currency": total["currency"],
        "worst": worst.select("sensor_id", "cohort", "change", "error_change").to_dicts(),
    }


def _section(each: Mapping[str, Any]) -> str:
    names = ", ".join(rid[:12] for rid in each["releases"]) or "nothing new"
    before = ", ".join(rid[:12] for rid in each["before"])
    lines = [
        f"## {each['position']}. {names}, {each['at'][:10]}",
        "",
        f"- **What**: {_what(each)}{f', in place of {before}' if before else ''}",
        f"- **Cohorts**: {', '.join(each['cohorts'])}",
        f"- **Why**: {each['reason'] or 'the gate decided, by policy'}",
        f"- **Who**: {_who(each)}",
        f"- **On models**: {_pair(each, 'models', lambda n: f'{n:,}')}",
        f"- **Median skill**: {_pair(each, 'skill', lambda s: f'{100 * s:.1f} %')}",
        *_costs(each),
        *_worst(each),
        "",
    ]
    return "\n".join(lines)


def _what(each: Mapping[str, Any]) -> str:
    moves = [f"{each[name]:,} {text}" for name, text in MOVES.items() if each[name]]
    return f"{each['sensors']:,} sensors: {', '.join(moves) or 'nothing changed for any of them'}"


def _who(each: Mapping[str, Any]) -> str:
    if each["requested_by"] is None:
        return f"{KINDS[each['kind']]}, the run of {each['by']}"
    approved = ", ".join(each["approved_by"])
    how = KINDS[each["kind"]] if each["kind"] == "rollback" else f"approved by {approved}"
    return f"asked for by {each['requested_by']}, {how}"


def _costs(each: Mapping[str, Any]) -> list[str]:
    if each["cost"] is None:
        return []
    amounts = _pair(each, "cost", lambda amount: f"{amount:,.0f}")
    return [f"- **Costs per year**, estimated: {amounts} {each['currency'] or ''}".rstrip()]


def _worst(each: Mapping[str, Any]) -> list[str]:
    found = [
        f"`{row['sensor_id']}` {MOVES[row['change']]}{_by(row['error_change'])}"
        for row in each["worst"]
        if row["change"] in ("gone", "unserved", "to_baseline") or (row["error_change"] or 0) > 0
    ]
    return [f"- **Worst**: {'; '.join(found)}"] if found else []


def _by(change: float | None) -> str:
    return "" if change is None else f" ({100 * change:+.0f} % error)"


def _pair(each: Mapping[str, Any], name: str, show: Any) -> str:
    texts = ["–" if each[n] is None else show(each[n]) for n in (f"{name}_before", name)]
    return " → ".join(texts)
