"""Settings of intake: the kernel's, and what its doors need besides."""

from collections.abc import Sequence

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import KitSettings


class IntakeSettings(KitSettings):
    """Read from the same `DUOGE_` variables as every other service."""

    model_config = SettingsConfigDict(env_prefix="DUOGE_", env_ignore_empty=True, frozen=True, extra="ignore")

    open311_jurisdiction: str | None = Field(
        default=None, max_length=64, description="Open311 的 jurisdiction_id；不设则用城市方案的名字"
    )
    open311_channels: str = Field(
        default="*", description="Open311 向所有人公开哪些渠道的工单，编码以逗号分隔；* 为全部；保密的总不公开"
    )
    open311_rate: int = Field(default=20, ge=1, description="不带密钥读 Open311，每个地址每秒请求数上限")

    @property
    def channels_shown(self) -> Sequence[str] | None:
        """None for all."""
        codes = [code.strip() for code in self.open311_channels.split(",") if code.strip()]
        return None if "*" in codes else codes
