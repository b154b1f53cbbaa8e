"""Settings of the console."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import KitSettings


class ConsoleSettings(KitSettings):
    """Read from the same `DUOGE_` variables as every other service."""

    model_config = SettingsConfigDict(env_prefix="DUOGE_", env_ignore_empty=True, frozen=True, extra="ignore")

    session_length: timedelta = Field(default=timedelta(hours=12), description="控制台登录多久后要重新登录")
    screen_refresh: timedelta = Field(default=timedelta(seconds=2), description="指挥屏多久更新一次")
    screen_most: int = Field(default=2000, ge=10, le=20000, description="指挥屏列表最多列多少件，最急的在前")
