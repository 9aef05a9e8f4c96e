"""The document on one sensor as text for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelfleet.commands.evidence.events import told_events

__all__ = ["format_document"]

Document = Mapping[str, Any]

UNKNOWN = "–"
NAMES = {
    "mae": "mean absolute error",
    "mase": "MASE",
    "rmsse": "RMSSE",
    "p_value": "p-value",
    "valid_share": "hours with a forecast",
    "rows": "training rows",
    "coverage": "coverage",
    "cost_without_model": "without a model",
    "cost_baseline": "with its baseline",
    "cost_candidate": "with its candidate",
    "cost_saved": "saved by the candidate",
}
SHARES = {"valid_share", "gain", "gain_error", "probability", "coverage", "untracked_coverage"}
TIMES = {"trained_from", "trained_to", "first_reading", "last_reading"}
NOT_SHOWN = {"coefficients", "residual_quantiles", "weekly_coverage", "version", "sentence"}
WIDTH = 24
LONGEST = 24
"""Numbers of a list that are told in words; an interval has 48."""


def format_document(document: Document) -> str:
    """Lay out the evidence: the answer first, then how it came about."""
    sections = (
        ("", _answer(document)),
        ("Metadata", _facts(document["metadata"])),
        ("Readings", _facts(document["profile"])),
        ("Admission", _admission(document["admission"])),
        ("Baseline", [*_facts(document["baseline"]), *_table(document["baseline_weeks"])]),
        ("Candidate", _candidate(document["candidate"])),
        ("Week by week", _table(document["weeks"])),
        ("Gate", _rules(document["gate"])),
        ("Champion", _rules(document["champion"])),
        ("Override", _facts(document["override"])),
        ("Events while it learned", told_events(document["events"])),
        ("Intervals and rules on outputs", _facts(document["intervals"])),
        ("Costs per year", _costs(document["costs"])),
        ("Verdict", _verdict(document["verdict"])),
        ("Not there yet", _missing(document["missing"])),
    )
    parts = ["\n".join([*([title] if title else []), *body]) for title, body in sections if body]
    return "\n\n".join(parts) + "\n"


def _answer(document: Document) -> list[str]:
    serves, run = document["serves"], document["run"] or {}
    cohort = (document["metadata"] or {}).get("cohort") or "no cohort"
    lines = [f"{document['sensor_id']!r} of {cohort}"]
    if serves is None:
        return [*lines, "  what serves it is not known yet"]
    what = {"none": "nothing", "baseline": "its baseline", "model": "its model"}
    lines.append(_line("outcome", serves.get("outcome")))
    lines.append(_line("served by", what.get(serves["serves"], f"its {serves['serves']}")))
    lines.append(_line("reasons", "; ".join(_listed(serves.get("reasons"))) or "none against it"))
    if serves.get("version"):
        lines.append(_line("version", serves["version"]))
    lines.append(_line("release of the run", _release(serves)))
    if run:
        lines.append(_line("run", f"{run.get('run_id')} in {run.get('environment')}"))
    return lines


def _release(serves: Document) -> str:
    made, live = serves["release"], serves["live"]
    if made is None:
        return "none yet"
    if serves["release_is_live"]:
        return f"{made[:12]}, which is live"
    now = f"{live[:12]} is live" if live else "no release is live"
    return f"{made[:12]}, which is not live: {now} for this cohort"


def _admission(admission: Document | None) -> list[str]:
    if admission is None:
        return []
    reasons = _listed(admission.get("explanation")) or _listed(admission.get("reasons"))
    begin = "admitted" if admission.get("admitted") else "not admitted: no model learns from it"
    return [f"  {begin}", *(f"  - {reason.replace('_', ' ')}" for reason in reasons)]


def _candidate(candidate: Document | None) -> list[str]:
    if candidate is None:
        return ["  none: only admitted sensors have one"]
    features = len(candidate.get("coefficients") or ())
    return [*_facts(candidate), *([_line("features", f"{features}")] if features else [])]


def _verdict(verdict: Document | None) -> list[str]:
    if verdict is None:
        return []
    rules = {"reasons", "accepted", "override"}
    rest = {name: value for name, value in verdict.items() if name not in rules}
    return [f"  {verdict.get('sentence') or UNKNOWN}", *_facts(rest)]


def _rules(rules: Sequence[Document] | None) -> list[str]:
    lines = []
    for rule in rules or ():
        figures = f"{_number(rule['figure'])}, threshold {_number(rule['threshold'])}"
        status = str(rule["status"]).replace("_", " ")
        lines.append(f"  {status:<14} {rule['code']}: {figures}")
        lines += [f"  {'':<14} {rule['sentence']}"] if rule["sentence"] else []
    return lines


def _costs(costs: Document | None) -> list[str]:
    if costs is None:
        return []
    currency = costs.get("currency") or ""
    amounts = {name: value for name, value in costs.items() if name != "currency"}
    return [
        _line(NAMES.get(name, name), UNKNOWN if value is None else f"{value:,.2f} {currency}")
        for name, value in amounts.items()
    ]


def _missing(missing: Mapping[str, str]) -> list[str]:
    return [
        f"  {asset}: run `kedro run --pipelines {stage}`, or all stages with `kedro run`"
        for asset, stage in missing.items()
    ]


def _table(weeks: Sequence[Document] | None) -> list[str]:
    """One line per week; the columns are those that the evidence has."""
    if not weeks:
        return []
    names = list(weeks[0])
    header = [name.replace("_", " ") for name in names]
    cells = [[_cell(name, week[name]) for name in names] for week in weeks]
    widths = [max(len(row[column]) for row in (header, *cells)) for column in range(len(names))]
    return [
        "  " + "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True))
        for row in (header, *cells)
    ]


def _cell(name: str, value: Any) -> str:
    if value is None:
        return UNKNOWN
    if name == "week_to":
        return str(value)[:10]
    return f"{100 * value:+.0f} %" if name == "gain" else _text(name, value)


def _facts(facts: Document | None) -> list[str]:
    return [
        _line(NAMES.get(name, name.replace("_", " ")), text) for name, text in _known(facts or {})
    ]


def _known(facts: Document) -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if value is not None and value != [] and name not in NOT_SHOWN:
            yield name, _text(name, value)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and len(value) > LONGEST:
        return f"{len(value)} numbers; --json tells them"
    if isinstance(value, list):
        return ", ".join(_text(name, each) for each in value)
    if isinstance(value, int | float):
        return f"{100 * value:.1f} %" if name in SHARES else _number(value)
    if name in TIMES and value is not None:
        return str(value)[:16].replace("T", " ") + " UTC"
    return str(value) if value is not None else UNKNOWN


def _number(value: float | None) -> str:
    if value is None:
        return UNKNOWN
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _listed(value: Any) -> list[str]:
    """Codes of a list, or of a text that a flat table keeps them in."""
    if isinstance(value, str):
        return [each for each in value.split("; ") if each]
    return [str(each) for each in value or ()]


def _line(name: str, text: Any) -> str:
    return f"  {name:<{WIDTH}} {text}"
