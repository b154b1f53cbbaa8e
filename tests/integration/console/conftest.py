"""The console by itself, its neighbours played by what they publish."""

from collections.abc import AsyncIterator

import pytest_asyncio

from services.console.main import build
from services.console.settings import ConsoleSettings
from tests.harness.single import Single, single


@pytest_asyncio.fixture
async def console(database_url: str) -> AsyncIterator[Single]:
    async with single(build, ConsoleSettings, database_url) as one:
        yield one
