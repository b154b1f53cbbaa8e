"""举报: who may see that there is one, and who may read it. Whoever works on it reads it in its case, where it is shown to
the lead alone."""

CONFIDENT = frozenset({"admin", "supervisor"})
# While it is not decided what becomes of it somebody at the desk has to read it.
DESK, UNDECIDED = "duty_desk", frozenset({"received", "triage"})
WITHHELD = "举报件，内容保密"


def may_read(role: str, own: bool, status: str) -> bool:
    """Its masked words, and its line in lists. `own`: the key speaks for the source that sent it."""
    return own or role in CONFIDENT or (role == DESK and status in UNDECIDED)


def may_reveal(role: str) -> bool:
    """Who reported, and the words as they were said."""
    return role in CONFIDENT


def statuses_read(role: str) -> frozenset[str] | None:
    """Of confidential orders of others, those in which this role reads them; None: in all."""
    if role in CONFIDENT:
        return None
    return UNDECIDED if role == DESK else frozenset()
