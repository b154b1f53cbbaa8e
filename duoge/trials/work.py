"""The tables by which cases are worked on, printed."""

from pathlib import Path

import typer

from services.dispatch.domain import lifecycle, slips
from services.fabric.profile import BadProfile, Profile, find_profile, load_profile
from services.fabric.work_rules import ANY_PARTY

PARTIES = {
    "district": "区城运中心",
    "street": "街道城运中心",
    "grid": "网格",
    "community": "居民区（社区）",
    "department": "部门",
    "property": "物业",
    "owner": "权属单位",
    "volunteers": "志愿者",
    ANY_PARTY: "谁都可以",
}


def actions() -> str:
    return f"{lifecycle.printed()}\n\n{slips.printed()}"


def dispatches(named: str) -> str:
    """A party a line; those without a row give to anybody."""
    profile = _profile(named)
    lines = ["谁派 | 可以派给 | 抄送街道"]
    for row in profile.dispatches:
        to = "、".join(PARTIES[party] for party in row.to)
        lines.append(f"{PARTIES[row.by]} | {to} | {'是' if row.copy_street else '否'}")
    left = [name for code, name in PARTIES.items() if code not in {ANY_PARTY, *(row.by for row in profile.dispatches)}]
    lines += [f"{name} | 谁都可以 | 否" for name in left]
    return "\n".join(lines)


def _profile(named: str) -> Profile:
    try:
        return load_profile(Path(named)) if named.endswith(".toml") else find_profile(named)
    except BadProfile as bad:
        typer.echo(str(bad), err=True)
        raise typer.Exit(1) from None
