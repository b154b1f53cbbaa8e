"""`python -m duoge.contracts`: writes `docs/schemas/` and `docs/asyncapi.yaml`; refuses what would break a subscriber."""

import json
import sys
from pathlib import Path

import yaml

from services.kit.contracts import asyncapi
from services.kit.contracts.schemas import all_schemas, breaking_changes

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
        (docs / "asyncapi.yaml").write_text(yaml.safe_dump(asyncapi.document(), allow_unicode=True, sort_keys=False))
    return broken


if __name__ == "__main__":
    found = write()
    for each in found:
        print(each, file=sys.stderr)
    if found:
        sys.exit("会破坏订阅者：请改成新的可选字段，或在注册表里另开一个版本")
