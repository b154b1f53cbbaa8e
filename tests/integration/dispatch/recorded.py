"""The record looked through, for the tests of what is kept in it."""

from typing import Any

import orjson

from services.dispatch.domain.verifying import faults_of
from services.dispatch.keeper import Keeper
from services.dispatch.repository import record as repository
from tests.harness.single import Single


async def verified(one: Single, content: bytes | None = None) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """(faults, the last line), as an auditor gets them."""
    auditor = await one.visitor("auditor")
    answer = await auditor.request("GET" if content is None else "POST", "/dispatch/v1/audit/verify", content=content)
    assert answer.status_code == 200, answer.text
    lines = [orjson.loads(line) for line in answer.text.splitlines()]
    return [line["fault"] for line in lines if "fault" in line], lines[-1]


async def unsaid(one: Single) -> list[str]:
    """What rows and entries disagree in: a change of a case that nobody recorded."""
    async with one.service.db.reading() as tx:
        subjects = await repository.subjects_after(tx, "", 10_000)
        return [
            f"{fault.subject} {fault.sequence} {fault.said}"
            for told in await repository.told_of(tx, subjects)
            for fault in faults_of(told)
        ]


def keeper_of(one: Single) -> Keeper:
    return next(worker for worker in one.service.workers if isinstance(worker, Keeper))
