"""A PostgreSQL table as a raw source: periods, a cursor on the server, and no right to write."""

import pickle
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

import polars as pl
import pytest
from kedro.io import DatasetError

from modelfleet.domain.errors import ConfigurationError, DataError, SchemaError
from modelfleet.stores.raw import postgres
from modelfleet.stores.raw.postgres import RawPostgres, RawPostgresDataset
from tests.servers import PostgresServer

pytestmark = pytest.mark.xdist_group("servers")

ODD = 'Odd "table", 100%; DROP'
"""A name that breaks every query that pastes names together."""


@pytest.fixture(scope="module")
def server(postgres_server: PostgresServer) -> PostgresServer:
    """A server with readings: 90 days from 2024-01-01, two sensors, every hour."""
    quoted = ODD.replace('"', '""')
    postgres_server.execute(
        "CREATE SCHEMA plant",
        "CREATE TABLE plant.readings (at timestamptz, sensor text, value double precision)",
        """INSERT INTO plant.readings SELECT t, s, extract(epoch FROM t) / 1e9 FROM generate_series(
           timestamptz '2024-01-01Z', '2024-03-30 23:00Z', interval '1 hour') t,
           unnest('{b,a}'::text[]) s""",
        "CREATE INDEX ON plant.readings (at)",
        "CREATE TABLE plant.empty (at timestamptz, sensor text, value float8)",
        f'CREATE TABLE plant."{quoted}" ("at %s" timestamp, "sen""sor" text, "välue" numeric)',
        f"""INSERT INTO plant."{quoted}" VALUES ('2024-01-01 00:30', 'a', 0.1), ('2024-01-01 00:30',
            'b', 'NaN'), (NULL, 'c', 12345678901234567890.5), ('infinity', 'd', NULL)""",
    )  # fmt: skip
    return postgres_server


def dataset(server: PostgresServer, **options: Any) -> RawPostgresDataset:
    """The dataset of the readings, with other options."""
    asked = {
        "table": "plant.readings",
        "columns": ["at", "sensor", "value"],
        "partition_column": "at",
        "credentials": {"con": server.reader},
    }
    return RawPostgresDataset(**{**asked, **options})


def source(server: PostgresServer, **options: Any) -> RawPostgres:
    """The source that the catalog would load."""
    return dataset(server, **options).load()


def changing(server: PostgresServer, name: str, columns: str = "") -> None:
    """A table of its own for a test that changes it: 2024-01-01 and 2024-02-15."""
    server.execute(
        f"DROP TABLE IF EXISTS plant.{name}",
        f"CREATE TABLE plant.{name} (at timestamptz, sensor text, value float8 {columns})",
        f"INSERT INTO plant.{name} VALUES ('2024-01-01Z', 'a', 1), ('2024-02-15Z', 'a', 2)",
    )


class TestPeriods:
    """Which batches a table has."""

    def test_one_batch_per_period_in_order(self, server: PostgresServer) -> None:
        """Periods are counted from 1970, so that they do not move when rows arrive."""
        batches = source(server).batches()
        assert [batch.name for batch in batches] == [
            "plant.readings 2023-12-19T00:00 to 2024-01-18T00:00",
            "plant.readings 2024-01-18T00:00 to 2024-02-17T00:00",
            "plant.readings 2024-02-17T00:00 to 2024-03-18T00:00",
            "plant.readings 2024-03-18T00:00 to 2024-04-17T00:00",
        ]
        heights = [batch.read().collect().height for batch in batches]
        assert heights == [17 * 48, 30 * 48, 30 * 48, 13 * 48]

    def test_nothing_is_lost_between_periods(self, server: PostgresServer) -> None:
        """All batches together are the table, in the order of time."""
        frame = pl.concat([b.read().collect() for b in source(server, period="1w").batches()])
        assert frame.height == 90 * 48
        assert frame["at"].is_sorted()
        assert frame.head(2)["sensor"].to_list() == ["a", "b"]
        assert frame["at"][0] == datetime(2024, 1, 1, tzinfo=UTC)
        assert frame["value"][0] == datetime(2024, 1, 1, tzinfo=UTC).timestamp() / 1e9

    def test_identity_follows_the_content(self, server: PostgresServer) -> None:
        """New rows change the identity of their period, and of no other."""
        changing(server, "growing")
        first, second = source(server, table="plant.growing").batches()
        assert [b.identity for b in source(server, table="plant.growing").batches()] == [
            first.identity,
            second.identity,
        ]
        server.execute("INSERT INTO plant.growing VALUES ('2024-02-15Z', 'b', 3)")
        after = source(server, table="plant.growing").batches()
        assert after[0].identity == first.identity
        assert after[1].identity != second.identity

    def test_a_changed_row_is_seen_by_its_column(self, server: PostgresServer) -> None:
        """Count and time stay as they were: without the column nobody could tell."""
        changing(server, "corrected", ", changed timestamptz DEFAULT '2024-03-01Z'")
        options = {"table": "plant.corrected", "updated_column": "changed"}
        blind = [b.identity for b in source(server, table="plant.corrected").batches()]
        before = [b.identity for b in source(server, **options).batches()]
        server.execute(
            "UPDATE plant.corrected SET value = 9, changed = '2024-03-02Z' WHERE value = 1"
        )
        after = [b.identity for b in source(server, **options).batches()]
        assert [b.identity for b in source(server, table="plant.corrected").batches()] == blind
        assert [old == new for old, new in zip(before, after, strict=True)] == [False, True]

    def test_rows_without_a_time_are_a_batch(self, server: PostgresServer) -> None:
        """Null and infinity are in no period, and are handed over all the same."""
        options = {
            "table": f"plant.{ODD}",
            "columns": ["välue", 'sen"sor', "at %s"],
            "partition_column": "at %s",
        }
        timeless, day = source(server, **options).batches()
        assert timeless.name.endswith("without a time")
        assert sorted(timeless.read().collect().rows(), key=str) == [
            ("12345678901234567890.5", "c", None),
            (None, "d", None),
        ]
        assert day.read().collect().rows() == [
            ("0.1", "a", datetime(2024, 1, 1, 0, 30)),  # noqa: DTZ001  the column has no zone
            ("NaN", "b", datetime(2024, 1, 1, 0, 30)),  # noqa: DTZ001
        ]

    @pytest.mark.parametrize(
        ("kind", "zone"), [("date", None), ("timestamp", None), ("timestamptz", "UTC")]
    )
    def test_all_kinds_of_time(self, server: PostgresServer, kind: str, zone: str | None) -> None:
        """Before 1970, to the microsecond, and with or without a zone as the table has it."""
        server.execute(
            "DROP TABLE IF EXISTS plant.times",
            f"CREATE TABLE plant.times (at {kind}, n smallint)",
            "INSERT INTO plant.times VALUES ('1965-03-01 12:00:00.123457Z', 1), ('2024-01-01Z', 2)",
        )
        batches = source(server, table="plant.times", columns=["n", "at"], period="1d").batches()
        old, new = (batch.read().collect() for batch in batches)
        assert old.schema == {"n": pl.Int64, "at": pl.Datetime("us", zone)}
        clock = "00:00:00.000000" if kind == "date" else "12:00:00.123457"
        assert old["at"].dt.to_string("%F %T%.6f").to_list() == [f"1965-03-01 {clock}"]
        assert new["n"].to_list() == [2]


class TestStreaming:
    """Rows come in chunks, and only those that are asked for."""

    COUNTED: ClassVar = ["value", "at", "sensor"]
    """Columns in an order of their own: Polars may still drain what another test has left."""

    @pytest.fixture
    def heights(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Rows of each chunk that is made of the columns in the order above."""
        seen: list[int] = []
        make = postgres.frame_of

        def counted(rows: Any, columns: Any) -> pl.DataFrame:
            if [column.name for column in columns] == self.COUNTED:
                seen.append(len(rows))
            return make(rows, columns)

        monkeypatch.setattr(postgres, "frame_of", counted)
        return seen

    def test_opening_reads_no_rows(self, server: PostgresServer, heights: list[int]) -> None:
        """The schema is known before, and alone."""
        frame = source(server, columns=self.COUNTED).batches()[1].read()
        assert frame.collect_schema().names() == self.COUNTED
        assert heights == []

    def test_no_more_than_a_chunk_is_held(
        self, server: PostgresServer, heights: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """1,440 rows by 500 take three fetches, each after the one before was passed on."""
        import psycopg

        fetched: list[int] = []
        fetch = psycopg.ServerCursor.fetchmany

        def counted(cursor: Any, size: int = 0) -> Any:
            if size == 500:
                fetched.append(size)
            return fetch(cursor, size)

        monkeypatch.setattr(psycopg.ServerCursor, "fetchmany", counted)
        at_hand = source(server, columns=self.COUNTED, chunk_rows=500)
        (period,) = (b.read.args[0] for b in at_hand.batches()[1:2])
        with at_hand.server.transaction() as connection:
            known = at_hand._known(connection)
        stream: Iterator[pl.DataFrame] = at_hand.chunks(period, known)
        assert [(next(stream).height, len(fetched)) for _ in range(3)] == [
            (500, 1), (500, 2), (440, 3),
        ]  # fmt: skip
        assert list(stream) == []
        heights.clear()
        frame = at_hand.batches()[1].read()
        assert frame.select(pl.len()).collect(engine="streaming").item() == 1440
        assert heights == [500, 500, 440]

    def test_a_query_on_the_batch_is_answered(self, server: PostgresServer) -> None:
        """Filters, fewer columns, another order: as on any other frame, on both engines."""
        frame = source(server, chunk_rows=100).batches()[1].read()
        asked = frame.filter(pl.col("sensor") == "b").select("value", "at").head(150)
        whole = frame.collect().filter(pl.col("sensor") == "b").select("value", "at").head(150)
        assert asked.collect().equals(whole)
        assert asked.collect(engine="streaming").equals(whole)

    def test_few_rows_cost_few_rows(self, server: PostgresServer, heights: list[int]) -> None:
        """A preview does not read the period."""
        frame = source(server, columns=self.COUNTED).batches()[1].read()
        assert frame.head(7).collect().height == 7
        assert heights == [7]

    def test_a_batch_travels_to_another_process(self, server: PostgresServer) -> None:
        """What opens it can be pickled, and does not show the password."""
        batch = source(server).batches()[0]
        assert server.password not in repr(batch)
        assert "signs" not in repr(batch)
        assert pickle.loads(pickle.dumps(batch)).read().collect().height == 17 * 48

    def test_an_error_on_the_way_is_typed(self, server: PostgresServer) -> None:
        """Also if it comes in the middle of the rows, through Polars."""
        server.execute(
            "CREATE OR REPLACE VIEW plant.failing AS SELECT at, sensor, 1 / (CASE WHEN at > "
            "'2024-01-25Z' THEN 0 ELSE 1 END) AS value FROM plant.readings"
        )
        batches = source(server, table="plant.failing").batches()
        assert batches[0].read().collect().height == 17 * 48
        with pytest.raises(DataError, match=r"plant\.failing cannot be read .*division by zero"):
            batches[1].read().collect()


class TestRefusals:
    """Errors name the table and what to do, and never the password."""

    def test_reading_cannot_write(self, server: PostgresServer) -> None:
        """Not even through a view that calls a function, with an owner's rights."""
        server.execute(
            "CREATE TABLE IF NOT EXISTS plant.traces (n int)",
            """CREATE OR REPLACE FUNCTION plant.trace() RETURNS int LANGUAGE plpgsql AS
               'BEGIN INSERT INTO plant.traces VALUES (1); RETURN 1; END'""",
            "CREATE OR REPLACE VIEW plant.writing AS SELECT at, sensor, plant.trace() AS value "
            "FROM plant.readings",
        )
        owner = {"con": server.owner}
        with pytest.raises(DataError, match="read-only transaction"):
            source(server, table="plant.writing", credentials=owner).head(1)
        traces = {"table": "plant.traces", "columns": ["n"], "partition_column": "n"}
        assert dataset(server, **traces).load().head(5).is_empty()
        with pytest.raises(DatasetError, match="read, not saved"):
            dataset(server).save(pl.DataFrame())

    def test_settings_hold_for_the_session(self, server: PostgresServer) -> None:
        """Text that the server writes does not depend on a role's habits."""
        with source(server).server.transaction() as connection:
            shown = [
                connection.execute(f"SHOW {name}".encode()).fetchone()
                for name in ("default_transaction_read_only", "timezone", "transaction_isolation")
            ]
        assert shown == [("on",), ("UTC",), ("repeatable read",)]

    def test_an_unreachable_server(self, server: PostgresServer) -> None:
        """Nobody listens."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            con = f"postgresql://reader:hush-hush@127.0.0.1:{taken.getsockname()[1]}/plant"
            with pytest.raises(
                DataError, match=r"table plant\.readings: 127.*/plant cannot be reached"
            ) as refused:
                source(server, credentials={"con": con}).batches()
        assert "hush" not in str(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__

    def test_a_wrong_password(self, server: PostgresServer) -> None:
        """The server says that it is wrong, not which one it is."""
        wrong = {"con": server.con("reader", "hush-hush")}
        with pytest.raises(DataError, match="authentication failed") as refused:
            source(server, credentials=wrong).batches()
        assert "hush" not in str(refused.value)

    @pytest.mark.parametrize(
        "con",
        [
            "postgresql://reader:hush/hush@127.0.0.1:5432/plant",
            "postgresql://reader:1/hush@127.0.0.1:5432/plant",
            "postgresql://reader:hush@hush@127.0.0.1:5432/plant",
            "postgresql://reader:hush%zz@127.0.0.1:5432/plant",
            "postgresql+psycopg://reader:hush@127.0.0.1/plant",
            "host=127.0.0.1 password='hush",
        ],
    )
    def test_a_broken_connection_string(self, server: PostgresServer, con: str) -> None:
        """The parser quotes it in the middle of the password; we do not."""
        with pytest.raises(ConfigurationError, match="percent-encoded") as refused:
            source(server, credentials={"con": con}).batches()
        assert "hush" not in str(refused.value)

    @pytest.mark.parametrize("table", ["plant.reading", "nowhere.readings", "Plant.readings"])
    def test_a_missing_table(self, server: PostgresServer, table: str) -> None:
        """Or schema, or capital."""
        assert not dataset(server, table=table).exists()
        with pytest.raises(SchemaError, match=f"no table {table} at .*correct `table`"):
            source(server, table=table).batches()

    def test_missing_columns(self, server: PostgresServer) -> None:
        """All of them, beside those that are there."""
        with pytest.raises(
            SchemaError,
            match="column 'Sensor', 'x' is missing; the columns are 'at', 'sensor', 'value'",
        ):
            source(server, columns=["at", "Sensor", "x"]).batches()

    def test_a_table_that_vanishes(self, server: PostgresServer) -> None:
        """Between listing and reading."""
        changing(server, "vanishing")
        batch = source(server, table="plant.vanishing").batches()[0]
        server.execute("DROP TABLE plant.vanishing")
        with pytest.raises(SchemaError, match=r"no table plant\.vanishing"):
            batch.read()

    def test_a_role_without_rights(self, server: PostgresServer) -> None:
        """The server's own words."""
        server.execute("CREATE ROLE stranger LOGIN PASSWORD 'hush'")
        with pytest.raises(DataError, match=r"plant\.readings cannot be read .*permission denied"):
            source(server, credentials={"con": server.con("stranger", "hush")}).batches()

    def test_an_empty_table(self, server: PostgresServer) -> None:
        """It is there, but it is no delivery."""
        assert dataset(server, table="plant.empty").exists()
        with pytest.raises(DataError, match=r"plant\.empty at .* has no rows"):
            source(server, table="plant.empty").batches()

    def test_a_partition_column_without_times(self, server: PostgresServer) -> None:
        """Periods are periods of time."""
        with pytest.raises(SchemaError, match="'sensor' holds no timestamps"):
            source(server, partition_column="sensor").batches()

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"period": "1 month"}, "'1 month' is none; write hours"),
            ({"period": "0d"}, "'0d' is none"),
            ({"table": "a.b.c"}, "neither `table` nor"),
            ({"columns": []}, "list of different names"),
            ({"columns": "value"}, "list of different names"),
            ({"chunk_rows": 0}, "1 or more"),
            ({"credentials": None}, "exactly one key, `con`"),
            ({"credentials": {"con": "hush", "password": "hush"}}, "exactly one key, `con`"),
        ],
    )
    def test_wrong_options_are_named(
        self, server: PostgresServer, options: dict[str, Any], message: str
    ) -> None:
        """When the catalog is built, before anything is asked of the server."""
        with pytest.raises(ConfigurationError, match=message) as refused:
            dataset(server, **options)
        assert "hush" not in str(refused.value)


class TestDataset:
    """What Kedro and Kedro-Viz ask of it."""

    def test_preview_is_text(self, server: PostgresServer) -> None:
        """Without counting or sorting."""
        preview: Any = dataset(server).preview(nrows=3)
        assert preview["columns"] == ["at", "sensor", "value"]
        assert len(preview["data"]) == 3
        assert all(isinstance(cell, str) for row in preview["data"] for cell in row)

    def test_the_password_is_not_shown(self, server: PostgresServer) -> None:
        """By nothing that prints it."""
        one = dataset(server)
        shown = f"{one!r} {one} {one._describe()} {one.load()!r} {one.load().batches()!r}"
        assert "plant.readings" in shown
        assert "s3cr3t" not in shown
        assert "signs" not in shown

    def test_the_extra_is_asked_for(
        self, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """psycopg is not installed by everybody."""
        monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
        with pytest.raises(ConfigurationError, match=r"pip install 'modelfleet\[postgres\]'"):
            source(server).batches()
