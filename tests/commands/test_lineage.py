"""What people ask about where models come from: of releases old and new, by people who approved."""

import json
from pathlib import Path

import pytest

from tests.commands.production import FIRST, SECOND, Production
from tests.releases import sensor

REASON = ("--reason", "looked at it")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> tuple[Production, str, str]:
    """Two releases from before lineage was recorded; owners approved the first, for one cohort."""
    production = Production.make(tmp_path_factory.mktemp("old") / "project")
    first, second = production.publish(FIRST), production.publish(SECOND)
    asked = production.document("request", first[:8], *REASON, by="data-science")["request"]
    production.document("approve", asked["id"][:8], *REASON, by="north-operations")
    return production, first, second


def test_a_model_tells_who_approved_it_and_when_it_went_live(
    old: tuple[Production, str, str],
) -> None:
    """By the channel of the environment, of the cohort of its sensor."""
    production, first, _ = old
    told = production.document("lineage", "--sensor", "n1")
    (entry,) = told["live"]
    assert (entry["release"], entry["cohorts"], entry["position"]) == (first, ["north"], 1)
    assert entry["requested_by"] == "data-science"
    assert entry["approved_by"] == ["north-operations"]
    text = " ".join(production.run("lineage", "--model", "n1-1").stdout.split())
    assert "in production (entry 1) for north" in text
    assert "approved by north-operations" in text


def test_what_is_not_live_never_was(old: tuple[Production, str, str]) -> None:
    """The other cohort's owner was not asked yet."""
    production, first, second = old
    assert production.document("lineage", "--model", "s2-2")["live"] == []
    assert "Live          never" in production.run("lineage", "--model", "s2-2").stdout
    told = production.document("lineage", "--release", first)
    assert [entry["cohorts"] for entry in told["live"]] == [["north"]]
    assert production.document("lineage", "--release", second)["live"] == []


def test_what_older_releases_did_not_record_is_said_to_be_unknown(
    old: tuple[Production, str, str],
) -> None:
    """No version of the readings is guessed, though the run named one."""
    production, first, _ = old
    told = production.document("lineage", "--model", "n1-1")
    assert told["readings"] == dict.fromkeys(("table_id", "table_version", "shard", "shard_digest"))
    assert told["reason"] == f"release {first[:12]} was made before lineage was recorded"
    text = " ".join(production.run("lineage", "--model", "n1-1").stdout.split())
    assert f"not known: release {first[:12]} was made before lineage was recorded" in text
    whole = production.run("lineage", "--release", first).stdout
    assert "3 models, of which no more is known" in whole
    assert production.document("lineage", "--release", first)["oldest"]["version"] == "n1-1"


def test_what_older_releases_hold_cannot_be_trained_again(
    old: tuple[Production, str, str],
) -> None:
    """That is told for each sensor, and the command fails."""
    production, first, _ = old
    done = production.run("replay", first[:8], "--sensor", "n1", "--sensor", "s2", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert not told["agree"]
    assert [row["sensor_id"] for row in told["sensors"]] == ["n1", "s2"]
    for row in told["sensors"]:
        assert row["difference"] is None
        assert "before lineage was recorded" in row["problem"]


def test_a_sensor_that_is_not_served_is_named(old: tuple[Production, str, str]) -> None:
    """Both by the release that is to be trained again, and among what is live."""
    production, first, _ = old
    done = production.run("replay", first[:8], "--sensor", "n1", "--sensor", "x9")
    assert done.exit_code == 1
    assert "serves 'x9' with nothing, or does not know it" in done.output
    for unknown in ("x9", "s1"):
        done = production.run("lineage", "--sensor", unknown)
        assert done.exit_code == 1
        assert f"nothing that is live knows '{unknown}'" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lineage"], "give either --release, or --model, --sensor or both"),
        (["lineage", "--model", "n1-1", "--release", "abcd"], "give either --release"),
        (["lineage", "--model", "n1"], "at least 4 characters"),
        (["replay", "abcd"], "give either --sensor"),
        (["replay", "abcd", "--sensor", "n1", "--sample", "2"], "give either --sensor"),
        (["replay", "abcd", "--sample", "0"], "x>=1"),
    ],
)
def test_how_it_is_asked(old: tuple[Production, str, str], arguments: list[str], said: str) -> None:
    """What cannot be meant is a usage error."""
    done = old[0].run(*arguments)
    assert done.exit_code == 2
    assert said in done.output


def test_a_version_must_be_one(old: tuple[Production, str, str]) -> None:
    """None, or several that begin so, are named."""
    production, _, _ = old
    done = production.run("lineage", "--model", "ffff")
    assert done.exit_code == 1
    assert "'ffff' is no version of a model" in done.output


def test_lineage_that_was_changed_is_not_believed(
    old: tuple[Production, str, str], tmp_path: Path
) -> None:
    """A file about a run that the run did not leave, or left otherwise."""
    copy = old[0].copied(tmp_path / "project")
    forged = copy.root / "releases" / old[1] / "lineage.parquet"
    forged.write_bytes(b"PAR1")
    done = copy.run("lineage", "--release", old[1])
    assert done.exit_code == 1
    assert "cannot be trusted: altered 'lineage.parquet'" in done.output


def test_sensors_with_the_same_readings_are_told_apart(tmp_path: Path) -> None:
    """Both have the same version; whose is meant is said by the sensor."""
    production = Production.make(tmp_path / "project")
    production.publish([sensor("n1", version="twin-1"), sensor("n2", version="twin-1")])
    done = production.run("lineage", "--model", "twin")
    assert done.exit_code == 1
    assert "'twin-1 of n1', 'twin-1 of n2'; add --sensor" in done.output
    told = production.document("lineage", "--model", "twin", "--sensor", "n2")
    assert (told["sensor_id"], told["version"]) == ("n2", "twin-1")
