"""Action → what does it."""

from collections.abc import Mapping

from services.dispatch.domain.lifecycle import Action
from services.dispatch.usecases.actions import disputing, finishing, handling, pausing
from services.dispatch.usecases.actions.asked import Do

DO: Mapping[Action, Do] = {
    "sign": handling.sign,
    "contact": handling.contact,
    "progress": handling.progress,
    "urge": handling.urge,
    "supervise": handling.supervise,
    "return": disputing.send_back,
    "rule": disputing.rule,
    "transfer": disputing.transfer,
    "climb": disputing.climb,
    "extend": pausing.extend,
    "approve": pausing.approve,
    "refuse": pausing.refuse,
    "defer": pausing.defer,
    "resume": pausing.resume,
    "shelve": pausing.shelve,
    "unshelve": pausing.unshelve,
    "statutory": pausing.statutory,
    "resolve": finishing.resolve,
    "explain": finishing.explain,
    "verify": finishing.verify,
    "callback": finishing.callback,
    "recheck": finishing.recheck,
    "close": finishing.close,
    "reopen": finishing.reopen,
}
