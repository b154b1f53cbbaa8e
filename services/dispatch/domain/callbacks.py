"""回访, pure: whom to call about a case, whom not, and what their answers together say.

Orders of one person about one matter are one reporter, who is called once. A verdict of content stands; one of discontent
stands for its round of the case: whoever was not content is asked again about the rework. So are tries that reached nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.dispatch.models import OrderLink
from services.fabric.calendar import SHANGHAI


@dataclass(frozen=True, slots=True)
class Reporter:
    """One person's live orders in a case, the oldest first, in its `round` now. `most`: tries until one gives up."""

    links: tuple[OrderLink, ...]
    round: int
    most: int

    @property
    def anonymous(self) -> bool:
        return all(link.anonymous for link in self.links)

    @property
    def of_source(self) -> bool:
        """Called by the source: then not by us as well."""
        return any(link.callback_by == "source" for link in self.links)

    @property
    def verdict(self) -> OrderLink | None:
        """The order with the last answer that still stands."""
        given = [link for link in self.links if link.resolved is not None]
        last = max(given, key=lambda link: (link.round, link.answered_at or link.since), default=None)
        return last if last is not None and (content(last) or last.round >= self.round) else None

    @property
    def said_nothing(self) -> bool:
        """Was called about this round and gave no verdict: nobody is called twice about the same."""
        return any(link.resolved is None and link.round == self.round for link in self.links)

    @property
    def tries(self) -> tuple[datetime, ...]:
        """Of this round, that reached nobody."""
        return tuple(sorted(at for link in self.links if link.tried_round == self.round for at in link.tried_at))

    @property
    def given_up(self) -> bool:
        return self.verdict is None and len(self.tries) >= self.most

    @property
    def silent(self) -> bool:
        """Has an answer to give and has not given it."""
        return not (self.anonymous or self.given_up or self.said_nothing) and self.verdict is None

    @property
    def ours(self) -> bool:
        """To be called by us, now or another day."""
        return self.silent and not self.of_source

    @property
    def not_before(self) -> date | None:
        """The first day of the next try; None: any."""
        return _day(self.tries[-1]) + timedelta(days=1) if self.tries else None

    def callable_on(self, at: datetime) -> bool:
        return self.not_before is None or _day(at) >= self.not_before

    @property
    def asked_about(self) -> OrderLink:
        """The order by which they are called."""
        return next((link for link in self.links if not link.anonymous), self.links[0])


def content(link: OrderLink) -> bool:
    return bool(link.resolved) and link.satisfaction != "dissatisfied"


def reporters(links: Iterable[OrderLink], round: int, most: int) -> list[Reporter]:
    """In the order in which they came. Who can't be told apart is a person of their own."""
    people: dict[str, list[OrderLink]] = {}
    live = (link for link in links if link.live)
    for link in sorted(live, key=lambda link: (link.since, link.order_id)):
        people.setdefault(f"person/{link.person}" if link.person else link.order_id, []).append(link)
    return [Reporter(tuple(orders), round, most) for orders in people.values()]


def all_content(people: Iterable[Reporter]) -> bool:
    """Somebody is content, nobody is not, and nobody is still to be asked."""
    asked = list(people)
    verdicts = [verdict for one in asked if (verdict := one.verdict) is not None]
    return bool(verdicts) and all(map(content, verdicts)) and not any(one.silent for one in asked)


def unreachable(people: Iterable[Reporter]) -> bool:
    """Nobody could be asked: somebody was given up and nobody else has answered or may still answer."""
    asked = [one for one in people if not one.anonymous]
    return bool(asked) and all(one.given_up for one in asked)


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()
