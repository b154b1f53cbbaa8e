"""The registry alone, with nothing published yet."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from services.grids.main import build
from services.grids.settings import GridsSettings
from tests.harness.single import Single, single


@pytest_asyncio.fixture
async def one(database_url: str) -> AsyncIterator[Single]:
    async with single(build, GridsSettings, database_url, fabric=False) as running:
        yield running


@pytest_asyncio.fixture
async def admin(one: Single) -> httpx.AsyncClient:
    return await one.visitor("admin")
