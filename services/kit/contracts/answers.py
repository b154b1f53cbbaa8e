"""Body of `duoge.answers`: what the source said in its answer to a callback."""

from services.kit.contracts.payload import Payload


class CallbackAnswered(Payload):
    """To an order that we asked it to take back. `reason` is masked."""

    order_id: str
    source: str
    accepted: bool
    reason: str = ""
