"""Gives one sensor back what an earlier release served it with: as a new release.

Nothing that is published changes. A pin takes a release, puts in one sensor's rows from another,
and is a release of its own that is asked for and approved like any other.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import polars as pl

from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.releases import Manifest
from modelfleet.fleet.ledger import check_ledger
from modelfleet.fleet.lineage.attaching import lineage_bytes
from modelfleet.fleet.model_card import CARD, model_card
from modelfleet.fleet.provenance import LINEAGE, attachments
from modelfleet.fleet.release_content import ReleaseDraft, table_bytes
from modelfleet.fleet.service import TablesInHand
from modelfleet.fleet.tables import SEPARATOR

__all__ = ["PINNED", "Pin", "Pinnable", "pin_sensor", "pinned_from"]

PINNED = "pinned"
"""Reason code of a sensor that a person pinned."""

ROWS = ("models", "baselines", "serves", "scorecard", "verdicts")
"""Tables in which a sensor has at most one row."""

PASSED_ON = ("readings", "environment", "fleet")
"""Facts of the run behind the release that hold for the pinned one too."""


class Pinnable(Protocol):
    """A release whose bytes were checked."""

    @property
    def rid(self) -> str:
        """Its name."""
        ...

    @property
    def manifest(self) -> Manifest:
        """What it is."""
        ...

    @property
    def contents(self) -> Mapping[str, bytes]:
        """Path to bytes of its files."""
        ...

    @property
    def provenance(self) -> Mapping[str, Any]:
        """The run that made it."""
        ...

    @property
    def lineage(self) -> pl.DataFrame:
        """What each of its models and baselines was made of."""
        ...

    def table(self, name: str) -> pl.DataFrame:
        """One of its tables."""
        ...


@dataclass(frozen=True)
class Pin:
    """What a person decided for one sensor.

    Attributes:
        sensor: its id.
        source: the release that its rows come from.
        by: who decided.
        at: when, ISO 8601.
        reason: why.
    """

    sensor: str
    source: str
    by: str
    at: str
    reason: str


def pin_sensor(
    base: Pinnable, source: Pinnable, pin: Pin, *, run: Mapping[str, Any]
) -> ReleaseDraft:
    """A release like ``base`` in which one sensor has what ``source`` serves it with.

    Args:
        base: what serves the sensor's cohort now.
        source: an earlier release.
        pin: the sensor, and who wants it why.
        run: facts about the moment, such as ``run_id`` and ``started_at``.

    Raises:
        ReleaseError: one of the two does not know the sensor, ``source`` serves it with nothing,
            or both serve it with the same.
    """
    before, wanted = _row(base, pin.sensor), _row(source, pin.sensor)
    _check(before, wanted, base=base, source=source, pin=pin)
    tables = {name: _exchanged(base.table(name), source.table(name), pin.sensor) for name in ROWS}
    tables["serves"] = _told(tables["serves"], pin.sensor, cohort=before["cohort"])
    check_ledger(tables["serves"], base.table("serves")["sensor_id"].to_list())
    contents = {
        **base.contents,
        **{f"{name}.parquet": table_bytes(table) for name, table in tables.items()},
    }
    stated = base.manifest
    manifest = Manifest.of(
        contents, code=stated.code, versions=stated.versions, readings=stated.readings
    )
    facts = _facts(base, pin, run)
    ledger = tables["serves"].with_columns(pl.col("reasons").list.join(SEPARATOR))
    configuration = json.loads(contents["configuration.json"])
    card = model_card(manifest.rid, TablesInHand(tables), configuration, facts)
    lineage = _exchanged(base.lineage, source.lineage, pin.sensor).sort("sensor_id", "kind")
    files = {
        "ledger.csv": ledger.write_csv().encode(),
        CARD: card.encode(),
        LINEAGE: lineage_bytes(lineage),
    }
    return ReleaseDraft(contents, manifest, attachments(facts, files))


def pinned_from(provenance: Mapping[str, Any], sensor_id: str) -> str | None:
    """The release that a sensor's model was taken from by a person; ``None`` if it was not."""
    pins: Sequence[Mapping[str, str]] = provenance.get("pins", ())
    return next((pin["source"] for pin in pins if pin["sensor"] == sensor_id), None)


def _row(release: Pinnable, sensor_id: str) -> dict[str, Any]:
    rows = release.table("serves").filter(pl.col("sensor_id") == sensor_id).to_dicts()
    if not rows:
        raise ReleaseError(
            f"release {release.rid[:12]} does not know {sensor_id!r}; `modelfleet history "
            "--sensor ID` shows which releases know a sensor"
        )
    return rows[0]


def _check(
    before: Mapping[str, Any],
    wanted: Mapping[str, Any],
    *,
    base: Pinnable,
    source: Pinnable,
    pin: Pin,
) -> None:
    if wanted["serves"] == "none":
        raise ReleaseError(
            f"release {source.rid[:12]} serves {pin.sensor!r} with nothing; choose one that has a "
            f"model or a baseline for it: `modelfleet history --sensor {pin.sensor}`"
        )
    if before["version"] == wanted["version"]:
        raise ReleaseError(
            f"{base.rid[:12]}, which is live, serves {pin.sensor!r} with the same version "
            f"{wanted['version'][:12]} already; there is nothing to pin"
        )


def _exchanged(base: pl.DataFrame, source: pl.DataFrame, sensor_id: str) -> pl.DataFrame:
    """A table with the sensor's row from another one, in the columns that it has."""
    others = base.filter(pl.col("sensor_id") != sensor_id)
    row = source.filter(pl.col("sensor_id") == sensor_id)
    # A column that is null in all rows of one release has no type there.
    return pl.concat([others, row], how="diagonal_relaxed").select(base.columns)


def _told(serves: pl.DataFrame, sensor_id: str, *, cohort: str) -> pl.DataFrame:
    """The ledger says that it was a person, and keeps the sensor in its present cohort."""
    mine = pl.col("sensor_id") == sensor_id
    others = pl.col("reasons").list.set_difference(pl.lit([PINNED]))
    told = pl.concat_list(pl.lit([PINNED]), others)
    return serves.with_columns(
        cohort=pl.when(mine).then(pl.lit(cohort)).otherwise("cohort"),
        reasons=pl.when(mine).then(told).otherwise("reasons"),
    ).sort("sensor_id")


def _facts(base: Pinnable, pin: Pin, run: Mapping[str, Any]) -> dict[str, Any]:
    """Without the stamp of the verdicts: they come from two runs, and the next one judges anew."""
    earlier = [each for each in base.provenance.get("pins", ()) if each["sensor"] != pin.sensor]
    return {
        **{name: base.provenance[name] for name in PASSED_ON if name in base.provenance},
        **run,
        "by": pin.by,
        "started_at": pin.at,
        "parents": [base.rid, pin.source],
        "pins": [*earlier, asdict(pin)],
        "holds": [],
    }
