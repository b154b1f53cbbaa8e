"""Webhooks can't be turned against the inside of the network."""

from typing import Any

import pytest

from services.kit.service import Service
from services.notify.delivery.caller import HttpCaller, permitted_addresses
from services.notify.domain.targets import read_networks
from services.notify.main import build
from services.notify.settings import NotifySettings
from tests.harness.single import single
from tests.integration.notify.receiving import Receiver


def _not_dev(settings: NotifySettings, *parts: Any, **more: Any) -> Service:
    return build(settings.model_copy(update={"dev": False}), *parts, **more)


async def test_inner_addresses_are_refused_unless_dev(database_url: str) -> None:
    async with single(_not_dev, NotifySettings, database_url) as one:
        admin = await one.visitor("admin")
        for target in (
            *("http://127.0.0.1:8000/", "http://localhost/", "https://10.1.2.3/", "http://[::1]/", "http://0.0.0.0/"),
            *("http://169.254.169.254/latest", "http://[::ffff:127.0.0.1]/", "http://192.168.1.1:9092/"),
        ):
            body = {"unit": "ZR-DUTY-3", "kind": "webhook", "target": target}
            answer = await admin.post("/notify/v1/subscriptions", json=body)
            assert answer.status_code == 422, target
            assert answer.json()["errors"][0]["pointer"] == "/target"
        body = {"unit": "ZR-DUTY-3", "kind": "webhook", "target": "https://93.184.216.34/hook"}
        assert (await admin.post("/notify/v1/subscriptions", json=body)).status_code == 201


async def test_a_name_that_points_inside_is_not_called(receiver: Receiver) -> None:
    caller = HttpCaller(5.0, 4, ())
    answer = await caller.post(receiver.url.replace("127.0.0.1", "localhost"), {}, b"{}")
    assert (answer.status, answer.refused) == (None, True)
    assert receiver.calls == []
    await caller.close()
    assert await permitted_addresses("localhost", read_networks("127.0.0.0/8")) == ["127.0.0.1"]


async def test_a_network_that_the_operator_named_may_be_called(receiver: Receiver) -> None:
    caller = HttpCaller(5.0, 4, read_networks("127.0.0.0/8"))
    assert (await caller.post(receiver.url, {"content-type": "application/json"}, b"{}")).status == 204
    await caller.close()


async def test_what_can_not_be_called_is_an_answer(receiver: Receiver) -> None:
    caller = HttpCaller(0.2, 4, read_networks("0.0.0.0/0,::/0"))
    for target in ("ftp://a/", "http://nobody.invalid/", "http://127.0.0.1:1/", "https://" + receiver.url[7:], ""):
        answer = await caller.post(target, {}, b"{}")
        assert answer.status is None, target
        assert answer.error
    await caller.close()


@pytest.mark.parametrize("listed", ["10.0.0.0/33", "abc", "10.0.0.1/8"])
def test_networks_that_can_not_be_read_end_the_start(listed: str) -> None:
    with pytest.raises(ValueError, match=r"webhook_networks|network|host bits"):
        NotifySettings(database_url="x", secret="x" * 32, webhook_networks=listed)
