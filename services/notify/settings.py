"""Settings of notify: how deliveries go out, and which inner networks they may reach."""

from datetime import timedelta

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from services.kit.settings import KitSettings
from services.notify.domain.targets import Network, read_networks


class NotifySettings(KitSettings):
    """Read from `DUOGE_` variables like every other service's."""

    model_config = SettingsConfigDict(env_prefix="DUOGE_", env_ignore_empty=True, frozen=True, extra="ignore")

    delivery_timeout: timedelta = Field(default=timedelta(seconds=10), description="推送等对方回答多久")
    delivery_total: int = Field(default=64, ge=1, le=1000, description="同时推送多少件")
    delivery_per_host: int = Field(default=8, ge=1, le=100, description="同时向一个地址（主机和端口）推送多少件")
    webhook_networks: str = Field(
        default="", description="允许推送的内网网段，逗号分隔，如 10.0.0.0/8；不设则只许公网地址"
    )

    @field_validator("webhook_networks")
    @classmethod
    def _readable(cls, listed: str) -> str:
        read_networks(listed)
        return listed

    def networks(self) -> tuple[Network, ...]:
        """Under `dev` every address, this machine's too."""
        return read_networks("0.0.0.0/0,::/0" if self.dev else self.webhook_networks)
