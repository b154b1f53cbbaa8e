"""Receipts in and out."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.intake.schemas.bodies import Body
from services.intake.schemas.texts import LONGEST_CONTENT, Note, Said
from services.intake.usecases.reporting import Satisfaction
from services.intake.usecases.residents import Ask
from services.kit.contracts.orders import OrderStatus


class SupplementAsk(Body):
    content: Annotated[Said, Field(min_length=1, max_length=LONGEST_CONTENT)]

    def ask(self) -> Ask:
        return Ask("supplement", self.content)


class UrgeAsk(Body):
    note: Note = ""

    def ask(self) -> Ask:
        return Ask("urge", self.note)


class WithdrawAsk(Body):
    reason: Note = ""

    def ask(self) -> Ask:
        return Ask("withdraw", self.reason)


class AppealAsk(Body):
    reason: Note = ""

    def ask(self) -> Ask:
        return Ask("appeal", self.reason)


class FeedbackAsk(Body):
    resolved: bool
    satisfaction: Satisfaction
    comment: Note = ""

    def ask(self) -> Ask:
        return Ask("feedback", self.comment, self.resolved, self.satisfaction)


class ReceiptLine(BaseModel):
    at: str
    step: str
    said: str = Field(description="办结、解释时承办单位的说明；其余为空")


class ReceiptAnswer(BaseModel):
    """不含反映人、原话、地址；举报和要求保密的连事项和承办单位也不写。"""

    code: str
    status: OrderStatus
    title: str = Field(description="现在到了哪一步")
    meaning: str
    explanation: str = Field(description="不予受理或退回的原因和去处；没有则为空")
    concern: str | None
    reported_at: str
    progress: list[ReceiptLine]
    satisfaction: Satisfaction | None
    allowed: list[Literal["supplement", "urge", "withdraw", "feedback", "appeal"]]
    notice: str = Field(description="刚才要求的事没有改变什么，为什么；平时为空")
    links: dict[str, str]
