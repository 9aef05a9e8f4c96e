"""A prefix of a bucket as a raw source, on a real server."""

import io
import socket
from typing import Any

import polars as pl
import pytest

from modelfleet.domain.errors import DataError
from modelfleet.stores.raw.delta import RawDeltaDataset
from modelfleet.stores.raw.files import RawFilesDataset
from tests.servers import S3Server

pytestmark = pytest.mark.xdist_group("servers")

CSV = b"timestamp,sensor_id,value\n2024-01-01T00:00Z,007,1.5\n"
TABLE = pl.DataFrame({"sensor_id": ["a", "b"], "value": [1.0, None]})


def parquet(frame: pl.DataFrame = TABLE) -> bytes:
    """A Parquet file."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def dataset(server: S3Server, place: str, **options: Any) -> RawFilesDataset:
    """The dataset of a prefix."""
    asked = {"file_format": "csv", "credentials": server.credentials}
    return RawFilesDataset(filepath=f"s3://{place}", **{**asked, **options})


def test_a_prefix_is_read_in_order(s3_server: S3Server) -> None:
    """Recursively, without hidden names, and without the prefix that only begins alike."""
    odd = "in/a [1] é%20#+.csv"
    for name in ["in/b.csv", "in/2024/x.csv", "in/.a.csv", "in/a.txt", "input/c.csv", odd]:
        s3_server.put("listing", name, CSV)
    batches = dataset(s3_server, "listing/in").load().batches()
    assert [f"in/{batch.name}" for batch in batches] == ["in/2024/x.csv", odd, "in/b.csv"]
    for batch in batches:
        assert batch.read().collect(engine="streaming").rows() == [
            ("2024-01-01T00:00Z", "007", "1.5")
        ]


def test_parquet_and_a_single_object(s3_server: S3Server) -> None:
    """An object's own name may be the place; the preview comes from it."""
    s3_server.put("single", "plant/day.parquet", parquet())
    one = dataset(s3_server, "single/plant/day.parquet", file_format="parquet")
    (batch,) = one.load().batches()
    preview: Any = one.preview()
    assert batch.name == "day.parquet"
    assert batch.read().collect().equals(TABLE)
    assert preview["data"] == [["a", "1.0"], ["b", ""]]
    whole = dataset(s3_server, "single", file_format="parquet").load().batches()
    assert [b.name for b in whole] == ["plant/day.parquet"]


def test_identity_is_the_content(s3_server: S3Server) -> None:
    """The same bytes once more are the same batch; other bytes of the same size are not."""
    s3_server.put("identity", "a.csv", CSV)
    source = dataset(s3_server, "identity").load()
    before = source.batches()[0].identity
    s3_server.put("identity", "a.csv", CSV)
    assert source.batches()[0].identity == before
    s3_server.put("identity", "a.csv", CSV.replace(b"1.5", b"2.5"))
    assert source.batches()[0].identity != before


def test_missing_and_empty_objects_are_named(s3_server: S3Server) -> None:
    """As in a folder."""
    s3_server.put("broken", "a.csv", CSV)
    s3_server.put("broken", "b.csv", b"")
    with pytest.raises(DataError, match=r"empty \(0 bytes\): 'b\.csv'"):
        dataset(s3_server, "broken").load().batches()
    with pytest.raises(DataError, match=r"missing at s3://broken: 'c\*'"):
        dataset(s3_server, "broken", expected=["c*"]).load().batches()
    nothing = dataset(s3_server, "broken/nowhere")
    assert not nothing.exists()
    with pytest.raises(DataError, match=r"no \.csv files at s3://broken/nowhere"):
        nothing.load().batches()


def test_truncated_changed_and_vanished_objects_are_named(s3_server: S3Server) -> None:
    """When they are opened."""
    s3_server.put("damaged", "a.parquet", parquet()[:-9])
    s3_server.put("damaged", "b.parquet", parquet())
    s3_server.put("damaged", "c.parquet", parquet())
    first, second, third = dataset(s3_server, "damaged", file_format="parquet").load().batches()
    with pytest.raises(DataError, match=r"s3://damaged/a\.parquet .* cannot be read as parquet"):
        first.read()
    s3_server.delete("damaged", "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet was listed and is gone"):
        second.read()
    s3_server.put("damaged", "c.parquet", parquet(TABLE.head(1)))
    with pytest.raises(DataError, match=r"c\.parquet changed since"):
        third.read()


def test_a_delta_table_in_a_bucket(s3_server: S3Server) -> None:
    """Pinned to its version, with the same credentials."""
    s3_server.put("lake", "ready", b"")
    TABLE.write_delta("s3://lake/plant", storage_options=s3_server.options)
    table = RawDeltaDataset(filepath="s3://lake/plant", credentials=s3_server.credentials)
    (batch,) = table.load().batches()
    assert table.exists()
    assert batch.name == "plant@0"
    assert batch.read().collect().equals(TABLE)
    nothing = RawDeltaDataset(filepath="s3://lake/none", credentials=s3_server.credentials)
    with pytest.raises(DataError, match="no Delta table at s3://lake/none"):
        nothing.load().batches()


@pytest.mark.parametrize("kind", ["files", "delta"])
@pytest.mark.parametrize("wrong", ["secret", "key"])
def test_wrong_credentials_are_refused_and_not_shown(
    s3_server: S3Server, kind: str, wrong: str
) -> None:
    """The remedy is named, the secret is not."""
    s3_server.put("lake", "ready", b"")
    credentials = {**s3_server.credentials, wrong: "hush-hush"}
    delta = RawDeltaDataset(filepath="s3://lake/plant", credentials=credentials).load()
    source = (
        delta if kind == "delta" else dataset(s3_server, "lake", credentials=credentials).load()
    )
    with pytest.raises(DataError, match=r"cannot be (listed|read).*credentials") as refused:
        source.batches()
    for hidden in ("hush", s3_server.key, s3_server.secret):
        assert hidden not in str(refused.value)


def test_an_unknown_bucket_is_named(s3_server: S3Server) -> None:
    """It is not the same as a bucket without files."""
    with pytest.raises(DataError, match=r"s3://not-there-at-all/x"):
        dataset(s3_server, "not-there-at-all/x").load().batches()


def test_an_unreachable_store_is_named(s3_server: S3Server) -> None:
    """Within seconds."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        credentials = {**s3_server.credentials, "endpoint": endpoint}
        with pytest.raises(DataError, match=r"s3://lake cannot be listed: .*correct the bucket"):
            dataset(s3_server, "lake", credentials=credentials).load().batches()
