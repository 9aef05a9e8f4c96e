"""Every way to write into production: refused in another environment, open in production."""

from pathlib import Path
from typing import Any

import pytest

from tests.clusters import DaskCluster
from tests.servers import PostgresServer, S3Server
from tests.stores.guard.apart import Apart
from tests.stores.guard.routes import ROUTES, Route
from tests.stores.guard.world import World, make_world, state_of

pytestmark = pytest.mark.xdist_group("servers")

REFUSED = "belongs to the environment 'production' and is only read here"


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest, route: Route) -> World:
    """A project with one way into production."""
    world = make_world(tmp_path / "project")
    if route.needs:
        world.options[route.needs] = request.getfixturevalue(f"{route.needs}_place")
    if route.needs == "postgres":
        server: PostgresServer = world.options["postgres"]
        world.protect(f"postgres://localhost:{server.port}/postgres")
    elif route.needs == "s3":
        world.protect("s3://plant/production")
    world.declare(route.entries(world), credentials=route.credentials(world))
    return world


@pytest.fixture
def s3_place(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """A bucket, and a machine that knows how to reach it."""
    for name, value in s3_server.options.items():
        monkeypatch.setenv(name.upper(), value)
    s3_server.put("plant", "made", b"")
    return s3_server


@pytest.fixture
def postgres_place(postgres_server: PostgresServer) -> PostgresServer:
    """A database."""
    return postgres_server


@pytest.fixture
def apart_place(apart: Apart) -> Apart:
    """A process that runs pipelines in parallel."""
    return apart


@pytest.fixture
def dask_place(dask_cluster: DaskCluster) -> DaskCluster:
    """Workers."""
    return dask_cluster


def elsewhere(world: World) -> Any:
    """What the servers hold of production."""
    found: dict[str, Any] = {}
    if "s3" in world.options:
        import obstore

        store = world.options["s3"]._store("plant")
        found["bucket"] = {
            each["path"]: (each["size"], each["e_tag"], each["last_modified"])
            for batch in obstore.list(store)
            for each in batch
        }
    if "postgres" in world.options:
        import psycopg

        with psycopg.connect(world.options["postgres"].owner) as connection:
            query = "SELECT oid, relname, relfilenode, xmin::text FROM pg_class ORDER BY oid"
            found["tables"] = connection.execute(query).fetchall()
            rows = "SELECT xmin::text, ctid::text, t.* FROM kept t ORDER BY 2"
            found["rows"] = connection.execute(rows).fetchall()
    return found


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_way_is_open_in_production_alone(route: Route, world: World) -> None:
    """From test it is refused, and production holds the same bytes; from production it works."""
    route.prepare(world)
    take(route, world, "production")
    before = state_of(world.root), elsewhere(world)
    assert len(before[0]) > 1 or before[1] or route.what == "MLflow mirror"
    with pytest.raises(Exception) as caught:  # noqa: PT011  each runner and engine has its own
        take(route, world, "test")
    assert REFUSED in str(caught.value)
    assert (state_of(world.root), elsewhere(world)) == before


def take(route: Route, world: World, env: str) -> None:
    """Go a way in an environment."""
    world.options["env"] = env
    route.write(world, world.catalog(env))
