"""The columns of municipal exports of places, told by their names."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from services.fabric.datum import Crs

# Field → the headings it goes by; the first that a row fills counts.
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "名称", "标准名称", "地名", "地名名称", "楼宇名称", "店名", "商户名称", "单位名称", "建筑名称"),
    "estate": ("小区名称", "小区", "住宅小区", "小区名", "所属小区", "居住区名称"),
    "address": ("标准地址", "地址", "详细地址", "门牌地址", "地址全称", "地址名称", "坐落"),
    "road": ("道路", "道路名称", "路名", "街路巷", "街路巷名称", "街路名称", "所在道路"),
    "number": ("门牌号", "门牌", "门牌号码", "号码"),
    "lane": ("弄", "弄号", "弄牌号"),
    "house": ("号", "门号", "楼门号"),
    "building": ("幢", "幢号", "楼栋", "楼栋号", "楼号", "栋号", "栋", "楼幢号", "号楼"),
    "lon": ("lon", "经度", "lng", "longitude", "中心点经度", "起点经度"),
    "lat": ("lat", "纬度", "latitude", "中心点纬度", "起点纬度"),
    "x": ("x", "x坐标", "坐标x", "横坐标"),
    "y": ("y", "y坐标", "坐标y", "纵坐标"),
    "to_lon": ("to_lon", "终点经度"),
    "to_lat": ("to_lat", "终点纬度"),
    "crs": ("crs", "坐标系", "坐标系统", "坐标类型"),
    "kind": ("kind", "类型", "类别", "地名类型", "地名类别", "分类", "种类"),
    "aliases": ("aliases", "别名", "简称", "俗称", "又名"),
    "former": ("former", "曾用名", "原名", "旧名", "历史名称", "曾用地址", "原地址"),
    "low": ("low", "起号", "起始号", "起始门牌", "起始门牌号", "门牌起"),
    "high": ("high", "止号", "终止号", "终止门牌", "终止门牌号", "门牌止"),
    "parity": ("parity", "单双号", "单双", "奇偶"),
    "unit": ("unit", "物业单位编码", "物业编码", "管理单位编码"),
}
_FIELD_OF = {heading: (field, at) for field, headings in _HEADINGS.items() for at, heading in enumerate(headings)}
_BRACKETED = re.compile(r"\((.*?)\)")
_CRS: Mapping[str, Crs] = {
    "wgs84": "wgs84",
    "gps": "wgs84",
    "4326": "wgs84",
    "cgcs2000": "cgcs2000",
    "国家2000": "cgcs2000",
    "大地2000": "cgcs2000",
    "2000国家大地": "cgcs2000",
    "4490": "cgcs2000",
    "gcj02": "gcj02",
    "火星": "gcj02",
    "高德": "gcj02",
    "腾讯": "gcj02",
    "国测局": "gcj02",
    "bd09": "bd09",
    "百度": "bd09",
}
_KINDS = {
    "address": "门牌 门牌号 门弄牌 地址 标准地址 门址",
    "road": "道路 路 街路巷 城市道路 街道路 公路",
    "estate": "小区 住宅小区 居民小区 居住小区 里弄 弄堂 居民点 住宅区 新村",
    "building": "楼栋 幢 楼幢 栋 建筑物 居民楼 住宅楼 楼号",
    "shop": "商铺 店铺 商店 门店 餐饮 超市 沿街商铺 便利店 菜场 商户",
    "office": "楼宇 写字楼 商务楼 办公楼 商务楼宇 大厦 机关 企业 单位",
    "landmark": "地标 景点 公交站 地铁站 车站 轨道站 标志物 纪念地 广场 桥梁 桥",
    "park": "公园 绿地",
    "school": "学校 幼儿园 中学 小学 教育",
    "hospital": "医院 卫生 医疗",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_PARITY = {
    "odd": "单 单号 奇 奇数 odd",
    "even": "双 双号 偶 偶数 even",
    "both": "双侧 单双 单双号 全部 both 混合",
}
_PARITY_OF = {word: parity for parity, words in _PARITY.items() for word in words.split()}


@lru_cache(maxsize=4096)
def _told(heading: str) -> tuple[str, int, Crs | None] | None:
    """(field, its rank among the headings of that field, the datum that the heading names)."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", heading)).lower()
    bracketed = _BRACKETED.search(plain)
    found = _FIELD_OF.get(_BRACKETED.sub("", plain))
    return (*found, crs_of(bracketed.group(1)) if bracketed else None) if found else None


def columns(row: Mapping[str, Any]) -> dict[str, str]:
    """Field → text, of the cells that are understood and not blank. A datum in a heading (`经度(GCJ02)`) is the row's."""
    told: dict[str, tuple[int, str]] = {}
    for heading, value in row.items():
        found = _told(heading)
        text = "" if value is None else str(value).strip()
        if found is None or not text:
            continue
        field, rank, crs = found
        if field not in told or rank < told[field][0]:
            told[field] = (rank, text)
        if crs:
            told.setdefault("crs", (99, crs))
    return {field: text for field, (_, text) in told.items()}


def unread(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Headings that nobody understands, each once."""
    headings = {heading: None for row in rows for heading in row}
    return [heading for heading in headings if _told(heading) is None]


def crs_of(text: str) -> Crs | None:
    plain = re.sub(r"[\s_\-]|坐标系?", "", unicodedata.normalize("NFKC", text)).lower()
    return next((crs for word, crs in _CRS.items() if word in plain), None)


def kind_of(text: str) -> str:
    """The registry's word for a kind, else the export's own."""
    return _KIND_OF.get(text, text)


def parity_of(text: str) -> str:
    return _PARITY_OF.get(text, text)
