"""Intake by itself behind its Open311 endpoint; a key for a client, and a client in each format."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from services.intake.main import build
from services.intake.settings import IntakeSettings
from tests.contract.open311.client import GeoReport, discovered
from tests.harness.single import Single, single

BASE = "/open311/v2"


@pytest_asyncio.fixture
async def intake(database_url: str) -> AsyncIterator[Single]:
    async with single(build, IntakeSettings, database_url) as one:
        yield one


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
