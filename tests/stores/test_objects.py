"""Objects in a bucket, opened by what the environment says."""

import pytest

from modelfleet.stores.objects import Objects
from tests.servers import S3Server


def as_environment(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the environment name a server and a key."""
    for name, value in server.options.items():
        monkeypatch.setenv(name.upper(), value)


def test_another_key_in_the_environment_opens_the_bucket_anew(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections are kept, but not for whoever comes with another key."""
    s3_server.put("keys", "made", b"")
    place = Objects("s3://keys/of/two")
    as_environment(s3_server, monkeypatch)
    place.put("first", b"1")
    as_environment(s3_server.reader, monkeypatch)
    with pytest.raises(Exception, match="AccessDenied"):
        place.put("second", b"2")
    as_environment(s3_server, monkeypatch)
    assert place.names() == ["first"]
