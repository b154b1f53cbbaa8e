"""Rows that can never decide anything, and kinds of trouble that no row is sure to take."""

from collections.abc import Sequence
from functools import lru_cache

from services.dispatch.domain.routing.conditions import asked, minutes
from services.dispatch.domain.routing.row import Row, When
from services.fabric.profile import Profile
from services.fabric.taxonomy import OTHER

# Conditions of which one value of the list is enough: the fewer values, the fewer matters.
LISTS = ("channel", "kind", "zone", "level", "grid", "unit", "owner", "component")
_FLAGS = ("emergency", "inside_wall")


def leaves(profile: Profile) -> list[tuple[str, str, str]]:
    """Every kind of trouble as (category, concern, sub); a concern without subs stands for its own sub."""
    return [
        (concern.category, concern.code, leaf)
        for concern in profile.concerns
        for leaf in ([sub.code for sub in concern.subs] or [concern.code])
    ]


def entails(narrow: When, wide: When) -> bool:
    """Whatever fits `narrow` fits `wide` too, the kind of trouble aside. Words come first: they tell most rows apart."""
    if not _words_entail(narrow, wide):
        return False
    for name in asked(wide):
        mine, theirs = getattr(narrow, name), getattr(wide, name)
        if name in LISTS and not (mine and set(mine) <= set(theirs)):
            return False
        if name in _FLAGS and mine is not theirs:
            return False
    return _hours_entail(narrow.hours, wide.hours)


def _words_entail(narrow: When, wide: When) -> bool:
    """A text with 卸货噪声 has 噪声 in it; one without 噪声 has no 卸货噪声."""
    if wide.words and not (narrow.words and all(any(w in word for w in wide.words) for word in narrow.words)):
        return False
    return all(any(mine in word for mine in narrow.unless) for word in wide.unless)


def _hours_entail(narrow: str | None, wide: str | None) -> bool:
    return wide is None or _span(narrow) <= _span(wide)


def hours_meet(one: str | None, other: str | None) -> bool:
    return one is None or other is None or not _span(one).isdisjoint(_span(other))


@lru_cache(maxsize=512)
def _span(hours: str | None) -> frozenset[int]:
    if hours is None:
        return frozenset(range(1440))
    since, until = minutes(hours)
    return frozenset(range(since, until)) if since < until else frozenset((*range(since, 1440), *range(until)))


def unreachable(profile: Profile, rows: Sequence[Row]) -> list[tuple[Row, tuple[str, ...]]]:
    """Rows that never decide, with the ids of the earlier ones that take all that is theirs; none of those where a row's
    own conditions on the kind of trouble exclude each other. `rows` in the order in which they are asked."""
    kinds = leaves(profile)
    taken = [frozenset(n for n, kind in enumerate(kinds) if row.when.takes(*kind)) for row in rows]
    fields = [frozenset(asked(row.when)) for row in rows]
    found: list[tuple[Row, tuple[str, ...]]] = []
    for place, row in enumerate(rows):
        left = set(taken[place])
        by: list[str] = []
        for earlier in range(place):
            # `unless` may follow from nothing but `unless`, and so with every other condition.
            if fields[earlier] <= fields[place] and not left.isdisjoint(taken[earlier]):
                if entails(row.when, rows[earlier].when):
                    left -= taken[earlier]
                    by.append(rows[earlier].id)
                if not left:
                    break
        if not left:
            found.append((row, tuple(by)))
    return found


def holes(profile: Profile, rows: Sequence[Row]) -> list[str]:
    """Subs (or concerns without subs) that no row takes whatever else is true: such a matter may fall to the street unseen.
    A row without any conditions counts for 其他 alone, because it would hide every hole."""
    sure = [row.when for row in rows if not asked(row.when)]
    return [
        leaf
        for category, concern, leaf in leaves(profile)
        if not any(when.takes(category, concern, leaf) and (when.names_matter or concern == OTHER) for when in sure)
    ]


def surely(profile: Profile, rows: Sequence[Row], matter: str, zone: str | None) -> Row | None:
    """The row that takes a kind of trouble in a zone whatever else is true; `rows` in the order in which they are asked."""
    kind = next((kind for kind in leaves(profile) if kind[2] == matter), None)
    if kind is None:
        return None
    for row in rows:
        sets = asked(row.when)
        if row.when.takes(*kind) and (not sets or (sets == ("zone",) and zone in row.when.zone)):
            return row
    return None
