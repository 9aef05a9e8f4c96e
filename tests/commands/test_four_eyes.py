"""From the request to the rollback and the audit, with real keys, as people type it."""

import json
import re
from pathlib import Path

import pytest

from tests.commands.production import FIRST, HELD, SECOND, Production
from tests.releases import sensor

REASON = ("--reason", "looked at it")


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Production, str]:
    """Production that a first release serves, asked for and approved by the owners of both."""
    production = Production.make(tmp_path_factory.mktemp("production") / "project")
    rid = production.publish(FIRST)
    asked = production.document("request", rid[:8], *REASON, by="data-science")["request"]
    for owner in ("north-operations", "south-operations"):
        production.document("approve", asked["id"][:8], *REASON, by=owner)
    return production, rid


@pytest.fixture
def live(approved: tuple[Production, str], tmp_path: Path) -> tuple[Production, str]:
    """The same, for one test to change."""
    production, rid = approved
    return production.copied(tmp_path / "project"), rid


@pytest.fixture
def production(approved: tuple[Production, str], tmp_path: Path) -> Production:
    """Production with keys of owners and no release."""
    return approved[0].copied(tmp_path / "project", data=False)


def test_the_whole_story(live: tuple[Production, str]) -> None:
    """Request, approval part by part, rejection, rollback, and an audit of it all."""
    production, first = live
    second = production.publish(SECOND, started_at="2026-02-05T00:00:00+00:00")
    asked = production.run("request", second[:8], "--reason", "fresher", by="data-science")
    assert asked.exit_code == 0, asked.output
    assert "3 of 4 sensors change" in asked.stdout
    assert "Waiting for north-operations: north" in asked.stdout
    name = re.search(r"modelfleet approve (\w{12})", asked.stdout)
    assert name

    approved = production.run("approve", name[1], *REASON, by="north-operations")
    assert approved.exit_code == 0, approved.output
    assert "Live for north (entry 3)" in approved.stdout
    assert "Waiting for south-operations: south" in approved.stdout
    (listed,) = [row for row in production.document("releases")["releases"] if row["rid"] == second]
    assert listed["state"]["live"] == ["north"]
    assert listed["text"].startswith("live for north; waits for south-operations")

    rejected = production.run("reject", second[:8], *REASON, by="south-operations")
    assert "Rejected" in rejected.stdout
    back = production.run("rollback", first[:8], "--reason", "worse", by="north-operations")
    assert "Live for north (entry 4)" in back.stdout
    audit = production.run("audit")
    assert audit.exit_code == 0, audit.output
    assert "4 entries, everything is proved" in audit.stdout
    assert f"{second[:12]} → {first[:12]} for north" in audit.stdout
    assert production.document("audit")["serves"] == {"north": first, "south": first}


@pytest.mark.parametrize("command", ["request", "approve", "reject", "rollback"])
def test_nothing_is_signed_without_a_yes(live: tuple[Production, str], command: str) -> None:
    """Without a terminal to ask on a command stops before it signs, and says how to go on."""
    production, rid = live
    key = ("--key", str(production.keys["north-operations"]))
    before = sorted(production.root.rglob("*.json"))
    result = production.run(command, rid[:8], *REASON, *key)
    assert result.exit_code == 2
    assert "--yes" in result.output
    assert sorted(production.root.rglob("*.json")) == before


def test_self_approval_is_refused_with_exit_code_four(production: Production) -> None:
    """The sentence says what was wrong and what to do, for people and for programs."""
    rid = production.publish(FIRST)
    production.document("request", rid[:8], *REASON, by="north-operations")
    refused = production.run("approve", rid[:8], *REASON, by="north-operations")
    assert refused.exit_code == 4
    assert "cannot approve it for cohorts north, south; another owner must" in refused.output
    as_json = production.run("approve", rid[:8], *REASON, "--json", by="north-operations")
    assert as_json.exit_code == 4
    codes = {each["code"] for each in json.loads(as_json.stdout)["refusals"]}
    assert "self_approval" in codes
    assert production.document("releases")["releases"][0]["live"] is False


def test_what_holds_a_release_is_shown_and_cleared_by_name(production: Production) -> None:
    """A request that does not clear the hold is refused; one that does says so."""
    rid = production.publish(FIRST, **HELD)
    refused = production.run("request", rid[:8], *REASON, by="data-science")
    assert refused.exit_code == 4
    assert "too_many_demotions: 1 sensor loses its model" in refused.output
    cleared = ("--clear", "too_many_demotions")
    asked = production.document("request", rid[:8], *REASON, *cleared, by="data-science")
    assert asked["request"]["holds"] == ["too_many_demotions"]
    shown = production.run("show", rid[:8]).stdout
    assert "too_many_demotions: 1 sensor loses its model" in shown
    assert "waits for north-operations or south-operations" in shown


def test_the_card_is_shown_with_where_the_release_stands_now(
    live: tuple[Production, str],
) -> None:
    """The card of the release, made anew from its verified bytes, then owners and approvals."""
    production, rid = live
    text = production.run("show", rid[:8], "--card").stdout
    assert text.startswith(f"# Model card of release {rid[:12]}")
    assert "- live; approved by north-operations, south-operations." in text
    assert "| south | four_eyes | south-operations |" in text


def test_a_missing_key_says_how_to_get_one(production: Production) -> None:
    """An error, no refusal: nobody was asked."""
    rid = production.publish(FIRST)
    result = production.run("request", rid[:8], *REASON, "--yes", "--key", "nowhere")
    assert result.exit_code == 1
    assert "ssh-keygen" in result.output


def test_an_unknown_request_says_where_to_look(production: Production) -> None:
    """Neither a request nor a release begins so."""
    production.publish(FIRST)
    result = production.run("approve", "ffffffff", *REASON, by="north-operations")
    assert result.exit_code == 1
    assert "is no request here" in result.output


def test_an_altered_release_makes_the_audit_fail(live: tuple[Production, str]) -> None:
    """Exit code 1 for scripts, and the file that was altered for people."""
    production, rid = live
    file = production.root / "releases" / rid / "models.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    result = production.run("audit")
    assert result.exit_code == 1
    assert "NOT everything is proved" in result.stdout
    assert "models.parquet" in result.stdout


def test_the_changelog_says_what_changed_why_and_who(live: tuple[Production, str]) -> None:
    """The newest first, figures before and after, the people from the signed documents."""
    production, first = live
    second = production.publish(SECOND, started_at="2026-02-05T00:00:00+00:00")
    production.document("request", second, "--reason", "spring", by="data-science")
    production.document("approve", second, *REASON, by="north-operations")
    newest, *_, oldest = production.document("changelog")["changes"]
    assert newest["cohorts"] == ["north"]
    assert (newest["requested_by"], newest["approved_by"]) == ("data-science", ["north-operations"])
    assert (newest["reason"], newest["before"], newest["releases"]) == ("spring", [first], [second])
    assert (newest["models_before"], newest["models"], newest["to_baseline"]) == (2, 1, 1)
    assert oldest["before"] == []
    text = production.run("changelog", "--last", "1").stdout
    assert text.count("\n## ") == 1
    assert "asked for by data-science, approved by north-operations" in text
    assert "- **On models**: 2 → 1" in text


def test_history_tells_when_a_model_served_and_its_fate(live: tuple[Production, str]) -> None:
    """Across all releases, and by the channel."""
    production, first = live
    second = production.publish(SECOND, started_at="2026-02-05T00:00:00+00:00")
    production.document("request", second, *REASON, by="data-science")
    production.document("approve", second, *REASON, by="north-operations")
    old, new = production.document("history", "--sensor", "n1")["versions"]
    assert (old["fate"], new["fate"]) == ("replaced by n1-2", "serves")
    assert [span["release"] for span in old["served"]] == [first]
    (fallen,) = production.document("history", "--sensor", "n2")["versions"]
    assert fallen["fate"] == "gave way to the baseline"
    text = production.run("history", "--sensor", "n1").stdout
    assert "replaced by n1-2" in text
    assert production.run("history", "--sensor", "n9").exit_code == 1


def test_a_pin_is_a_release_that_is_asked_for_like_any_other(live: tuple[Production, str]) -> None:
    """It is published and waits; the command that asks for it names the sensor's cohort alone."""
    production, first = live
    second = production.publish(SECOND, started_at="2026-02-05T00:00:00+00:00")
    production.document("request", second, *REASON, by="data-science")
    production.document("approve", second, *REASON, by="north-operations")
    pin = ("--sensor", "n2", "--release", first[:8], "--reason", "calm weeks", "--yes")
    made = production.document("pin", *pin)
    assert made["live"] == []
    (command,) = made["commands"]
    assert '--cohort "north"' in command
    asked = ("--cohort", "north", "--reason", "pin")
    production.document("request", made["release"][:8], *asked, by="data-science")
    production.document("approve", made["release"][:8], *REASON, by="north-operations")
    assert production.document("audit")["serves"]["north"] == made["release"]
    (version,) = production.document("history", "--sensor", "n2")["versions"]
    assert version["fate"] == "serves, pinned by a person"
    assert "Pinned     n2 from" in production.run("show", made["release"][:8]).stdout


def test_a_pin_goes_live_by_itself_where_the_policy_asks_nobody(tmp_path: Path) -> None:
    """For every cohort that the release before served: the fleet stays on one release."""
    production = Production.make(tmp_path / "project", policy="automatic")
    first = production.publish(FIRST)
    production.publish([sensor("n1", version="n1-0"), *FIRST[1:]])
    from modelfleet.fleet.promotion import PromotionDecision
    from modelfleet.stores.governance import append_automatic
    from tests.project import inside

    with inside(production.path):
        from modelfleet.commands.project import load_asset

        governance = load_asset("approvals", "production")
        decision = PromotionDecision(
            state="live",
            serves={"north": first, "south": first},
            provenance=governance.releases.provenance_digest(first),
            at="2026-02-01T00:00:00+00:00",
            by="robot",
        )
        append_automatic(governance, decision)
    other = next(r["rid"] for r in production.document("releases")["releases"] if not r["live"])
    made = production.run(
        "pin", "--sensor", "n1", "--release", other[:8], "--reason", "calm", "--yes"
    )
    assert made.exit_code == 0, made.output
    assert "Live for north, south" in made.stdout
    assert "serve: champion" in made.stdout
