"""What `duoge orders import --preview` says to whoever keeps a register: in his own words, no field of ours."""

import pytest

from duoge.cli.registers import say


def test_a_preview_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    names = {"登记日期": "reported_at", "姓名": "reporter.name", "反映事项": "content", "备注": None}
    sample = {
        "line": 5,
        "reported_at": "2026-11-03T00:00:00+08:00",
        "reporter": {"name": "有"},
        "content": "楼道灯不亮",
    }
    told = {"sheet": "十一月", "header_line": 4, "rows": 2, "preview": True, "added": 1, "known": 0, "failures": 1}
    failed = [{"line": 6, "cells": [], "reasons": ["缺反映时间，请补上"]}]
    columns = [{"header": header, "field": field} for header, field in names.items()]
    say(told | {"columns": columns, "sample": [sample], "failed": failed})
    said = capsys.readouterr()
    assert "  登记日期 → 反映时间\n  姓名 → 诉求人\n  反映事项 → 诉求内容\n  备注 → （收进 extra 或不管）\n" in said.out
    assert "  例：第 5 行 2026-11-03T00:00:00+08:00，楼道灯不亮\n" in said.out
    assert "第 6 行：缺反映时间，请补上" in said.err
