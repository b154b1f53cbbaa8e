"""`python -m duoge.contracts`: writes `docs/schemas/`, `docs/asyncapi.yaml` and `docs/settings.md` from the code; refuses
what would break a subscriber."""

import json
import sys
from pathlib import Path

import yaml

from duoge.running.services import SERVICES
from services.kit.contracts import asyncapi
from services.kit.contracts.schemas import all_schemas, breaking_changes
from services.kit.settings import KitSettings, table

DOCS = Path(__file__).parent.parent / "docs"


def write(docs: Path = DOCS) -> list[str]:
    """The breaking changes found; nothing is written when there are any."""
    schemas = all_schemas()
    broken = [
        f"{name} {change}"
        for name, schema in schemas.items()
        if (file := docs / "schemas" / f"{name}.json").exists()
        for change in breaking_changes(json.loads(file.read_text()), schema)
    ]
    if not broken:
        for name, schema in schemas.items():
            (docs / "schemas" / f"{name}.json").write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n")
        (docs / "settings.md").write_text(settings_page())
        (docs / "asyncapi.yaml").write_text(yaml.safe_dump(asyncapi.document(), allow_unicode=True, sort_keys=False))
    return broken


def settings_page() -> str:
    """Every variable with its default and meaning: the kernel's first, then what single services add."""
    lines = [
        "# 设置",
        "",
        "由 `make contracts` 从代码生成，请不要手改。都是环境变量；留空等于没设，写错了启动时会指名。",
        "",
    ]
    known: set[str] = set()
    models: list[tuple[str, type[KitSettings]]] = [("每个服务都有", KitSettings)]
    models += [(name, kind.settings) for name, kind in SERVICES.items()]
    for title, model in models:
        rows = [row for row in table(model) if row[0] not in known]
        known |= {name for name, _, _ in rows}
        if rows:
            lines += [f"## {title}", "", "| 变量 | 默认 | 意思 |", "| --- | --- | --- |"]
            lines += [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in rows] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    found = write()
    for each in found:
        print(each, file=sys.stderr)
    if found:
        sys.exit("会破坏订阅者：请改成新的可选字段，或在注册表里另开一个版本")
