"""The difference of two releases as a page of text: readable in a minute, however many change."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelfleet.commands.inputs_text import inputs_lines
from modelfleet.commands.options import table
from modelfleet.reporting.words import change, counted, in_words, money, percent, shown

__all__ = ["format_diff", "format_short"]

Row = Mapping[str, Any]

COUNTS = {
    "sensors": "sensors",
    "replaced": "replaced",
    "to_model": "to model",
    "to_baseline": "to backup",
    "unserved": "unserved",
    "new": "new",
    "gone": "gone",
    "kept": "kept",
    "carried": "carried",
    "backup": "backup",
    "quarantined": "quarant.",
    "failed": "failed",
    "retired": "retired",
}
ALWAYS = ("sensors", "replaced", "to_model", "to_baseline")

WORDS = {
    "gone": "gone",
    "unserved": "no longer served",
    "to_baseline": "to backup",
    "replaced": "another model",
    "to_model": "to a model",
    "new": "new",
}
COHORTS = 8
WHY = 34
SENSOR = 16
LIMIT_HINT = "`modelfleet diff --all` lists every one, --cohort and --sensor narrow it down"


def format_diff(document: Row) -> str:
    """Lay out the document: the sum, what holds it, cohort by cohort, the worst changes.

    Args:
        document: see :func:`~modelfleet.fleet.diff_document.diff_document`.
    """
    sections = (
        _opening(document),
        inputs_lines(document),
        _holds(document["holds"]),
        _cohorts(document),
        _figures(document),
        _worst(document),
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def format_short(document: Row) -> str:
    """The same in short, before a person signs: the sum, what holds it, the worst changes."""
    figures = _figures({**document, "cohorts": []})
    sections = (_opening(document), _holds(document["holds"]), figures, _worst(document))
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _opening(document: Row) -> list[str]:
    total, before = document["total"], sorted(set(document["before"].values()))
    what = ", ".join(rid[:12] for rid in before) or "nothing"
    here, there = _environments(document)
    moves = [f"{total[name]:,} {WORDS[name]}" for name in WORDS if total[name]]
    stay = [f"{total[name]:,} {text}" for name, text in _STAY.items() if total[name]]
    return [
        f"{document['release'][:12]}{here} in place of {what}{there}",
        f"{total['changed']:,} of {counted(total['sensors'], 'sensor')} change",
        *(["  " + ", ".join(moves)] if moves else []),
        *(["  others: " + ", ".join(stay)] if stay else []),
    ]


def _environments(document: Row) -> tuple[str, str]:
    """Where the two are from, if not from the same environment."""
    here, there = document.get("environment"), document.get("against")
    return ("", "") if here == there else (f" of {here}", f" of {there}")


_STAY = {
    "kept": "keep their model",
    "carried": "have the same model again",
    "backup": "on backup after a verdict",
    "quarantined": "in quarantine",
    "failed": "failed",
}


def _holds(holds: Sequence[Row]) -> list[str]:
    if not holds:
        return []
    return ["Held until somebody looks at it:"] + [
        f"  {each['code']}: {each.get('sentence') or in_words(each['code'])}" for each in holds
    ]


def _cohorts(document: Row) -> list[str]:
    total, rows = document["total"], document["cohorts"]
    names = [n for n in COUNTS if n in ALWAYS or any(row[n] for row in (total, *rows))]
    cells = [
        [shown(str(row["cohort"])), *(f"{row[name]:,}" if row[name] else "·" for name in names)]
        for row in rows[:COHORTS]
    ]
    header = ["cohort", *(COUNTS[name] for name in names)]
    return [_numbers(header, cells), *_more_cohorts(rows)]


def _more_cohorts(rows: Sequence[Row]) -> list[str]:
    rest = len(rows) - COHORTS
    if rest <= 0:
        return []
    changed = sum(row["changed"] for row in rows[COHORTS:])
    return [f"and {counted(rest, 'cohort')} more with {counted(changed, 'change')}"]


def _figures(document: Row) -> list[str]:
    header = ["cohort", "on models", "median skill", "median error", "cost per year"]
    rows = [{**document["total"], "cohort": "all"}, *document["cohorts"][:COHORTS]]
    cells = [[shown(str(row["cohort"])), *_figures_of(row)] for row in rows]
    unknown = document["total"]["cost_unknown"]
    note = [f"Costs of {counted(unknown, 'sensor')} are not known."] if unknown else []
    return [_numbers(header, cells), *note]


def _figures_of(row: Row) -> list[str]:
    unit = f" {shown(row['unit'])}" if row["unit"] else ""
    currency = f" {row['currency']}" if row["currency"] else ""
    pairs = (
        ("models", lambda n: f"{n:,}", ""),
        ("skill", lambda s: percent(s, digits=1), ""),
        ("error", lambda e: f"{e:.3g}", unit),
        ("cost", money, currency),
    )
    return [_pair(row[f"{name}_before"], row[name], show) + end for name, show, end in pairs]


def _pair(before: Any, after: Any, show: Any) -> str:
    if before is None and after is None:
        return "–"
    return " → ".join("–" if each is None else show(each) for each in (before, after))


def _worst(document: Row) -> list[str]:
    listed, changed = document["changes"], document["total"]["changed"]
    if not listed:
        return []
    rest = changed - len(listed)
    title = (
        f"The worst {len(listed)} of {changed:,} changes" if rest else "Changes, the worst first"
    )
    header = ("sensor", "cohort", "change", "error", "by", "why")
    cells = [list(_change(row)) for row in listed]
    lines = [f"{title}:", table(header, cells)]
    if any(cell[4].startswith("~") for cell in cells):
        lines.append("~ each error is of its own release's weeks; the others share their weeks")
    return [*lines, *([LIMIT_HINT] if rest else [])]


def _change(row: Row) -> Iterator[str]:
    yield _cut(row["sensor_id"], SENSOR)
    yield _cut(str(row["cohort"]), SENSOR)
    yield WORDS[row["change"]]
    yield _pair(row["error_before"], row["error"], lambda e: f"{e:.3g}")
    yield _by(row)
    yield _cut(why(row), WHY)


def _by(row: Row) -> str:
    grown = row["error_change"]
    return "–" if grown is None else f"{'' if row['same_weeks'] else '~'}{change(grown)}"


def why(row: Row) -> str:
    """What speaks against the sensor's candidate, in words."""
    return "; ".join(in_words(code) for code in row["reasons"] or ())


def _cut(text: str, width: int) -> str:
    line = shown(text) if text else ""
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _numbers(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose columns after the first are to the right."""
    every = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in every
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
