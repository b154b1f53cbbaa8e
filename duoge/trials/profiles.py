"""What `duoge profile` does: a profile with all that it stands on, its routing table, and, with a folder of data, whether
the units and grids of a city fit it."""

from collections.abc import Iterator
from pathlib import Path

import typer

from duoge.cli.client import call, client, fail
from duoge.trials.folder import fabric_of
from services.dispatch.domain.routing.check import check
from services.dispatch.domain.routing.table import BadTable, RuleTable, built_in
from services.fabric.gazetteer import Gazetteer
from services.fabric.norms import Ground, judge
from services.fabric.profile import BadProfile, Profile, find_profile, load_profile
from services.fabric.snapshot import Fabric
from services.kit.clock import SystemClock


def check_file(file: Path, data: Path | None) -> None:
    """Ends the command with status 1 where there is anything to mend."""
    try:
        profile = load_profile(file)
    except BadProfile as bad:
        fail(str(bad))
    fabric = _empty(profile) if data is None else fabric_of(data, file)
    faults = [*_name(file, profile), *_table(profile, fabric), *_units(fabric)]
    for fault in faults:
        typer.echo(f"  {fault}")
    if faults:
        fail(f"{file.name} 有 {len(faults)} 处要改，改好后再检查一次")
    _tell(profile)
    if data is not None:
        _tell_norms(fabric)
    typer.echo(f"{file.name} 没有问题。放到 profiles/ 里，把 DUOGE_PROFILE 设成 {profile.name}，重启后生效。")


def show_profile(name: str | None) -> None:
    if name is None:
        with client() as http:
            _tell(Profile.model_validate(call(http, "GET", "/grids/v1/profile")))
        return
    try:
        _tell(find_profile(name))
    except BadProfile as bad:
        fail(str(bad))


def _name(file: Path, profile: Profile) -> Iterator[str]:
    if profile.name != file.stem:
        yield f"name 写的是 {profile.name}，和文件名不一样，请改成 {file.stem}"


def _table(profile: Profile, fabric: Fabric) -> Iterator[str]:
    try:
        table: RuleTable = built_in(profile.name, profile.extends)
    except BadTable as bad:
        yield from bad.faults
        return
    if table.note:
        typer.echo(table.note)
    yield from (f"派单规则 {fault.pointer}：{fault.detail}" for fault in check(table, fabric))


def _units(fabric: Fabric) -> Iterator[str]:
    for code, unit in sorted(fabric.units.items()):
        if fabric.profile.rung(unit.level) is None:
            yield f"单位 {code}（{unit.name}）的层级 {unit.level} 不在 ladder 里，请加上，或写进某一级的 also"
    if fabric.units:
        for role in fabric.profile.roles:
            if not fabric.units_of(role):
                yield f"角色 {role.code}（{role.name}）一个单位也找不到，请改 units、kinds 或 words"


def _tell(profile: Profile) -> None:
    base = f"，以 {profile.extends} 第 {profile.extends_version} 版为底" if profile.extends else ""
    typer.echo(f"{profile.title}（{profile.name} 第 {profile.version} 版{base}）")
    typer.echo("层级  " + " → ".join(level.name for level in profile.ladder))
    typer.echo("步骤  " + " → ".join(step.name for step in profile.steps))
    for rules in profile.classes.values():
        on_site = f"，到场 {rules.on_site.text()}" if rules.on_site else ""
        limits = f"签收 {rules.sign.text()}，先行联系 {rules.contact.text()}{on_site}，办结 {rules.resolve.text()}"
        typer.echo(f"时限  {rules.name}：{limits}")
    for norm in profile.norms:
        typer.echo(f"标准  {norm.text}")


def _tell_norms(fabric: Fabric) -> None:
    now = SystemClock().now()
    in_force = {
        code: [edition for edition in layer.editions if edition.in_force(now)]
        for code, layer in fabric.overlays.items()
    }
    for norm in judge(fabric.profile, Ground(in_force, fabric.units)):
        typer.echo(f"按数据看  {norm['text']}：{norm['said']}")


def _empty(profile: Profile) -> Fabric:
    return Fabric(
        version=0,
        published_at=SystemClock().now(),
        overlays={},
        units={},
        gazetteer=Gazetteer((), profile.home),
        calendar=profile.calendar(),
        profile=profile,
    )
