"""Intake by itself behind its Open311 endpoint; a key for a client, and a client in each format."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from duoge.embedded.postgres import EmbeddedPostgres
from services.intake.main import build
from services.intake.settings import IntakeSettings
from tests.contract.open311.client import GeoReport, discovered
from tests.harness.single import Single, single

BASE = "/open311/v2"


@pytest_asyncio.fixture
async def intake(database_url: str) -> AsyncIterator[Single]:
    async with single(build, IntakeSettings, database_url) as one:
        yield one


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def standing(postgres: EmbeddedPostgres, template_database: str) -> AsyncIterator[Single]:
    """One for all tests that leave nothing behind which others would see."""
    name = f"open311_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(postgres.url.replace("+asyncpg", "", 1))
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}")
    async with single(build, IntakeSettings, postgres.url.rsplit("/", 1)[0] + f"/{name}") as one:
        yield one
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest_asyncio.fixture
async def http(intake: Single) -> AsyncIterator[httpx.AsyncClient]:
    """Without any key."""
    async with intake.visitor.anonymous() as client:
        yield client


@pytest_asyncio.fixture
async def api_key(intake: Single) -> str:
    return (await intake.visitor("source", source="citymap")).headers["authorization"].removeprefix("Bearer ")


@pytest.fixture(params=["xml", "json"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture
async def client(http: httpx.AsyncClient, api_key: str, form: str) -> GeoReport:
    _, endpoints = await discovered(http, BASE, form)
    return GeoReport(http, endpoints[0]["url"], form, api_key)
