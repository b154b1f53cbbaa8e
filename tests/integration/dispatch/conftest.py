"""Dispatch alone, with the Zhenru fabric, its time standing still."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.dispatch.main import build
from services.dispatch.settings import DispatchSettings
from tests.harness.single import Single, single
from tests.integration.dispatch.recorded import unsaid


@pytest_asyncio.fixture
async def dispatch(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Single]:
    """Whatever a test did to cases and whistles stands in their record: what is changed without an entry that says so
    would look like tampering. Tests that tamper are marked."""
    async with single(build, DispatchSettings, database_url) as one:
        yield one
        if request.node.get_closest_marker("tampers") is None:
            assert await unsaid(one) == []
