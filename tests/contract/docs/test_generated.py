"""Pages made from the code say what the code says."""

from pathlib import Path

from duoge.contracts import settings_page

DOCS = Path(__file__).parents[3] / "docs"


def test_the_table_of_settings_is_current() -> None:
    assert (DOCS / "settings.md").read_text("utf-8") == settings_page(), "文档落后了，请运行 make contracts"
    assert "`DUOGE_SECRET` | 必填" in settings_page()
