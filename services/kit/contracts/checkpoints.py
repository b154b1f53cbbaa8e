"""Body of `duoge.checkpoints`: the heads of the records that changed, signed, for whoever wants to keep a copy outside."""

from pydantic import Field

from services.kit.contracts.payload import Moment, Payload


class RecordSealed(Payload):
    """`hash` is SHA-256 of `body`, `signature` Ed25519 of the same bytes by `key`; all three in hexadecimal digits."""

    number: int
    at: Moment
    body: str = Field(
        description="JSON: number, at, previous (the hash of the checkpoint before), heads: [[subject, sequence, hash]]"
    )
    hash: str
    signature: str
    key: str
