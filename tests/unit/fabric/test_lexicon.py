"""The words of the Zhenru profile on made complaints, weighed by nothing but their sum: a change of words that sends one
of these elsewhere shows here."""

from collections import defaultdict

import pytest

from tests.harness.zhenru import profile

GOLDEN = [
    ("五楼窗户冒浓烟，火势很大", "AQ-02.burning"),
    ("小区停气两天了，燃气管道井盖也坏了，燃气公司不修", "CS-03.gas"),
    ("楼下煤气立管生锈，燃气表箱破损", "CS-03.gas"),
    ("兰溪路生鲜店每晚十一点后卸货,噪声很大", "GL-03.unloading"),
    ("楼下烧烤店的油烟直接飘进我家窗户，味道呛人", "GL-03.fumes"),
    ("小区外面工地凌晨两点还在打桩，吵得睡不着", "GL-03.night_building"),
    ("公园里每天晚上跳广场舞音响声音特别大", "GL-03.dancing"),
    ("楼上每天半夜跺脚拖椅子，根本没法休息", "GL-03.neighbours"),
    ("大楼顶上的空调外机嗡嗡响，整夜不停", "GL-03.equipment"),
    ("手机店门口喇叭循环播放促销广告，太吵", "GL-03.shop"),
    ("一群年轻人半夜在楼下大声喧哗喝酒唱歌", "GL-03.people"),
    ("一辆货车长期停在机动车道上影响通行", "CS-01.carriageway"),
    ("人行道上停满了小汽车，行人只能走马路", "CS-01.pavement"),
    ("地铁口共享单车堆成山，路都走不了", "CS-01.bikes"),
    ("外来车辆乱停在小区绿化带上，物业不管", "CS-01.estate"),
    ("有人在路口摆摊卖水果，占了半条路", "CS-02.stall"),
    ("饭店把桌椅摆到人行道上营业", "CS-02.shopfront"),
    ("废品堆在路上好几天没人清", "CS-02.goods"),
    ("铜川路上路灯坏了三天，晚上一片漆黑", "CS-03.lamp"),
    ("马路上的窨井盖不见了，很危险", "CS-03.municipal"),
    ("路口红绿灯不亮", "CS-03.municipal"),
    ("红绿灯一直不亮，过马路很危险", "CS-03.municipal"),
    ("铜川路口交通信号灯故障", "CS-03.municipal"),
    ("自来水管爆裂，水流了一地", "CS-03.water"),
    ("路边通信光缆掉下来拖在地上", "CS-03.telecom"),
    ("变电箱的门开着，电线裸露", "CS-03.power"),
    ("健身步道地面破损，老人绊倒", "CS-03.unknown"),
    ("居民把电瓶从五楼拉线下来充电", "GL-01.plain"),
    ("楼道里给电动车充电，把消防通道都堵住了", "GL-01.escape_route"),
    ("电瓶车着火了，在楼下车棚", "GL-01.burning"),
    ("邻居在楼顶搭建彩钢棚", "GL-02.building"),
    ("一楼住户把公共绿地圈起来种菜", "GL-02.green"),
    ("楼下装修敲承重墙", "GL-02.structure"),
    ("超市卖的牛奶已经过期半个月", "FW-01.plain"),
    ("在饭店吃完以后全家上吐下泻", "FW-01.ill"),
    ("健身房关门跑路，会员卡的钱不退", "FW-01.consumer"),
    ("电梯坏了两天物业没人来修", "FW-02.property"),
    ("我们是老公房没有物业，屋顶漏水没人管", "FW-02.none"),
    ("独居老人行动不便需要送餐上门", "FW-03.elderly"),
    ("暑托班什么时候报名，孩子没人带", "FW-03.children"),
    ("帮老母亲代办老年卡需要上门办理材料", "FW-03.errand"),
    ("我爸爸患老年痴呆今天早上出门走失了，穿蓝色外套", "AQ-01.plain"),
    ("上海西站门口发现一位老人说不清家在哪里", "AQ-01.found"),
    ("楼道里有很重的煤气味", "AQ-02.gas"),
    ("外墙瓷砖快要脱落，砸到人怎么办", "AQ-02.loose"),
    ("有人从楼上往下扔垃圾差点砸到小孩", "AQ-02.throwing"),
    ("楼道堆满了纸板箱，怕着火", "AQ-02.hazard_home"),
    ("商场的安全出口被锁了，消防通道堵塞", "AQ-02.hazard_key_unit"),
    ("邻居之间因为晾衣服吵架，请来调解", "AQ-03.plain"),
    ("隔壁夫妻打架，男的拿刀威胁要杀人", "AQ-03.violent"),
    ("请问社保卡丢了怎么补办", "OTHER"),
    ("咨询居住证办理需要什么材料", "OTHER"),
    ("公交车司机甩站", "OTHER"),
    ("小区里有人遛狗不牵绳，吓到孩子", "OTHER"),
    ("绿地里流浪狗很多", "OTHER"),
    ("地下车库里面有僵尸车占车位", "CS-01.estate"),
    ("小区垃圾房垃圾满出来没人清运，臭味很大", "FW-02.property"),
    ("老板把货物堆放在店门口占道经营", "CS-02.shopfront"),
    ("下雨天路口积水很深没法走", "CS-03.municipal"),
    ("店里冰柜压缩机声音整夜响影响睡眠", "GL-03.equipment"),
    ("有人家暴，孩子在哭", "AQ-03.violent"),
    ("丈夫不付抚养费，双方闹矛盾", "AQ-03.plain"),
    ("消防栓没有水，灭火器过期", "AQ-02.hazard_other"),
    ("广告牌被风吹得摇摇欲坠", "AQ-02.loose"),
    ("小孩在公园和家人走散了", "AQ-01.plain"),
    ("燃气管道漏气有味道", "AQ-02.gas"),
    ("理发店充值卡不给退款", "FW-01.consumer"),
    ("三楼住户天台上违章建了一个阳光房", "GL-02.building"),
]


def weigh(text: str) -> str:
    """The sub-concern, or OTHER, that most of the words in the text speak for."""
    concerns: dict[str, float] = defaultdict(float)
    subs: dict[str, float] = defaultdict(float)
    for entry in profile().lexicon:
        if entry.word in text:
            concerns[entry.concern] += 0 if entry.hint else entry.weight
            if entry.sub:
                subs[entry.sub] += entry.weight
    top = profile().concern(max(concerns, key=lambda code: concerns[code], default="OTHER"))
    likely = [sub.code for sub in top.subs if subs[sub.code] > 0]
    if likely:
        return max(likely, key=lambda code: subs[code])
    return top.default_sub.code if top.default_sub else top.code


@pytest.mark.parametrize(("text", "expected"), GOLDEN)
def test_made_complaints_are_told_apart(text: str, expected: str) -> None:
    assert weigh(text) == expected


def test_every_sub_concern_has_a_complaint() -> None:
    subs = {sub.code for concern in profile().concerns for sub in concern.subs}
    assert subs <= {expected for _, expected in GOLDEN}
