"""Dispatch alone, with the Zhenru fabric, its time standing still."""

from collections.abc import AsyncIterator

import pytest_asyncio

from services.dispatch.main import build
from services.dispatch.settings import DispatchSettings
from tests.harness.single import Single, single


@pytest_asyncio.fixture
async def dispatch(database_url: str) -> AsyncIterator[Single]:
    async with single(build, DispatchSettings, database_url) as one:
        yield one
