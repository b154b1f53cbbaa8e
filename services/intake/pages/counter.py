"""What the pages for residents stand on."""

from dataclasses import dataclass

from starlette.requests import Request

from services.intake.api.office import Office
from services.intake.receipts import Papers


@dataclass(frozen=True, slots=True)
class Counter:
    """`photos`: how many a form takes, 0 where nothing can be kept; `photo_bytes`: all of them together."""

    office: Office
    papers: Papers
    photos: int
    photo_bytes: int


def counter_of(request: Request) -> Counter:
    counter: Counter = request.app.state.counter
    return counter
