"""The kind of trouble that a text speaks of, by the profile's own words: for a question asked with nothing but a text.

A real order comes classified; this is what the words alone say, without confidence and without what a district has trained.
"""

from collections import defaultdict

from services.fabric.profile import Profile
from services.fabric.taxonomy import OTHER


def guess(profile: Profile, text: str) -> str:
    """The code of a sub, or of a concern that has none; OTHER where no word speaks for anything."""
    sums: dict[str, float] = defaultdict(float)
    subs: dict[str, float] = defaultdict(float)
    for entry in profile.lexicon:
        if entry.word in text:
            if not entry.hint:
                sums[entry.concern] += entry.weight
            if entry.sub:
                subs[entry.sub] += entry.weight
    order = [concern.code for concern in profile.concerns]
    best = max(order, key=lambda code: sums[code])
    concern = profile.concern(best if sums[best] > 0 else OTHER)
    likely = [sub for sub in concern.subs if subs[sub.code] > 0]
    chosen = max(likely, key=lambda sub: subs[sub.code]) if likely else concern.default_sub
    return chosen.code if chosen else concern.code
