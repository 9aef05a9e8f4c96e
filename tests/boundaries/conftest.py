"""Servers that say no."""

from tests.servers import postgres_server, s3_server

__all__ = ["postgres_server", "s3_server"]
