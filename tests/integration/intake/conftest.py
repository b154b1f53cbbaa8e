"""Intake by itself on a real database, its neighbours played by what they would publish."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from services.intake.main import build
from services.intake.settings import IntakeSettings
from tests.harness.single import Single, single


@pytest_asyncio.fixture
async def intake(database_url: str) -> AsyncIterator[Single]:
    async with single(build, IntakeSettings, database_url) as one:
        yield one


@pytest_asyncio.fixture
async def source(intake: Single) -> httpx.AsyncClient:
    return await intake.visitor("source", source="sh12345")


@pytest_asyncio.fixture
async def desk(intake: Single) -> httpx.AsyncClient:
    return await intake.visitor("duty_desk", unit="ZR-OPS")
