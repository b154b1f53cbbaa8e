"""国庆夜里的电瓶车、跨调休日的哨、拆不动的违建、谁都说不是自己的护栏: four stories of one autumn, under one clock."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from duoge.embedded.postgres import EmbeddedPostgres
from tests.harness.whole import System
from tests.scenario.telling import PROOF, Story, at, moment, ok, town_of
from tests.servers.databases import Databases

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("autumn")]

ESTATE = (121.389172, 31.255099)
MARKET = (121.407887, 31.242573)
ROAD = (121.397126, 31.242005)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(databases: Databases, postgres: EmbeddedPostgres) -> AsyncIterator[System]:
    async with town_of(databases, postgres, at(9, 30, 17, 30)) as running:
        yield running


async def test_a_battery_burns_on_the_first_night_of_the_holiday(town: System) -> None:
    """Nobody works on 1 October; the clocks of an emergency do."""
    story = Story(town)
    await story.until(at(10, 1, 2, 13))
    case = await story.report("清涧二小区3号楼楼道里电动车充电着火了，正在冒烟", ESTATE, "清涧二小区")
    assert (case["sub_concern"], case["class"]) == ("GL-01.burning", "emergency")
    station = await story.lead()
    desk = await story.desk()
    units = ["ZR-POLICE", case["lead"], *(unit for unit in case["assists"] if unit.startswith("PROP"))]
    await story.later(minutes=1)
    whistle = await story.blow(desk, "emergency", "灭火、疏散、断电", units=units)
    await story.act(station, "sign")
    await story.later(minutes=1)
    await story.act(station, "contact", note="请住户从北侧楼梯下楼，不要乘电梯")
    await story.until(at(10, 1, 2, 21))
    await story.whistle(whistle, "accept", units[2], note="正从家里赶来")
    await story.whistle(whistle, "report-in", units[1])
    await story.act(station, "progress", note="明火已扑灭，正在排烟，无人受伤")
    await story.whistle(whistle, "report-in", units[0])
    await story.until(at(10, 1, 2, 52))
    whistle = await story.whistle(whistle, "report-in", units[2])
    assert whistle["state"] == "met"
    for unit in units:
        await story.whistle(whistle, "done", unit)
    await story.whistle(whistle, "release")
    await story.act(station, "resolve", measures="扑灭明火，拆除飞线两处，残骸清走", evidence=PROOF)
    await story.until(at(10, 1, 9, 30))
    await story.act(desk, "verify", note="现场已清理，楼道无堆放")
    await story.judged("satisfied")
    assert (await story.case())["state"] == "closed"
    await story.tells("""
        10-01 02:13 立案：飞线充电·电动车起火，清涧二小区
        10-01 02:13 派真如消防网格3组主办，和润物业服务公司、清涧二居民区协办
        10-01 02:14 吹响应急哨，请真如派出所、真如消防网格3组、和润物业服务公司于10月1日 02:44前到清涧二小区报到：灭火、疏散、断电
        10-01 02:14 第1次呼叫：真如镇街道城运中心、真光综合网格快反应急救援志愿队
        10-01 02:14 真如消防网格3组签收
        10-01 02:15 真如消防网格3组已先行联系市民：请住户从北侧楼梯下楼，不要乘电梯
        10-01 02:17 第2次呼叫：真如镇街道城运中心、真光综合网格快反应急救援志愿队
        10-01 02:20 第3次呼叫：真如镇街道城运中心、真光综合网格快反应急救援志愿队
        10-01 02:21 和润物业服务公司已应哨：正从家里赶来
        10-01 02:21 真如消防网格3组已报到
        10-01 02:21 真如消防网格3组报告处置进展：明火已扑灭，正在排烟，无人受伤
        10-01 02:21 真如派出所已报到
        10-01 02:44 和润物业服务公司到时未报到
        10-01 02:44 和润物业服务公司未报到，已上报真如镇街道办事处、真如房管办事处、普陀区城市运行管理中心
        10-01 02:52 和润物业服务公司已报到（迟到）
        10-01 02:52 应到的3家单位全部到场，其中和润物业服务公司迟到
        10-01 02:52 真如派出所已完成任务
        10-01 02:52 真如消防网格3组已完成任务
        10-01 02:52 和润物业服务公司已完成任务
        10-01 02:52 事毕散哨
        10-01 02:52 真如消防网格3组办结：扑灭明火，拆除飞线两处，残骸清走。请真光综合网格核查
        10-01 09:30 真如镇街道城运中心核查通过：现场已清理，楼道无堆放
        10-01 09:30 市民评价：已解决，满意
        10-01 09:30 来源回访完成，市民认可
        10-01 09:30 市民认可办理结果，结案
        """)


async def test_a_whistle_runs_on_through_a_saturday_that_is_worked(town: System) -> None:
    """Blown on Friday at half past four; 10 October is a make-up day, so it is due that Saturday and not on Monday."""
    story = Story(town)
    await story.until(at(10, 9, 16, 30))
    await story.report("兰溪路生鲜店每晚十一点后卸货，噪声很大，居民没法睡", MARKET, "兰溪路生鲜店")
    desk = await story.desk()
    whistle = await story.blow(
        desk, "joint_enforcement", "联合检查夜间卸货", units=["ZR-POLICE", "ZR-MARKET", "ZR-CITYLOOK"]
    )
    assert moment(whistle["report_in_by"]) == at(10, 10, 17)
    await story.whistle(whistle, "accept", "ZR-POLICE")
    await story.until(at(10, 10, 10, 5))
    for unit in ("ZR-POLICE", "ZR-MARKET"):
        await story.whistle(whistle, "report-in", unit)
    squad = await story.lead()
    for action in ("sign", "contact"):
        await story.act(squad, action)
    await story.until(at(10, 10, 17, 1))
    missed = ok(await desk.get(f"/dispatch/v1/whistles/{whistle['whistle_id']}"))
    assert missed["missing"] == ["ZR-CITYLOOK"]
    assert moment(missed["second_by"]) == at(10, 12, 17)
    await story.until(at(10, 12, 9, 20))
    whistle = await story.whistle(whistle, "report-in", "ZR-CITYLOOK")
    assert whistle["state"] == "met"
    for call in whistle["calls"]:
        await story.whistle(whistle, "done", call["unit"])
    await story.whistle(whistle, "release", note="店家当场承诺二十二时后不卸货")
    await story.act(squad, "resolve", measures="三家联合检查，店家签订承诺书", evidence=PROOF)
    await story.act(desk, "verify", note="夜间复查安静")
    await story.judged("satisfied")
    await story.tells("""
        10-09 16:30 立案：噪声与油烟扰民·装卸货噪声，兰溪路生鲜店
        10-09 16:30 派真如责任网格5组主办，真如警务责任区4组、真如市场监管网格1组、真如市容服务队等协办
        10-09 16:30 吹响综合执法哨，请真如派出所、真如市场监管所、真如市容服务队于10月10日 17:00前到兰溪路生鲜店报到：联合检查夜间卸货
        10-09 16:30 真如派出所已应哨
        10-10 10:00 黄灯：签收时限 10月10日 10:30 到，请真如责任网格5组抓紧
        10-10 10:00 自动催办：签收时限快到，请真如责任网格5组抓紧办理
        10-10 10:05 真如派出所已报到
        10-10 10:05 真如市场监管所已报到
        10-10 10:05 真如责任网格5组签收
        10-10 10:05 真如责任网格5组已先行联系市民
        10-10 17:00 真如市容服务队到时未报到
        10-10 17:00 真如市容服务队未报到，已上报真如镇街道办事处、普陀区绿化和市容管理局、普陀区城市运行管理中心
        10-12 09:20 真如市容服务队已报到（迟到）
        10-12 09:20 应到的3家单位全部到场，其中真如市容服务队迟到
        10-12 09:20 真如派出所已完成任务
        10-12 09:20 真如市场监管所已完成任务
        10-12 09:20 真如市容服务队已完成任务
        10-12 09:20 事毕散哨：店家当场承诺二十二时后不卸货
        10-12 09:20 真如责任网格5组办结：三家联合检查，店家签订承诺书。请兰溪综合网格核查
        10-12 09:20 真如镇街道城运中心核查通过：夜间复查安静
        10-12 09:20 市民评价：已解决，满意
        10-12 09:20 来源回访完成，市民认可
        10-12 09:20 市民认可办理结果，结案
        """)


async def test_a_hard_case_is_extended_and_settled_at_the_monthly_meeting(town: System) -> None:
    story = Story(town)
    await story.until(at(10, 13, 9))
    case = await story.report("清涧二小区一楼居民在天井违法搭建，占了公共通道", ESTATE, "清涧二小区")
    assert case["class"] == "hard"
    squad, desk, district = await story.lead(), await story.desk(), await story.district()
    await story.until(at(10, 13, 10, 30))
    await story.act(squad, "sign")
    await story.act(squad, "contact", note="已约业主周四上门")
    await story.until(at(10, 15, 14))
    await story.act(squad, "progress", note="上门劝导，业主不肯拆")
    await story.until(at(10, 30, 16))
    said = await story.refused(squad, "extend", until=at(12, 1, 17).isoformat())
    assert "最迟到" in said
    await story.act(squad, "extend", until=at(11, 13, 17).isoformat(), note="当事人申请房屋认定，需要时间")
    said = await story.refused(desk, "approve")
    assert "要由区批准" in said
    await story.until(at(11, 2, 9, 30))
    await story.act(district, "approve", note="同意，限期拆除")
    said = await story.refused(squad, "extend", until=at(11, 20, 17).isoformat())
    assert "用完" in said
    await story.until(at(11, 5, 15))
    units = [case["lead"], "ZR-HOUSING", "ZR-C07"]
    decision = "月调度会研定：执法队十二日前拆除，居民区做好解释，房管认定"
    await story.meet(desk, units, decision, at(11, 12, 17), kind="study", owner=case["lead"])
    await story.act(desk, "supervise", due=at(11, 12, 17).isoformat(), note="按月调度会的决定办结")
    await story.until(at(11, 12, 11))
    await story.act(squad, "resolve", measures="已拆除天井搭建，恢复公共通道", evidence=PROOF)
    await story.slip(squad, "reply", note="十一日已拆除，居民区已向邻居说明")
    await story.slip(desk, "close")
    await story.act(desk, "verify", note="搭建已拆，通道畅通")
    await story.judged("satisfied")
    case = await story.case()
    assert case["state"] == "closed"
    await story.tells("""
        10-13 09:00 立案：违法搭建与毁绿占绿·违法搭建，清涧二小区
        10-13 09:00 派真如责任网格3组主办，和润物业服务公司、清涧二居民区、普陀区绿化和市容管理局协办
        10-13 10:30 真如责任网格3组签收
        10-13 10:30 真如责任网格3组已先行联系市民：已约业主周四上门
        10-15 14:00 真如责任网格3组报告处置进展：上门劝导，业主不肯拆
        10-30 16:00 真如责任网格3组申请延期到 11月13日 17:00，等区批准：当事人申请房屋认定，需要时间
        11-02 09:00 黄灯：办结时限 11月2日 17:00 到，请真如责任网格3组抓紧
        11-02 09:30 同意延期到 11月13日 17:00：同意，限期拆除
        11-05 15:00 疑难件会诊（11月5日 15:00，真如责任网格3组、真如房管办事处、清涧二居民区）：月调度会研定：执法队十二日前拆除，居民区做好解释，房管认定。由真如责任网格3组在 11月12日 17:00 前落实
        11-05 15:00 街道督办单第1号：按月调度会的决定办结，11月12日 17:00前办结并回复
        11-12 09:00 黄灯：办结时限 11月12日 17:00 到，请真如责任网格3组抓紧
        11-12 09:00 黄灯：督办单第1号回复时限 11月12日 17:00 到，请真如责任网格3组抓紧
        11-12 11:00 真如责任网格3组办结：已拆除天井搭建，恢复公共通道。请真光综合网格核查
        11-12 11:00 真如责任网格3组回复督办单第1号：十一日已拆除，居民区已向邻居说明
        11-12 11:00 督办单第1号销号
        11-12 11:00 真如镇街道城运中心核查通过：搭建已拆，通道畅通
        11-12 11:00 市民评价：已解决，满意
        11-12 11:00 来源回访完成，市民认可
        11-12 11:00 市民认可办理结果，结案
        """)


async def test_nobody_wants_the_railing_until_it_is_ruled_and_the_next_one_knows(town: System) -> None:
    """Returned twice, ruled on the third day; the next order of its kind names the ruling among the alternatives."""
    story = Story(town)
    await story.until(at(11, 16, 9))
    words = "人行道护栏断裂，尖头朝外，老人差点被划伤"
    case = await story.report(words, MARKET, "兰溪路生鲜店")
    assert case["lead"] == "OWN-MUNICIPAL"
    desk, first = await story.desk(), await story.lead()
    await story.act(first, "return", reason="other_owner", proposal="ZR-CITYLOOK")
    await story.until(at(11, 16, 11))
    await story.act(desk, "transfer", to="ZR-CITYLOOK")
    second = await story.unit("ZR-CITYLOOK")
    said = await story.refused(second, "return", reason="not_ours", proposal="OWN-MUNICIPAL")
    assert "不能来回退" in said
    await story.act(second, "return", reason="not_ours")
    await story.until(at(11, 16, 14))
    await story.act(desk, "rule", lead="ZR-DUTY", ground="《上海市市容环境卫生管理条例》：人行道护栏由街道执法队牵头")
    squad = await story.unit("ZR-DUTY")
    said = await story.refused(squad, "return", reason="not_ours")
    assert "不能再退" in said
    await story.act(squad, "sign")
    await story.act(squad, "contact")
    await story.act(squad, "resolve", measures="已更换护栏", evidence=PROOF)
    await story.act(desk, "verify", note="护栏牢固")
    await story.judged("satisfied")
    ruled = story.case_id
    await story.tells("""
        11-16 09:00 立案：道路与公共设施破损·市政道路与排水，兰溪路生鲜店
        11-16 09:00 派市政养护真如班主办，真如责任网格5组、星河世纪居民区协办
        11-16 09:00 市政养护真如班退单：设施权属另有单位，建议由真如市容服务队办理。裁定前由市政养护真如班首接负责
        11-16 11:00 市政养护真如班转真如市容服务队主办
        11-16 11:00 真如市容服务队退单：不属于本单位职责。裁定前由市政养护真如班首接负责
        11-16 14:00 裁定由真如综合行政执法队主办，不得再退。依据：《上海市市容环境卫生管理条例》：人行道护栏由街道执法队牵头
        11-16 14:00 真如综合行政执法队签收
        11-16 14:00 真如综合行政执法队已先行联系市民
        11-16 14:00 真如综合行政执法队办结：已更换护栏。请兰溪综合网格核查
        11-16 14:00 真如镇街道城运中心核查通过：护栏牢固
        11-16 14:00 市民评价：已解决，满意
        11-16 14:00 来源回访完成，市民认可
        11-16 14:00 市民认可办理结果，结案
        """)
    (precedent,) = ok(await desk.get("/dispatch/v1/precedents", params={"q": "人行道护栏"}))["items"]
    assert (precedent["case_id"], precedent["lead"], precedent["previous"]) == (ruled, "ZR-DUTY", "ZR-CITYLOOK")
    await story.until(at(11, 18, 10))
    again = await story.report(words, ROAD, "兰溪路2号")
    assert again["case_id"] != ruled
    (known,) = [one for one in again["decision"]["alternatives"] if ruled in str(one)]
    assert "真如综合行政执法队" in str(known)
