"""Action → what does it."""

from collections.abc import Mapping

from services.dispatch.domain.lifecycle import Action
from services.dispatch.usecases.actions import (
    calling,
    classing,
    disputing,
    finishing,
    handling,
    lawful,
    pausing,
    sharing,
    shelving,
)
from services.dispatch.usecases.actions.asked import Do

DO: Mapping[Action, Do] = {
    "sign": handling.sign,
    "contact": handling.contact,
    "progress": handling.progress,
    "urge": handling.urge,
    "supervise": handling.supervise,
    "reclassify": classing.reclassify,
    "return": disputing.send_back,
    "rule": disputing.rule,
    "transfer": disputing.transfer,
    "climb": disputing.climb,
    "extend": pausing.extend,
    "approve": pausing.approve,
    "refuse": pausing.refuse,
    "defer": pausing.defer,
    "resume": pausing.resume,
    "assign": sharing.assign,
    "shelve": shelving.shelve,
    "unshelve": shelving.unshelve,
    "review": shelving.review,
    "statutory": lawful.statutory,
    "resolve": finishing.resolve,
    "explain": finishing.explain,
    "verify": finishing.verify,
    "callback": calling.callback,
    "recheck": finishing.recheck,
    "close": finishing.close,
    "reopen": finishing.reopen,
}
