"""Bytes of events are written by orjson: they must say exactly what pydantic and the published schema say."""

import json
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from services.kit.contracts.examples import example
from services.kit.contracts.payload import Place, encoded
from services.kit.contracts.registry import TYPES, body_of, make
from services.kit.contracts.schemas import schema_of
from services.kit.ids import new_event_id, new_id, uuid7

# The fabric's entries are made and hashed by the fabric library; their models only describe them.
MADE_HERE = sorted(name for name, kind in TYPES.items() if kind.topic != "duoge.grids")


@pytest.mark.parametrize("name", MADE_HERE)
def test_the_bytes_are_the_models_own_and_fit_the_schema(name: str) -> None:
    body = body_of(example(name))
    written = make(name, body, subject="s", sequence=1, at=datetime(2026, 11, 23, tzinfo=UTC)).value
    assert written == body.model_dump_json(by_alias=True).encode()
    jsonschema.validate(json.loads(written), schema_of(TYPES[name]))
    assert body_of(example(name)) == TYPES[name].model.model_validate_json(written)


@pytest.mark.parametrize(
    "zone", [UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30)), ZoneInfo("Asia/Shanghai")]
)
@pytest.mark.parametrize("micros", [0, 1, 500_000])
def test_times_are_written_as_isoformat_does(zone: timezone, micros: int) -> None:
    at = datetime(2026, 11, 23, 8, 15, 7, micros, zone)
    body = body_of(example("case.signed")).model_copy(update={"at": at})
    assert json.loads(encoded(body))["at"] == at.isoformat()
    assert encoded(body) == body.model_dump_json(by_alias=True).encode()


def test_what_is_no_body_is_refused() -> None:
    with pytest.raises(TypeError):
        encoded({"x": object()})
    assert json.loads(encoded({"place": Place(lon=1.5)})) == {"place": Place(lon=1.5).model_dump()}


def test_identifiers_rise_and_never_meet() -> None:
    made = [uuid7() for _ in range(3000)]
    assert made == sorted(made)
    assert len({one.int & (1 << 62) - 1 for one in made}) == len(made)
    assert {one.version for one in made} == {7}
    assert new_event_id() < str(uuid7()) < new_event_id()
    assert new_id("x") < new_id("x")
