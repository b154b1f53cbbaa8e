"""TOML documents read from files, whole with all that they stand on; and what a model finds wrong with one, as sentences
that name the place in the file's own words."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.fabric.inheritance import EXTENDS, BadInheritance, Document, key_of, whole

EXTENDS_VERSION = "extends_version"


class BadDocument(ValueError):
    """The message names the file and each place that is wrong."""


def read_document(content: bytes, file: str, folders: Sequence[Path], *, own: Sequence[str] = ()) -> Document:
    """A document with what it inherits; `folders` hold its bases, the first that has one counts. `own` is never
    inherited. Says by `extends_version` which version of its base it stands on. Raises BadDocument."""
    told = parse(content, file)
    bases: dict[str, Document] = {}

    def base_of(name: str) -> Document:
        found = next((path for folder in folders if _plain(name) and (path := folder / f"{name}.toml").is_file()), None)
        if found is None:
            known = sorted({path.stem for folder in folders for path in folder.glob("*.toml")} - {Path(file).stem})
            raise BadInheritance(f"extends 写的 {name} 找不到，请改成 {'、'.join(known)} 之一")
        bases[name] = parse(found.read_bytes(), found.name)
        return bases[name]

    try:
        complete = whole(told, base_of, own=own)
    except BadInheritance as bad:
        raise BadDocument(f"{file} 有误：{bad}。") from None
    if told.get(EXTENDS) in bases:
        complete[EXTENDS_VERSION] = bases[told[EXTENDS]].get("version")
    return complete


def parse(content: bytes, file: str) -> Document:
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadDocument(f"{file} 不是 UTF-8 编码，请另存为 UTF-8。") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadDocument(f"{file} 不是有效的 TOML，读不懂（{error}），请改正。") from None


def faults_of(error: ValidationError, document: Document) -> list[str]:
    """`norms/micro_households/most：…`: things of a list by their code, or by their place (from 1) where they bear none."""
    return [f"{_place(one['loc'], document)}：{_said(dict(one))}" for one in error.errors(include_url=False)]


def _plain(name: str) -> bool:
    return "/" not in name and "\\" not in name and not name.startswith(".")


def _place(loc: Sequence[int | str], document: Document) -> str:
    steps: list[str] = []
    here: Any = document
    for step in loc:
        if isinstance(step, int):
            here = here[step] if isinstance(here, list) and step < len(here) else None
            steps.append(key_of(here) or f"第 {step + 1} 个")
        else:
            here = here.get(step) if isinstance(here, Mapping) else None
            steps.append(step)
    return "/".join(steps) or "整体"


_SAID: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda context: "没有写，请补上",
    "extra_forbidden": lambda context: "不认识这一项，请删去或改正名称",
    "literal_error": lambda context: f"只能是 {context['expected'].replace(' or ', '、')}",
    "greater_than": lambda context: f"要大于 {context['gt']}",
    "greater_than_equal": lambda context: f"不能小于 {context['ge']}",
    "less_than": lambda context: f"要小于 {context['lt']}",
    "less_than_equal": lambda context: f"不能大于 {context['le']}",
    "too_short": lambda context: f"至少要有 {context['min_length']} 个",
    "string_pattern_mismatch": lambda context: f"写法不对，要合 {context['pattern']}",
    "string_type": lambda context: "要写成文字，加引号",
    "int_type": lambda context: "要写成整数",
    "int_parsing": lambda context: "要写成整数",
    "float_type": lambda context: "要写成数",
    "float_parsing": lambda context: "要写成数",
    "bool_type": lambda context: "要写成 true 或 false",
    "bool_parsing": lambda context: "要写成 true 或 false",
    "tuple_type": lambda context: "要写成一串，用方括号",
    "dict_type": lambda context: "要写成一张表",
    "model_type": lambda context: "要写成一张表",
    "time_type": lambda context: "要写成 09:00:00 这样的时间",
    "time_parsing": lambda context: "要写成 09:00:00 这样的时间",
}


def _said(error: dict[str, Any]) -> str:
    say = _SAID.get(error["type"])
    return say(error.get("ctx", {})) if say else str(error["msg"]).removeprefix("Value error, ").rstrip("。")
