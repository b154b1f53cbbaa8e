"""Who does something to a case, in two tellings: by name for the timeline, by office for the events."""

from dataclasses import dataclass

ROLE_TITLES = {
    "admin": "城运中心",
    "duty_desk": "城运中心",
    "supervisor": "区城运中心",
    "system": "系统",
    "citizen": "市民",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is a person's or a key's and never leaves the house; `title` is what events say instead."""

    name: str
    role: str
    title: str


SYSTEM = Actor("系统", "system", ROLE_TITLES["system"])
CITIZEN = Actor("市民", "citizen", ROLE_TITLES["citizen"])
SOURCE = Actor("来源", "source", "来源")
