"""Answers about which orders belong together."""

from typing import Literal

from pydantic import BaseModel, Field


class AlikeItem(BaseModel):
    case_id: str
    score: float = Field(description="0–1，地点、时间、事项、用词合起来")
    sure: bool = Field(description="规则认为可以直接并案")
    reasons: list[str]
    refused: bool = Field(description="有人说过不是同一件事")
    place: str | None
    words: str = Field(description="案件最早一张工单的话，已隐去个人信息")


class AlikeAnswer(BaseModel):
    items: list[AlikeItem]


class ProposalItem(BaseModel):
    id: str
    order_id: str
    order_case_id: str | None
    title: str
    content: str
    address: str | None
    case_id: str = Field(description="可能属于的案件")
    case_words: str
    case_place: str | None
    score: float
    reasons: list[str]
    proposed_at: str


class ProposalPage(BaseModel):
    items: list[ProposalItem]
    next: str | None


class ProposalAnswer(BaseModel):
    id: str
    state: Literal["refused"]
