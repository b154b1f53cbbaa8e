"""`docs/asyncapi.yaml` (AsyncAPI 3.0), made from the registry so that it can't say anything else."""

from typing import Any

from services.kit.contracts.examples import example
from services.kit.contracts.registry import TYPES
from services.kit.contracts.schemas import schema_of

_KEYS = {
    "duoge.orders": "order_id",
    "duoge.cases": "case_id（没有案件的吹哨用 whistle_id）",
    "duoge.grids": "overlay/code、unit/code、manifest 等",
    "duoge.checkpoints": "哪个服务的案卷",
    "duoge.answers": "order_id",
}


def document() -> dict[str, Any]:
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for topic, key in _KEYS.items():
        kinds = [kind for kind in TYPES.values() if kind.topic == topic]
        name = topic.replace(".", "-")
        channels[name] = {
            "address": topic,
            "description": f"键：{key}",
            "messages": {kind.name: {"$ref": f"#/components/messages/{kind.name}"} for kind in kinds},
        }
        operations[f"send-{name}"] = {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
        for kind in kinds:
            messages[kind.name] = {
                "name": kind.ce_type,
                "title": kind.chinese,
                "contentType": "application/json",
                "headers": _HEADERS,
                "payload": {key: value for key, value in _inline(schema_of(kind)).items() if key != "$schema"},
                "examples": [{"payload": example(kind.name).data}],
            }
    units = [kind for kind in TYPES.values() if kind.topic == "duoge.cases"]
    channels["duoge-unit"] = {
        "address": "duoge.unit.{unit}",
        "description": "键：case_id。每个单位一个主题，只有它该看的内容",
        "parameters": {"unit": {"description": "单位编码"}},
        "messages": {kind.name: {"$ref": f"#/components/messages/{kind.name}"} for kind in units},
    }
    operations["send-duoge-unit"] = {"action": "send", "channel": {"$ref": "#/channels/duoge-unit"}}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "多格合一",
            "version": "1",
            "description": "CloudEvents 1.0，Kafka 二进制模式。至少一次；同一事件重复时 ce_id 相同；每个主体按 ce_sequence 有序。",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


_HEADERS = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_sequence"],
    "properties": {
        name: {"type": "string"}
        for name in (
            "ce_specversion",
            "ce_id",
            "ce_type",
            "ce_source",
            "ce_subject",
            "ce_time",
            "ce_sequence",
            "traceparent",
        )
    },
}


def _inline(schema: dict[str, Any]) -> dict[str, Any]:
    """`$defs` put where they are used: a `$ref` inside a payload would point into the wrong document."""
    definitions = schema.get("$defs", {})

    def put(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return put(definitions[node["$ref"].rpartition("/")[2]])
            return {key: put(value) for key, value in node.items() if key != "$defs"}
        return [put(each) for each in node] if isinstance(node, list) else node

    inlined: dict[str, Any] = put(schema)
    return inlined
