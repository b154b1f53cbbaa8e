"""Failpoints, buckets, cursors, ETags, identifiers, topics, settings: each in a few lines."""

import contextlib
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit import failpoints
from services.kit.bus.kafka_admin import Desk
from services.kit.bus.kafka_options import KafkaOptions
from services.kit.bus.port import BusUnavailable, Record
from services.kit.clock import FrozenClock, PacedClock, ShiftedClock, local
from services.kit.contracts.topics import CASES, GRIDS, spec_of, unit_topic
from services.kit.http.auth import Buckets
from services.kit.http.cursors import decode, encode
from services.kit.http.etags import NO_VERSION, check_version, wanted_version
from services.kit.ids import uuid7
from services.kit.inbox import storable
from services.kit.problems import Stale, TooMany, Unreadable, pointer
from services.kit.secrets import derive, webhook_secret
from services.kit.settings import KitSettings, WrongSetting, load, table

ROOT = Path(__file__).parents[3]
AT = datetime(2026, 11, 23, 0, 15, tzinfo=UTC)


def test_failpoints_are_read_from_the_environment_and_kill() -> None:
    program = (
        "import os; from services.kit import failpoints; failpoints.arm_from(os.environ)\n"
        "failpoints.reach('elsewhere')\n"
        "for n in range(1000): print(n, flush=True); failpoints.reach('here')"
    )
    environment = os.environ | {"DUOGE_FAILPOINTS": "here=kill:0.1", "DUOGE_FAILPOINTS_SEED": "7"}
    runs = [
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True)
        for _ in range(2)
    ]
    assert [run.returncode for run in runs] == [-signal.SIGKILL] * 2
    assert runs[0].stdout == runs[1].stdout  # by the seed
    with pytest.raises(ValueError, match="here=explode"):
        failpoints.arm_from({"DUOGE_FAILPOINTS": "here=explode"})
    failpoints.disarm()


def test_a_bucket_is_each_keys_own_and_says_when_to_come_again() -> None:
    buckets = Buckets(2)
    for _ in range(4):
        buckets.take("a")
    with pytest.raises(TooMany) as refused:
        buckets.take("a")
    assert refused.value.headers == {"Retry-After": "1"}
    buckets.take("b")
    with pytest.raises(TooMany) as refused:
        buckets.take("b", cost=50)
    assert int(refused.value.headers["Retry-After"]) > 20
    for _ in range(100):
        Buckets(None).take("a")


@given(st.lists(st.one_of(st.text(max_size=20), st.integers(), st.none()), min_size=1, max_size=4))
def test_a_cursor_comes_back_as_it_went(parts: list[object]) -> None:
    assert decode(encode(*parts), len(parts)) == parts
    with pytest.raises(Unreadable):
        decode(encode(*parts), len(parts) + 1)


@given(st.text(max_size=200))
def test_no_cursor_of_somebody_else_breaks(cursor: str) -> None:
    with contextlib.suppress(Unreadable):
        assert decode(cursor, 2) is None or cursor


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (None, None),
        ("*", None),
        ('"3"', 3),
        ('W/"3"', 3),
        ("3", 3),
        ('"x"', NO_VERSION),
        ('"' + "9" * 5000 + '"', NO_VERSION),
    ],
)
def test_if_match(header: str | None, version: int | None) -> None:
    assert wanted_version(header) == version


@pytest.mark.parametrize("header", ["", "x", '"1", "2"', '"1'])
def test_if_match_that_is_none(header: str) -> None:
    with pytest.raises(Unreadable):
        wanted_version(header)


def test_a_stale_version_is_told_the_present_one() -> None:
    check_version(None, 3)
    check_version(3, 3)
    with pytest.raises(Stale) as stale:
        check_version(2, 3)
    assert stale.value.as_json()["version"] == 3


def test_identifiers_rise() -> None:
    made = [uuid7() for _ in range(5000)]
    assert sorted(made) == made
    assert len(set(made)) == 5000
    assert {each.version for each in made} == {7}


def test_topics_by_name() -> None:
    assert spec_of("duoge.cases") is CASES
    assert spec_of("duoge.grids") is GRIDS
    assert spec_of("duoge.unit.ZR-DUTY-3") == unit_topic("ZR-DUTY-3")
    for name in ("duoge.unit.", "duoge.unit.a/b", "duoge.unit." + "x" * 65, "other", "duoge.unit.a.b"):
        assert spec_of(name) is None


def test_pointers() -> None:
    assert pointer(("body", "location", "lon")) == "/location/lon"
    assert pointer(("body", 3, "a/b~c")) == "/3/a~1b~0c"
    assert pointer(()) == ""


def test_a_strangers_record_is_made_storable() -> None:
    odd = Record("t", 0, 1, "a\x00b", b"\x00", {"h\x00": "v\x00"})
    assert storable(odd) == Record("t", 0, 1, "a\ufffdb", b"\x00", {"h\ufffd": "v\ufffd"})


def test_secrets_differ_by_purpose_and_master() -> None:
    assert derive("a", "x") != derive("a", "y") != derive("b", "y")
    assert len(derive("a", "x")) == 32
    assert webhook_secret("a", "r").startswith("whsec_")


def test_clocks() -> None:
    frozen = FrozenClock(AT)
    frozen.move_to(AT - timedelta(1))
    assert frozen.now() == AT
    frozen.advance(timedelta(minutes=5))
    assert frozen.now() == AT + timedelta(minutes=5)
    shifted = ShiftedClock(timedelta(days=3))
    before = shifted.now()
    shifted.move_to(before - timedelta(days=1))
    assert shifted.now() >= before
    shifted.move_to(before + timedelta(days=1))
    assert shifted.now() >= before + timedelta(days=1)
    paced = PacedClock(AT, 144.0, AT + timedelta(days=1))
    assert AT <= paced.now() < AT + timedelta(minutes=5)
    paced.move_to(AT - timedelta(days=1))
    assert paced.now() >= AT
    paced.move_to(AT + timedelta(days=2))
    assert AT + timedelta(days=2) <= paced.now() < AT + timedelta(days=2, minutes=5)
    assert local(AT) == "11月23日 08:15"


def test_a_wrong_setting_is_named_in_chinese() -> None:
    with pytest.raises(WrongSetting) as wrong:
        load(KitSettings, database_url="x", secret="short")
    assert "DUOGE_SECRET" in str(wrong.value)
    assert "至少 32 个字符" in str(wrong.value)
    assert "DUOGE_DATABASE_URL" in str(wrong.value)
    for url in ("postgresql+asyncpg://u:p@h:abc/x", "postgresql://u@h/x", ""):
        with pytest.raises(WrongSetting):
            load(KitSettings, database_url=url, secret="x" * 32)
    assert {"DUOGE_SECRET", "DUOGE_OUTBOX_KEEP"} <= {row[0] for row in table(KitSettings)}
    assert all(meaning for _, _, meaning in table(KitSettings))


class Broker(Desk):
    """Answers for a broker that says this about its topics."""

    def __init__(self, *answers: tuple[str, int, list[int]]) -> None:
        super().__init__(KafkaOptions("x:1"))
        self._answers = answers

    async def _look(self, topics: object) -> list[dict[str, object]]:
        return [
            {"topic": topic, "error_code": code, "partitions": [{"leader": leader} for leader in leaders]}
            for topic, code, leaders in self._answers
        ]


async def test_an_election_under_way_is_no_missing_topic() -> None:
    assert await Broker(("a", 0, [1, -1, 2]), ("b", 3, []), ("c", 17, [])).partitions(["a", "b", "c"]) == {"a": 3}
    with pytest.raises(BusUnavailable):
        await Broker(("a", 5, [])).partitions(["a"])
    assert await Broker(("a", 0, [1, -1]), ("b", 0, [1]))._led(["a", "b"]) == {"b": 1}
