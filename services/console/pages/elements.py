"""Small pieces that the signed-in pages are made of."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from services.console.pages.nav import NAV
from services.console.visit import Visit

T = TypeVar("T")


class Text(TextElement):
    """A tag with words in it; never taken for HTML."""

    def __init__(self, tag: str, text: str, classes: str = "") -> None:
        super().__init__(tag=tag, text=text)
        self.classes(classes)


class Part(Generic[T]):
    """A place on the page that is drawn again only when what it shows has changed."""

    def __init__(self, tag: str, classes: str, draw: Callable[[T], None]) -> None:
        self.box = ui.element(tag).classes(classes)
        self._draw = draw
        self._shown: T | None = None

    def show(self, value: T) -> None:
        if value == self._shown:
            return
        self._shown = value
        self.box.clear()
        with self.box:
            self._draw(value)


def head() -> None:
    ui.add_head_html('<link rel="stylesheet" href="/console/assets/console.css">')


def link(text: str, to: str, classes: str = "") -> Text:
    shown = Text("a", text, classes)
    shown.props["href"] = to
    return shown


def attributes(element: ui.element, **given: Any) -> ui.element:
    """HTML attributes with any value; `aria_label` is `aria-label`."""
    for name, value in given.items():
        element.props[name.replace("_", "-")] = value
    return element


def pairs(rows: list[tuple[str, str]]) -> None:
    """A list of terms and what they are."""
    with ui.element("dl").classes("facts"):
        for term, value in rows:
            Text("dt", term)
            Text("dd", value or "—")


def bar(visit: Visit, here: str) -> Text:
    """The head of every signed-in page; returns the place where the business time stands."""
    profile = visit.room.words.profile
    with ui.element("header").classes("bar"):
        with ui.element("div").classes("brand"):
            Text("span", "多格合一")
            Text("span", profile.title if profile else "", "where")
        with ui.element("nav"):
            for name, to in NAV:
                shown = link(name, to)
                if name == here:
                    shown.props["aria-current"] = "page"
        with ui.element("div").classes("who"):
            time = Text("time", "", "clock")
            Text("span", visit.signature, "signature")
            with attributes(ui.element("form"), method="post", action="/logout"):
                attributes(Text("button", "退出"), type="submit")
    return time
