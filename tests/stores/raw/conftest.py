"""The servers that these tests read from."""

from tests.servers import postgres_server, s3_server

__all__ = ["postgres_server", "s3_server"]
