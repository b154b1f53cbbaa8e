"""`/wall`: what became of what people reported, for everybody to read."""

from fastapi import FastAPI
from starlette.responses import Response

from services.console.domain.wall import Notice, may_hang, public
from services.console.domain.wording import SATISFACTION, STATES, Words
from services.console.models import CaseRow
from services.console.pages.html import page
from services.console.repository import reading
from services.console.room import Room
from services.kit.clock import local
from services.kit.http import cursors

PAGE = 30


def add_wall(app: FastAPI, room: Room) -> None:
    @app.get("/wall", include_in_schema=False)
    async def wall(after: cursors.Cursor = None) -> Response:
        words = room.words
        hidden = words.confidential_kinds()
        async with room.db.reading() as tx:
            rows = await reading.wall(tx, hidden, cursors.decode_moment(after), PAGE + 1)
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        older = cursors.encode(last.closed_at.isoformat(), last.case_id) if last and last.closed_at else None
        notices = [notice(row, words) for row in rows[:PAGE] if may_hang(row, hidden)]
        title = words.profile.title if words.profile else "多格合一"
        return page("wall.html", notices=notices, older=older, title=title, first=after is None)


def notice(row: CaseRow, words: Words) -> Notice:
    """问题来源, 问题内容, 整改措施, 进展情况, 群众满意度; no address, no unit's person, no number."""
    return Notice(
        source=words.channel(row.channel),
        concern=words.concern(row),
        content=public(row.summary or row.title),
        measures=public(row.measures or "") or "按规定办理",
        progress=f"{local(row.closed_at)} 结案" if row.closed_at else STATES.get(row.state, row.state),
        satisfaction=SATISFACTION.get(row.satisfaction or "", "未评价"),
    )
