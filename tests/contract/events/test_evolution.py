"""What is published is promised: schemas only grow by optional fields, and every example is valid."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cloudevents.v1.http import CloudEvent

from services.kit.bus.port import Record
from services.kit.contracts import asyncapi
from services.kit.contracts.envelope import Undecodable, from_record, to_message
from services.kit.contracts.examples import example
from services.kit.contracts.registry import TYPES, body_of
from services.kit.contracts.schemas import all_schemas, breaking_changes, schema_of

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", TYPES)
def test_golden_schema_is_kept(name: str) -> None:
    kind = TYPES[name]
    golden = json.loads((DOCS / "schemas" / f"{kind.ce_type}.json").read_text())
    assert breaking_changes(golden, schema_of(kind)) == []
    assert golden == schema_of(kind), "文档落后了，请运行 make contracts"


def test_no_published_type_was_dropped() -> None:
    assert {file.stem for file in (DOCS / "schemas").glob("*.json")} <= set(all_schemas())


@pytest.mark.parametrize("name", TYPES)
def test_example_is_valid_and_round_trips(name: str) -> None:
    event = example(name)
    jsonschema.validate(json.loads(json.dumps(event.data)), schema_of(TYPES[name]))
    message = to_message(event, TYPES[name].topic)
    back = from_record(Record(message.topic, 0, 0, message.key, message.value, message.headers))
    assert back == event
    assert body_of(back).model_dump(mode="json", by_alias=True) == event.data


def test_envelope_is_a_cloud_event() -> None:
    structured = json.loads(example("case.dispatched").as_json())
    data = structured.pop("data")
    assert CloudEvent(structured, data)["sequence"] == 1


def test_asyncapi_is_what_the_registry_says() -> None:
    assert yaml.safe_load((DOCS / "asyncapi.yaml").read_text()) == json.loads(json.dumps(asyncapi.document()))


def test_a_record_of_somebody_else_is_undecodable() -> None:
    with pytest.raises(Undecodable):
        from_record(Record("duoge.orders", 0, 0, "k", b"{}", {"ce_type": "x"}))
    message = to_message(example("order.received"), "duoge.orders")
    with pytest.raises(Undecodable):
        from_record(Record("duoge.orders", 0, 0, "k", b"\xff{", message.headers))


def _field_gone(schema: dict[str, Any]) -> None:
    del schema["properties"]["lead"]


def _promise_withdrawn(schema: dict[str, Any]) -> None:
    schema["required"].remove("case_id")


def _other_type(schema: dict[str, Any]) -> None:
    schema["properties"]["sequence"] = {"type": "string"}


def _new_enum_value(schema: dict[str, Any]) -> None:
    schema["properties"]["state"]["enum"].append("paused")


def _enum_opened(schema: dict[str, Any]) -> None:
    del schema["properties"]["state"]["enum"]


def _now_nullable(schema: dict[str, Any]) -> None:
    schema["properties"]["case_id"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def _inner_field_gone(schema: dict[str, Any]) -> None:
    del schema["$defs"]["Place"]["properties"]["grids"]


def _list_of_something_else(schema: dict[str, Any]) -> None:
    schema["properties"]["assists"]["items"] = {"type": "integer"}


def _other_format(schema: dict[str, Any]) -> None:
    schema["properties"]["at"].pop("format", None)
    schema["properties"]["at"]["format"] = "date"


FORBIDDEN = [
    _field_gone,
    _promise_withdrawn,
    _other_type,
    _new_enum_value,
    _enum_opened,
    _now_nullable,
    _inner_field_gone,
    _list_of_something_else,
    _other_format,
]


@pytest.mark.parametrize("change", FORBIDDEN, ids=lambda change: change.__name__)
def test_forbidden_evolution_is_found(change: Callable[[dict[str, Any]], None]) -> None:
    old = schema_of(TYPES["case.dispatched"])
    new = copy.deepcopy(old)
    change(new)
    assert breaking_changes(old, new)


def test_new_optional_field_is_allowed() -> None:
    old = schema_of(TYPES["case.dispatched"])
    new = copy.deepcopy(old)
    new["properties"]["weather"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    assert breaking_changes(old, new) == []
