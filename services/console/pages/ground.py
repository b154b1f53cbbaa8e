"""`/ground`: the city's profile in force and how the grids stand to its norms; `/ground/{overlay}/{code}`: a grid's card."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from nicegui import ui
from starlette.requests import Request

from services.console.domain.visibility import Scope, names
from services.console.domain.wording import LIGHTS
from services.console.pages import panels
from services.console.pages.elements import Text, attributes, bar, head, link, pairs
from services.console.visit import Visit, visit_of
from services.fabric.grid_card import card
from services.fabric.norms import Ground, headcount, judge
from services.fabric.people import Person
from services.fabric.profile import Profile
from services.fabric.snapshot import Fabric
from services.kit.clock import local
from services.kit.sealing import STAFF, Seal

HERE = "网格"
CARDS = "comprehensive"
_MOST_OUTSIDE = 50
_CLOCKS = ("sign", "contact", "on_site", "resolve")


def register() -> None:
    @ui.page("/ground", title="网格 · 多格合一")
    async def ground(request: Request) -> None:
        await _draw_ground(visit_of(request))

    @ui.page("/ground/{overlay}/{code:path}", title="网格 · 多格合一")
    async def grid(request: Request, overlay: str, code: str) -> None:
        await _draw_grid(visit_of(request), overlay, code)


def is_here(path: str) -> bool:
    return path == "/ground" or (path.startswith("/ground/") and path.count("/") >= 3)


async def _draw_ground(visit: Visit) -> None:
    now, fabric = _begin(visit)
    with ui.element("main").classes("case ground-page"):
        Text("h1", "网格与城市方案")
        if fabric is None:
            Text("p", "还没有网格数据，请先导入单位和图层", "quiet")
            return
        norms = await asyncio.to_thread(_norms, fabric, now)
        with ui.element("div").classes("columns"):
            with ui.element("div").classes("left"):
                draw_profile(fabric.profile)
            with ui.element("div").classes("right"):
                draw_norms(norms)
                draw_cards(fabric, now)


def _begin(visit: Visit) -> tuple[datetime, Fabric | None]:
    now, fabric = visit.room.clock.now(), visit.room.copy.current
    head()
    bar(visit, HERE).set_text(local(now))
    return now, fabric.as_of(now) if fabric else None


def _norms(fabric: Fabric, now: datetime) -> list[dict[str, Any]]:
    in_force = {
        code: [edition for edition in layer.editions if edition.in_force(now)]
        for code, layer in fabric.overlays.items()
    }
    return judge(fabric.profile, Ground(in_force, fabric.units, headcount(fabric.people.values(), now)))


def draw_profile(profile: Profile) -> None:
    with ui.element("section").classes("card"):
        Text("h2", "城市方案")
        base = f"{profile.extends} 第 {profile.extends_version} 版" if profile.extends else "无"
        pairs(
            [
                ("名称", profile.title),
                ("版本", f"{profile.name} 第 {profile.version} 版"),
                ("以谁为底", base),
                ("层级", " → ".join(level.name for level in profile.ladder)),
                ("步骤", " → ".join(step.name for step in profile.steps)),
                ("哨型", "、".join(kind.name for kind in profile.whistle_kinds)),
                ("三率", profile.rates.formula),
            ]
        )
    with ui.element("section").classes("card clocks"):
        Text("h2", "时限")
        rows = [
            [rules.name, *(span.text() if (span := getattr(rules, kind)) else "—" for kind in _CLOCKS)]
            for rules in profile.classes.values()
        ]
        _table(("类别", "签收", "先行联系", "到场", "办结"), rows)


def draw_norms(norms: Iterable[Mapping[str, Any]]) -> None:
    with ui.element("section").classes("card"):
        Text("h2", "标准")
        for norm in norms:
            Text("h3", norm["text"])
            Text("p", norm["said"], "quiet")
            if not norm["outside"]:
                continue
            with ui.element("ul"):
                for one in norm["outside"][:_MOST_OUTSIDE]:
                    with ui.element("li"):
                        link(one["said"], _to(norm["overlay"], one["grid"]))
                if len(norm["outside"]) > _MOST_OUTSIDE:
                    Text("li", f"还有 {len(norm['outside']) - _MOST_OUTSIDE} 个，全部见 /grids/v1/check", "quiet")


def draw_cards(fabric: Fabric, now: datetime) -> None:
    layer = fabric.overlays.get(CARDS)
    here = [edition for edition in layer.editions if edition.in_force(now)] if layer else []
    if not here:
        return
    with ui.element("section").classes("card"):
        Text("h2", f"{fabric.profile.overlay_name(CARDS)}（{len(here)}）")
        with ui.element("ul"):
            for edition in here:
                with ui.element("li"):
                    link(edition.name, _to(CARDS, edition.code))
                    Text("span", f" {edition.properties.get('theme') or ''}", "quiet")


async def _draw_grid(visit: Visit, overlay: str, code: str) -> None:
    now, fabric = _begin(visit)
    edition = fabric.grid(overlay, code, now) if fabric else None
    with ui.element("main").classes("case ground-page"):
        link("← 网格", "/ground")
        if fabric is None or edition is None:
            ui.context.client.status_code = 404
            Text("h1", "没有找到")
            Text("p", "没有这个网格，或它现在不生效。请核对图层和编码。")
            return
        told = await asyncio.to_thread(card, fabric, edition, now, _namer(visit))
        Text("h1", told["name"])
        with ui.element("div").classes("columns"):
            with ui.element("div").classes("left"):
                draw_card(told)
            with ui.element("div").classes("right"):
                draw_cases(_lights(visit, overlay, code))
                await _draw_rates(visit, overlay, code)
                draw_people(told)


def draw_card(told: Mapping[str, Any]) -> None:
    chief, branch = told["chief"], told["party_branch"]
    beneath = [f"{one['name']} {one['grids']} 个" for one in told["beneath"].values()]
    with ui.element("section").classes("card"):
        Text("h2", told["overlay_name"])
        pairs(
            [
                ("一格一品", told["theme"] or ""),
                ("网格第一题", told["first_question"] or ""),
                ("党建品牌", told["brand"] or ""),
                ("党支部", branch["name"] if branch else ""),
                ("责任单位", told["unit"]["name"] if told["unit"] else ""),
                ("网格长", (chief["name"] or chief["code"] or "") if chief else ""),
                ("成员", f"{told['members']['count']} 名"),
                ("志愿者", f"{told['volunteers']['count']} 名"),
                ("志愿队", "、".join(team["name"] for team in told["volunteers"]["teams"])),
                ("户数", "" if told["households"] is None else f"{told['households']} 户"),
                ("常住人口", "" if told["residents"] is None else f"{told['residents']} 人"),
                ("商铺", f"{told['shops']} 家"),
                ("楼宇", f"{told['buildings']} 栋"),
                ("小区", f"{told['estates']} 个"),
                ("下辖", "，".join(beneath)),
            ]
        )


def draw_cases(lights: Mapping[str, int]) -> None:
    with ui.element("section").classes("card"):
        Text("h2", "在办案件")
        pairs([(word, f"{lights.get(light, 0)} 件") for light, word in LIGHTS.items()])


def draw_people(told: Mapping[str, Any]) -> None:
    people = told["members"]["people"]
    if not people:
        return
    with ui.element("section").classes("card"):
        Text("h2", "成员")
        _table(("角色", "姓名或编号"), [[one["role"], one["name"] or one["code"]] for one in people])


async def _draw_rates(visit: Visit, overlay: str, code: str) -> None:
    """Counted over the comprehensive grid's own cases, whoever leads them."""
    if overlay != CARDS or not _reaches(visit, code):
        return
    report = await visit.room.rates_for_screens(Scope(grids=frozenset({code})), "month")
    with attributes(ui.element("section").classes("card figures"), aria_label="三率"):
        panels.draw_rates(panels.rated(report))


def _reaches(visit: Visit, code: str) -> bool:
    return visit.scope.everything or code in visit.scope.grids


def _lights(visit: Visit, overlay: str, code: str) -> Counter[str]:
    """Of the open cases that the visitor sees."""
    seen = visit.room.seen(visit.scope)
    return Counter(row.light for row in seen if row.closed_at is None and row.grids.get(overlay) == code)


def _namer(visit: Visit) -> Any:
    seal = Seal(visit.room.settings.secret.get_secret_value(), STAFF)

    def name_of(person: Person) -> str | None:
        if not names(visit.caller.role, visit.scope, person.unit):
            return None
        return str(seal.open_json(person.code, person.sealed)["name"])

    return name_of


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with ui.element("table"):
        with ui.element("thead"), ui.element("tr"):
            for name in header:
                attributes(Text("th", name), scope="col")
        with ui.element("tbody"):
            for row in rows:
                with ui.element("tr"):
                    for place, cell in enumerate(row):
                        Text("td" if place else "th", cell)


def _to(overlay: str, code: str) -> str:
    return f"/ground/{quote(overlay, safe='')}/{quote(code, safe='')}"
