"""The model card of a release: what it is for, what it rests on, how good it is, where it ends."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from modelfleet.fleet.champions import SERVED_BY_MODEL
from modelfleet.fleet.ledger import ledger_totals
from modelfleet.fleet.service import Tables, service_of

__all__ = ["CARD", "model_card"]

CARD = "MODEL_CARD.md"

WORST = 10
COHORTS = 40

LIMITS = """\
- It forecasts one horizon ahead on the grid of the fleet, and says nothing of what lies further
  ahead.
- Figures are of a backtest by rolling origin on past weeks. A fleet that changes its ways is
  forecast worse than they say.
- A sensor on backup is served by a forecaster without machine learning, whose interval is as wide
  as its past errors.
- Excluded hours were neither learned from nor judged: in such hours nothing is promised.
- An interval tells of past errors. It is no limit of safety, and no forecast replaces an alarm."""


def model_card(
    rid: str, tables: Tables, configuration: Mapping[str, Any], run: Mapping[str, Any]
) -> str:
    """The card as Markdown; the same release and the same run give the same text.

    Args:
        rid: of the release.
        tables: its tables ``serves``, ``scorecard``, ``verdicts``, ``models``, ``baselines``.
        configuration: what shaped it.
        run: what is known of the run that made it.
    """
    service = service_of(tables)
    sections = (
        _purpose(rid, service, configuration, run),
        _data(tables, configuration, run),
        _recipes(tables.table("models"), configuration),
        _figures(service, tables.table("scorecard")),
        _worst(service),
        ("Limits", [LIMITS]),
        _holds(run),
        _responsible(rid, run),
    )
    parts = [f"## {title}\n\n" + "\n".join(lines) for title, lines in sections]
    return f"# Model card of release {rid[:12]}\n\n" + "\n\n".join(parts) + "\n"


def _purpose(
    rid: str, service: pl.DataFrame, configuration: Mapping[str, Any], run: Mapping[str, Any]
) -> tuple[str, list[str]]:
    fleet = configuration.get("fleet", {})
    step, horizon = fleet.get("frequency", "one step"), fleet.get("horizon", "?")
    name = f" of the fleet {run['fleet']}" if "fleet" in run else ""
    served = ledger_totals(service)["serves"]
    models = sum(served[kind] for kind in SERVED_BY_MODEL)
    return "What it is for", [
        (
            f"It says what forecasts each of {service.height:,} sensors{name}: {horizon} steps of "
            f"{step} ahead."
        ),
        "",
        *_table(
            ("", ""),
            [
                ("release", f"`{rid}`"),
                ("made", f"{run.get('started_at', 'unknown')} by {run.get('by', 'unknown')}"),
                ("run", run.get("run_id", "unknown")),
                ("served by a model", _share(models, service.height)),
                ("on backup", _share(served["baseline"], service.height)),
                ("served by nothing", _share(served["none"], service.height)),
            ],
        ),
    ]


def _data(
    tables: Tables, configuration: Mapping[str, Any], run: Mapping[str, Any]
) -> tuple[str, list[str]]:
    models = tables.table("models")
    learned = pl.concat(
        [t.select("trained_from", "trained_to") for t in (models, tables.table("baselines"))]
    )
    readings = run.get("readings", {})
    backtest = configuration.get("backtest", {})
    events = ", ".join(backtest.get("exclude_events", ())) or "none"
    hours = models["excluded_hours"].cast(pl.Float64).sum() if models.height else 0.0
    first, last = learned["trained_from"].min(), learned["trained_to"].max()
    return "Data", _table(
        ("", ""),
        [
            ("learned from", f"{_day(first)} to {_day(last)}"),
            ("readings", (f"table {readings.get('table_id', '–')}, version "
             f"{readings.get('version', '–')}")),
            ("judged weeks", str(backtest.get("weeks", "–"))),
            ("excluded kinds of event", events),
            ("excluded sensor hours", f"{hours:,.0f}"),
        ],
    )  # fmt: skip


def _recipes(models: pl.DataFrame, configuration: Mapping[str, Any]) -> tuple[str, list[str]]:
    recipes = configuration.get("training", {}).get("recipes", {})
    count = models.group_by("recipe").len().sort("recipe")
    rows = [
        (name, recipes.get(name, {}).get("estimator", {}).get("class", "–"), f"{number:,}")
        for name, number in count.iter_rows()
    ]
    lines = _table(("recipe", "estimator", "models"), rows)
    return "Recipes", lines if rows else ["No model serves."]


def _figures(service: pl.DataFrame, scorecard: pl.DataFrame) -> tuple[str, list[str]]:
    coverage = (
        scorecard.select("sensor_id", "coverage")
        if "coverage" in scorecard.columns
        else scorecard.select("sensor_id", coverage=pl.lit(None, dtype=pl.Float64))
    )
    on_model = pl.col("serves").is_in(SERVED_BY_MODEL)
    by_cohort = (
        service.join(coverage, on="sensor_id", how="left")
        .group_by("cohort")
        .agg(
            pl.len().alias("sensors"),
            on_model.sum().alias("models"),
            (pl.col("serves") == "baseline").sum().alias("backup"),
            pl.col("skill").filter(on_model).median(),
            pl.col("coverage").cast(pl.Float64).filter(on_model).median(),
        )
        .sort("cohort")
    )
    rows = [
        (cohort, f"{sensors:,}", f"{models:,}", _share(backup, sensors), _percent(skill),
         _percent(covered))
        for cohort, sensors, models, backup, skill, covered in by_cohort.head(COHORTS).iter_rows()
    ]  # fmt: skip
    header = ("cohort", "sensors", "on a model", "on backup", "median skill", "median coverage")
    more = by_cohort.height - COHORTS
    return "Figures", [
        *_table(header, rows),
        *([f"\nand {more} cohorts more"] if more > 0 else []),
        "",
        "Skill is the part of the baseline's error that a model saves on the same hours.",
    ]


def _worst(service: pl.DataFrame) -> tuple[str, list[str]]:
    unserved = service.filter((pl.col("serves") == "none") & (pl.col("outcome") != "retired"))
    weak = service.filter(pl.col("serves").is_in(SERVED_BY_MODEL) & pl.col("skill").is_not_null())
    chosen = pl.concat([unserved, weak.sort("skill", "sensor_id")]).head(WORST)
    rows = [
        (row["sensor_id"], row["cohort"], row["serves"], _percent(row["skill"]),
         ", ".join(row["reasons"] or ()))
        for row in chosen.iter_rows(named=True)
    ]  # fmt: skip
    header = ("sensor", "cohort", "served by", "skill", "reasons")
    return "Worst sensors", _table(header, rows) if rows else ["None is known."]


def _holds(run: Mapping[str, Any]) -> tuple[str, list[str]]:
    told = {each["code"]: each["sentence"] for each in run.get("hold_reasons", ())}
    holds = [f"- `{code}`: {told.get(code, '')}".rstrip(": ") for code in run.get("holds", ())]
    return "What held it", holds or ["Nothing that a run looks at."]


def _responsible(rid: str, run: Mapping[str, Any]) -> tuple[str, list[str]]:
    pins = [
        f"- `{pin['sensor']}` was pinned from {pin['source'][:12]} by {pin['by']}: {pin['reason']}"
        for pin in run.get("pins", ())
    ]
    lines = [
        "- Owners of each cohort stand in `owners.yml` of the environment; who asked for the",
        "  release and who approved it stands in the channel: `modelfleet changelog`.",
        f"- What it would change: `modelfleet diff {rid[:12]}`.",
        "- The way back is `modelfleet rollback RID --reason TEXT`, to a release that was live",
        "  before; one signature of an owner is enough.",
    ]
    return "Who answers for it, and the way back", [*lines, *pins]


def _table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Lines of a Markdown table; what came from outside cannot break it."""
    cells = [[_cell(cell) for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in (list(header), *cells)]
    return [lines[0], "|" + "---|" * len(header), *lines[1:]]


def _cell(value: Any) -> str:
    return " ".join(str(value).split()).replace("|", "\\|").replace("<", "&lt;")


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({100 * part / max(whole, 1):.0f} %)"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _day(moment: Any) -> str:
    return f"{moment:%Y-%m-%d}" if isinstance(moment, datetime) else "–"
