"""两次不满意、走失的老人、等到开春的路: three stories of one winter, under one clock."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from duoge.embedded.postgres import EmbeddedPostgres
from tests.harness.whole import System
from tests.scenario.telling import PROOF, Story, at, moment, ok, town_of
from tests.servers.databases import Databases

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("winter")]

ESTATE = (121.389172, 31.255099)
MARKET = (121.407887, 31.242573)
ROAD = (121.397126, 31.242005)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(databases: Databases, postgres: EmbeddedPostgres) -> AsyncIterator[System]:
    async with town_of(databases, postgres, at(11, 20, 9)) as running:
        yield running


async def test_a_citizen_is_dissatisfied_twice(town: System) -> None:
    """Once it is opened again by itself; the second time it goes up with a slip, and is talked over before it is done."""
    story = Story(town)
    await story.until(at(11, 23, 9))
    await story.report("清涧二小区楼下广场舞音响太响，吵得孩子没法写作业", ESTATE, "清涧二小区")
    desk, squad = await story.desk(), await story.lead()
    for hour, said in ((10, "音响还是响"), (11, "换了一批人，照样吵")):
        await story.until(at(11, 23, hour))
        await story.act(squad, "sign")
        await story.act(squad, "contact")
        await story.act(squad, "resolve", measures="已劝导，约定二十点前结束", evidence=PROOF)
        await story.act(desk, "verify")
        await story.judged("dissatisfied", said)
    twice = await story.case()
    assert (twice["state"], twice["level"], twice["lead"]) == ("reopened", "district", "QP")
    await story.until(at(11, 23, 12))
    district = await story.district()
    await story.act(district, "sign")
    await story.act(district, "contact")
    await story.until(at(11, 24, 15))
    decision = "限音量、限时段，物业装分贝仪，派出所晚间巡查"
    await story.meet(desk, ["ZR-POLICE", "ZR-C07", "ZR-OPS"], decision, at(11, 27, 17), owner="ZR-POLICE")
    await story.until(at(11, 27, 10))
    await story.act(district, "resolve", measures="分贝仪已装，连续三晚不超标", evidence=PROOF)
    await story.slip(district, "reply", note="已按会商决定落实")
    await story.slip(desk, "close")
    said = await story.refused(district, "verify")
    assert "不能自己核查自己" in said
    await story.act(await town.visitor("grid_chief", "ZR-G1"), "verify", note="晚间现场安静")
    await story.judged("satisfied")
    await story.tells("""
        11-23 09:00 立案：噪声与油烟扰民·广场舞，清涧二小区
        11-23 09:00 派真如警务责任区6组主办，真如市容服务队、清涧二居民区、和润物业服务公司协办
        11-23 10:00 真如警务责任区6组签收
        11-23 10:00 真如警务责任区6组已先行联系市民
        11-23 10:00 真如警务责任区6组办结：已劝导，约定二十点前结束。请真光综合网格核查
        11-23 10:00 真如镇街道城运中心核查通过
        11-23 10:00 市民评价：未解决，不满意。音响还是响
        11-23 10:00 市民评价未解决，重办，仍由真如警务责任区6组主办
        11-23 11:00 真如警务责任区6组签收
        11-23 11:00 真如警务责任区6组已先行联系市民
        11-23 11:00 真如警务责任区6组办结：已劝导，约定二十点前结束。请真光综合网格核查
        11-23 11:00 真如镇街道城运中心核查通过
        11-23 11:00 市民评价：未解决，不满意。换了一批人，照样吵
        11-23 11:00 街道督办单第1号：市民再次评价未解决，重办并提交街道会商，11月30日 11:00前办结并回复
        11-23 11:00 重办后市民仍不认可，由街道升级到区：真如警务责任区6组转普陀区城市运行管理中心主办，真如警务责任区6组继续协办
        11-23 12:00 普陀区城市运行管理中心签收
        11-23 12:00 普陀区城市运行管理中心已先行联系市民
        11-24 15:00 街道会商（11月24日 15:00，真如派出所、清涧二居民区、真如镇街道城运中心）：限音量、限时段，物业装分贝仪，派出所晚间巡查。由真如派出所在 11月27日 17:00 前落实
        11-27 10:00 普陀区城市运行管理中心办结：分贝仪已装，连续三晚不超标。请真光综合网格核查
        11-27 10:00 普陀区城市运行管理中心回复督办单第1号：已按会商决定落实
        11-27 10:00 督办单第1号销号
        11-27 10:00 真光综合网格核查通过：晚间现场安静
        11-27 10:00 市民评价：已解决，满意
        11-27 10:00 来源回访完成，市民认可
        11-27 10:00 市民认可办理结果，结案
        """)


async def test_a_lost_elder_is_found_within_the_hour(town: System) -> None:
    """Police lead; volunteers are called, the video is looked through, the family is told."""
    story = Story(town)
    await story.until(at(11, 27, 14))
    case = await story.report(
        "清涧二小区家里老人早上出门买菜走失，穿灰色外套，患有阿尔茨海默病",
        ESTATE,
        "清涧二小区",
        channel="community_line",
        reporter={"name": "李小红", "phone": "13900001111"},
    )
    assert (case["concern"], case["class"]) == ("AQ-01", "emergency")
    police, desk = await story.lead(), await story.desk()
    await story.later(minutes=2)
    await story.act(police, "sign")
    await story.act(police, "contact", note="已问明衣着和常去的地方")
    team = next(unit for unit in case["assists"] if unit.endswith("-VOL"))
    whistle = await story.blow(desk, "volunteer", "分三路沿菜场、公园、车站找", units=[team])
    await story.until(at(11, 27, 14, 15))
    await story.whistle(whistle, "report-in", team)
    await story.act(police, "progress", note="调取视频：13:42 在菜场东门，往公园方向")
    await story.until(at(11, 27, 14, 47))
    await story.act(await story.unit(team), "progress", note="志愿者在公园凉亭找到老人，身体无恙")
    await story.whistle(whistle, "done", team)
    await story.whistle(whistle, "release")
    await story.act(police, "resolve", measures="老人已找到，已告知家属并送回家", evidence=PROOF)
    await story.act(desk, "verify", note="电话核实，老人已到家")
    await story.act(desk, "callback", resolved=True, satisfaction="satisfied")
    assert (await story.case())["state"] == "closed"
    assert (await story.clock("on_site"))["state"] == "met"
    await story.tells("""
        11-27 14:00 立案：街面走失·有人走失，清涧二小区
        11-27 14:00 派真如警务责任区6组主办，清涧二居民区、真光综合网格快反应急救援志愿队、真光综合网格协办
        11-27 14:02 真如警务责任区6组签收
        11-27 14:02 真如警务责任区6组已先行联系市民：已问明衣着和常去的地方
        11-27 14:02 吹响志愿哨，请真光综合网格快反应急救援志愿队于11月27日 18:02前到清涧二小区报到：分三路沿菜场、公园、车站找
        11-27 14:15 真光综合网格快反应急救援志愿队已报到
        11-27 14:15 应到的1家单位全部到场
        11-27 14:15 真如警务责任区6组报告处置进展：调取视频：13:42 在菜场东门，往公园方向
        11-27 14:47 真光综合网格快反应急救援志愿队报告处置进展：志愿者在公园凉亭找到老人，身体无恙
        11-27 14:47 真光综合网格快反应急救援志愿队已完成任务
        11-27 14:47 事毕散哨
        11-27 14:47 真如警务责任区6组办结：老人已找到，已告知家属并送回家。请真光综合网格核查
        11-27 14:47 真如镇街道城运中心核查通过：电话核实，老人已到家
        11-27 14:47 回访市民：已解决，满意
        11-27 14:47 市民认可办理结果，结案
        """)


async def test_a_road_waits_on_the_register_until_spring(town: System) -> None:
    """Shelved with the street's signature, never counted as resolved; taken up in March with the time it had left."""
    story = Story(town)
    await story.until(at(11, 30, 9))
    await story.report("兰溪路2号门口路面塌陷，一下雨就积水", ROAD, "兰溪路2号")
    road, desk = await story.lead(), await story.desk()
    await story.until(at(11, 30, 10))
    await story.act(road, "sign")
    await story.act(road, "contact", note="已说明要等管线改造")
    await story.until(at(11, 30, 15))
    assert moment((await story.clock("resolve"))["due"]) == at(12, 1, 17)
    await story.act(road, "shelve", note="管线改造列入明年春季工程，冬季不能开挖")
    await story.act(desk, "approve", note="同意，围挡并设警示牌")
    shelf = ok(await desk.get("/dispatch/v1/shelved"))["items"]
    assert [case["case_id"] for case in shelf] == [story.case_id]
    assert (await story.clock("resolve"))["state"] == "paused"
    await story.slept_until(at(12, 30, 10))
    await story.act(desk, "review", until=at(3, 8, 8, year=2027).isoformat())
    await story.slept_until(at(3, 8, 9, year=2027))
    await story.act(road, "unshelve", note="管线改造开工")
    assert moment((await story.clock("resolve"))["due"]) == at(3, 9, 11, year=2027)
    await story.until(at(3, 9, 9, 40, year=2027))
    await story.act(road, "resolve", measures="管线改造完成，路面重铺", evidence=PROOF)
    await story.act(desk, "verify", note="雨后无积水")
    await story.judged("satisfied")
    assert (await story.case())["state"] == "closed"
    await story.tells("""
        11-30 09:00 立案：道路与公共设施破损·市政道路与排水，兰溪路2号
        11-30 09:00 派市政养护真如班主办，真如责任网格4组、真西三居民区协办
        11-30 10:00 市政养护真如班签收
        11-30 10:00 市政养护真如班已先行联系市民：已说明要等管线改造
        11-30 15:00 市政养护真如班申请挂账（管线改造列入明年春季工程，冬季不能开挖），等街道批准：管线改造列入明年春季工程，冬季不能开挖
        11-30 15:00 同意挂账（管线改造列入明年春季工程，冬季不能开挖），时限暂停，12月30日 15:00 复核：同意，围挡并设警示牌
        12-30 10:00 挂账复核：仍不能办理，下次 3月8日 08:00 复核
        03-08 09:00 挂账到复核日，请真如镇街道城运中心和市政养护真如班复核：仍不能办的登记复核，能办的销账
        03-08 09:00 销账，恢复办理，时限继续走：管线改造开工
        03-08 11:00 黄灯：办结时限 3月9日 11:00 到，请市政养护真如班抓紧
        03-09 09:40 市政养护真如班办结：管线改造完成，路面重铺。请兰溪综合网格核查
        03-09 09:40 真如镇街道城运中心核查通过：雨后无积水
        03-09 09:40 市民评价：已解决，满意
        03-09 09:40 来源回访完成，市民认可
        03-09 09:40 市民认可办理结果，结案
        """)
