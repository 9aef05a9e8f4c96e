"""Production in PostgreSQL, and a role made as the page says: it reads, and is refused."""

from collections.abc import Callable

import psycopg
import pytest

from modelfleet.stores.denials import denial_of
from modelfleet.stores.raw.postgres import RawPostgresDataset
from tests.boundaries.page import block
from tests.servers import PostgresServer

pytestmark = pytest.mark.xdist_group("servers")

STATEMENTS = block("sql", "CREATE ROLE")
(SECRET,) = [part for part in STATEMENTS.split("'") if part.startswith("a-long")]

OWNED = """
SET ROLE plant_owner;
CREATE TABLE plant.readings (at timestamptz, sensor text, value float8);
INSERT INTO plant.readings SELECT t, 'a', 1 FROM generate_series(
    timestamptz '2024-01-01Z', '2024-02-10Z', interval '1 hour') t;
CREATE VIEW plant.recent AS SELECT * FROM plant.readings;
CREATE SEQUENCE plant.numbers;
CREATE FUNCTION plant.enter() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS
    'BEGIN INSERT INTO plant.readings VALUES (now(), ''intruder'', 1); RETURN 1; END';
"""
LATER = """
SET ROLE plant_owner;
CREATE TABLE plant.later (at timestamptz, value float8);
CREATE FUNCTION plant.enter_later() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS
    'BEGIN INSERT INTO plant.later VALUES (now(), 1); RETURN 1; END';
"""
"""What is made after the statements of the page."""

WRITES = (
    "INSERT INTO plant.readings VALUES (now(), 'intruder', 1)",
    "INSERT INTO plant.recent VALUES (now(), 'intruder', 1)",
    "INSERT INTO plant.later VALUES (now(), 1)",
    "UPDATE plant.readings SET value = 0",
    "DELETE FROM plant.readings",
    "TRUNCATE plant.readings",
    "COPY plant.readings FROM STDIN",
    "SELECT * FROM plant.readings FOR UPDATE",
    "CREATE TABLE plant.mine (n int)",
    "CREATE TABLE public.mine (n int)",
    "CREATE TEMPORARY TABLE mine (n int)",
    "CREATE SCHEMA mine",
    "DROP TABLE plant.readings",
    "ALTER TABLE plant.readings ADD COLUMN mine int",
    "CREATE INDEX ON plant.readings (at)",
    "ALTER TABLE plant.readings OWNER TO fleet_test",
    "ALTER ROLE fleet_test SUPERUSER",
    "SELECT nextval('plant.numbers')",
    "SELECT plant.enter()",
    "SELECT plant.enter_later()",
    "SET ROLE plant_owner",
    "LOCK TABLE plant.readings",
)


@pytest.fixture(scope="module")
def server(postgres_server: PostgresServer) -> PostgresServer:
    """A database of production's, with the role that the page makes."""
    postgres_server.execute("CREATE ROLE plant_owner", "CREATE DATABASE telemetry")
    run = {"database": "telemetry"}
    postgres_server.execute("CREATE SCHEMA plant AUTHORIZATION plant_owner", OWNED, **run)
    postgres_server.execute(STATEMENTS, **run)
    postgres_server.execute(LATER, **run)
    return postgres_server


@pytest.fixture
def con(server: PostgresServer) -> str:
    """As test connects."""
    return server.con("fleet_test", SECRET, database="telemetry")


@pytest.fixture
def content(server: PostgresServer) -> Callable[[], list[tuple[object, ...]]]:
    """All that is in the database: rows, tables, functions and rights."""

    def look() -> list[tuple[object, ...]]:
        with psycopg.connect(server.con("owner", database="telemetry")) as connection:
            return [
                row
                for question in QUESTIONS
                for row in connection.execute(question.encode()).fetchall()
            ]

    return look


QUESTIONS = (
    "SELECT count(*), md5(string_agg(r::text, ',' ORDER BY r::text)) FROM plant.readings r",
    "SELECT count(*) FROM plant.later",
    "SELECT relname::text, relacl::text FROM pg_class WHERE relnamespace > 16383 ORDER BY 1",
    "SELECT nspname::text, nspacl::text FROM pg_namespace ORDER BY 1",
    "SELECT proname::text, proacl::text FROM pg_proc WHERE oid > 16383 ORDER BY 1",
    "SELECT last_value, is_called FROM plant.numbers",
)


def test_test_reads_with_its_role(con: str, content: Callable[[], object]) -> None:
    """Every period of the table, and of one that was made after the role."""
    before = content()
    for table, rows in (("plant.readings", 961), ("plant.recent", 961), ("plant.later", 0)):
        dataset = RawPostgresDataset(
            table=table,
            columns=["at", "value"],
            partition_column="at",
            credentials={"con": con},
        )
        assert dataset.exists()
        source = dataset.load()
        batches = source.batches() if rows else []
        assert sum(batch.read().collect().height for batch in batches) == rows
        assert source.head(5).height == min(rows, 5)
    assert content() == before


@pytest.mark.parametrize("belt", [True, False], ids=["as it connects", "without its belt"])
def test_every_write_is_refused_by_the_server(
    con: str, content: Callable[[], object], belt: bool
) -> None:
    """Also where the session takes off what makes its transactions read-only."""
    before = content()
    refusals = {statement: write(con, statement, belt=belt) for statement in WRITES}
    told = {s: r for s, r in refusals.items() if not r.startswith("PostgreSQL refused: ")}
    assert told == {}
    assert SECRET not in "".join(refusals.values())
    if not belt:
        assert "read-only" not in "".join(refusals.values())
    assert content() == before


def write(con: str, statement: str, *, belt: bool) -> str:
    """What became of a statement in a session of its own."""
    with psycopg.connect(con, autocommit=True) as connection:
        if not belt:
            connection.execute("SET default_transaction_read_only = off")
        try:
            if statement.startswith("COPY"):
                with connection.cursor().copy(statement.encode()) as copy:
                    copy.write("2024-01-01\tintruder\t1\n")
            else:
                connection.execute(f"BEGIN; {statement}; COMMIT".encode())
        except psycopg.Error as error:
            return str(denial_of(error) or error)
    return "done"
