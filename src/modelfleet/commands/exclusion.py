"""An entry of the calendar before it is written: what it says, where, and whom it concerns."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelfleet.commands.moments import first_moment, moment_after, written

if TYPE_CHECKING:
    from modelfleet.commands.calendar import EventCalendar
    from modelfleet.commands.project import Assets

__all__ = ["Asked", "Draft", "draft_of", "pairs"]

BASE, PERSONAL = "base", "local"


def pairs(texts: Sequence[str]) -> dict[str, str]:
    """Columns and values of texts such as ``district=A``.

    Raises:
        click.BadParameter: a text has no column or no value.
    """
    found = {}
    for text in texts:
        column, equals, value = text.partition("=")
        if not (column and equals and value):
            raise click.BadParameter(f"{text!r} is not like district=A", param_hint="--where")
        found[column] = value
    return found


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a person asked to leave out.

    Attributes:
        sensors: whom it concerns, by id.
        cohorts: whom it concerns, by cohort.
        where: whom it concerns, by metadata.
        everyone: it concerns the whole fleet.
        start: first moment, as typed.
        end: the moment after the last, as typed.
        said: ``kind``, ``reason`` and ``by``.
    """

    sensors: tuple[str, ...]
    cohorts: tuple[str, ...]
    where: Mapping[str, str]
    everyone: bool
    start: str
    end: str
    said: Mapping[str, str | None]

    def check(self) -> None:
        """Refuse to guess whom it concerns.

        Raises:
            click.UsageError: nobody is named, or some and everyone.
        """
        some = bool(self.sensors or self.cohorts or self.where)
        if some == self.everyone:
            raise click.UsageError(
                "say whom it concerns: --cohort, --sensor and --where, or --fleet for all"
            )

    def entry(self, calendar: "EventCalendar") -> dict[str, Any]:
        """The entry as it stands in the configuration.

        Raises:
            DataError: it names a sensor, a cohort or a column that the fleet does not have.
            click.BadParameter: a time is none.
        """
        from modelfleet.stores.run_info import user

        calendar.check_known("sensor_id", self.sensors)
        calendar.check_known("cohort", self.cohorts)
        for column, value in self.where.items():
            calendar.check_known(column, [value])
        named = {"sensor": self.sensors, "cohort": self.cohorts}
        scope = {key: list(v) if len(v) > 1 else v[0] for key, v in named.items() if v}
        return {
            "fleet": calendar.fleet,
            "kind": self.said["kind"],
            **scope,
            **({"where": dict(self.where)} if self.where else {}),
            "from": written(first_moment(self.start, calendar.time_zone)),
            "to": written(moment_after(self.end, calendar.time_zone)),
            "reason": self.said["reason"],
            "by": self.said["by"] or user(),
            "at": written(datetime.now(UTC).replace(second=0, microsecond=0)),
            "excluded": True,
        }


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An entry that is ready to be written.

    Attributes:
        name: its id.
        entry: what it says.
        file: into which it goes.
        before: text of the file.
        after: text of the file with the entry.
        row: whom it concerns, see :func:`~modelfleet.fleet.event_table.event_rows`.
        fleet: how many sensors there are.
        live: models that serve now; ``None`` where nothing is live.
        learned: sensors whose live model learned from the period.
        env: environment that was looked at.
    """

    name: str
    entry: Mapping[str, Any]
    file: Path
    before: str
    after: str
    row: Mapping[str, Any]
    fleet: int
    live: int | None
    learned: tuple[str, ...]
    env: str | None

    def write(self) -> None:
        """Write the file, whole or not at all."""
        from modelfleet.stores.whole import whole_file

        with whole_file(self.file) as temporary:
            temporary.write_text(self.after, encoding="utf-8")

    @property
    def diff(self) -> str:
        """What changes in the file."""
        lines = (text.splitlines(keepends=True) for text in (self.before, self.after))
        place = self.file.as_posix()
        return "".join(difflib.unified_diff(*lines, f"a/{place}", f"b/{place}")).rstrip("\n")

    @property
    def commands(self) -> list[str]:
        """What people type next."""
        place = f" --env {self.env}" if self.env else ""
        return [
            f"git add {self.file.as_posix()} && git commit",
            f"kedro run{place}",
            f"modelfleet events{place}",
        ]

    def as_dict(self) -> dict[str, Any]:
        """The draft as JSON can hold it."""
        return {
            "schema": 1,
            "id": self.name,
            "file": self.file.as_posix(),
            "entry": dict(self.entry),
            "diff": self.diff,
            "sensors": list(self.row["sensors"]),
            "hours": self.row["hours"],
            "live_models": self.live,
            "models_that_learned_from_it": list(self.learned),
            "commands": self.commands,
        }

    def told(self, *, written: bool) -> str:
        """What was done, whom it concerns, and what comes next."""
        sensors, hours = len(self.row["sensors"]), f"{self.row['hours']:,.0f}"
        times = [f"{self.row[name].astimezone(UTC):%Y-%m-%d %H:%M}" for name in ("start", "end")]
        models = (
            "nothing is live yet"
            if self.live is None
            else f"{len(self.learned)} of {self.live} that serve now learned from it"
        )
        title = "Written, for review" if written else "Not written"
        commit, run, show = self.commands
        lines = [
            self.diff,
            "",
            f"{title}: {self.name}",
            f"  period   {times[0]} to {times[1]} UTC, {hours} hours",
            f"  sensors  {sensors} of {self.fleet} ({self.row['concerns']})",
            f"  models   {models}",
        ]
        if written:
            everywhere = ", in any environment" if self.file.parts[1] == BASE else ""
            lines += [
                f"Next:  {commit}",
                f"       Have it reviewed: nothing is left out before it is merged{everywhere}",
                f"Then:  {run}",
                f"       {show}",
            ]
        return "\n".join(lines)


def draft_of(asked: Asked, *, env: str | None, into: str, name: str | None) -> Draft:
    """Check what was asked against the fleet and the configuration, and prepare the file.

    Args:
        asked: by a person.
        env: environment to look at.
        into: folder below ``conf/`` that the entry goes to.
        name: id of the entry; ``None`` makes one.

    Raises:
        click.UsageError: it is not said whom it concerns.
        ConfigurationError: the calendar has it already, or would be wrong with it.
        DataError: the fleet does not know whom it names, or nothing was ingested yet.
    """
    from modelfleet.commands.calendar import open_calendar
    from modelfleet.commands.project import open_assets
    from modelfleet.stores.event_file import FILE, entry_added

    asked.check()
    assets = open_assets(env)
    file = _folder(into) / FILE
    if env is None and into != BASE:
        assets = open_assets(into)
    calendar = open_calendar(assets)
    entry = asked.entry(calendar)
    name = name or _free_name(entry, calendar)
    row = _row(assets, calendar, name, entry)
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    models = _live_models(assets)
    return Draft(
        name=name,
        entry=entry,
        file=file,
        before=before,
        after=entry_added(before, name, entry, file=file.as_posix()),
        row=row,
        fleet=calendar.sensors.height,
        live=None if models is None else models.height,
        learned=() if models is None else _learned(models, row),
        env=env,
    )


def _folder(into: str) -> Path:
    folder = Path("conf") / into
    if into == PERSONAL:
        raise click.BadParameter(
            "what lies in conf/local is one person's and nobody reviews it; take base",
            param_hint="--into",
        )
    if not re.fullmatch(r"\w[\w.-]*", into) or not folder.is_dir():
        known = sorted(p.name for p in Path("conf").iterdir() if p.is_dir() and p.name != PERSONAL)
        raise click.BadParameter(
            f"there is no conf/{into}; there are {', '.join(known)}", param_hint="--into"
        )
    return folder


def _free_name(entry: Mapping[str, Any], calendar: "EventCalendar") -> str:
    """Kind and first day, with a number where that is taken."""
    kind = re.sub(r"[^A-Za-z0-9_]+", "-", entry["kind"]).strip("-") or "event"
    first = f"{kind}-{entry['from'][:10]}"
    taken = set(calendar.events["event_id"].drop_nulls())
    names = (first, *(f"{first}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _row(
    assets: "Assets", calendar: "EventCalendar", name: str, entry: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Whom it concerns, after the whole configuration was checked with the entry in it."""
    from modelfleet.domain.errors import ConfigurationError
    from modelfleet.domain.parameters.check import check_parameters
    from modelfleet.domain.parameters.events import EventEntry
    from modelfleet.fleet.event_entries import add_entries
    from modelfleet.fleet.event_table import event_rows

    raw = assets.parameters()
    entries = dict(raw["events"].get("calendar") or {})
    if name in entries:
        raise ConfigurationError(f"the calendar has an entry {name!r} already; give another --id")
    check_parameters({**raw, "events": {"calendar": {**entries, name: dict(entry)}}})
    new = {name: EventEntry.model_validate(dict(entry))}
    added = add_entries(calendar.events, new, columns=calendar.columns)
    rows = event_rows(added, calendar.sensors, scope=calendar.scope, kinds=calendar.kinds)
    return next(row for row in rows if row["event_id"] == name)


def _live_models(assets: "Assets") -> Any:
    """``sensor_id``, ``trained_from`` and ``trained_to`` of the models that serve now."""
    import polars as pl

    from modelfleet.commands.opening import Opened
    from modelfleet.fleet.champions import SERVED_BY_MODEL
    from modelfleet.stores.release_rows import checked_table

    if not assets.exists("channel"):
        return None
    opened = Opened(assets, assets.load("release"))
    if not opened.live:
        return None
    names = ["sensor_id", "trained_from", "trained_to"]
    parts = [
        checked_table(opened.store, rid, "models", names).join(
            opened.served({c: r for c, r in opened.live.items() if r == rid}).filter(
                pl.col("serves").is_in(SERVED_BY_MODEL)
            ),
            on="sensor_id",
            how="semi",
        )
        for rid in sorted(set(opened.live.values()))
    ]
    return pl.concat(parts)


def _learned(models: Any, row: Mapping[str, Any]) -> tuple[str, ...]:
    from modelfleet.fleet.event_table import models_of_period

    period = {name: row[name] for name in ("start", "end")}
    return tuple(models_of_period(models, row["sensors"], **period))
