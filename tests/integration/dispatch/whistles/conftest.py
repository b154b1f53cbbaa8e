"""Dispatch with the duty desk of Zhenru at hand."""

import pytest_asyncio

from tests.harness.single import Single
from tests.integration.dispatch.whistles.house import House


@pytest_asyncio.fixture
async def house(dispatch: Single) -> House:
    return House(dispatch, await dispatch.visitor("duty_desk", unit="ZR-OPS"))
