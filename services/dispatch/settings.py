"""Settings of dispatch, beyond the kernel's."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import KitSettings


class DispatchSettings(KitSettings):
    """Read from the same `DUOGE_` variables as every other service."""

    model_config = SettingsConfigDict(env_prefix="DUOGE_", env_ignore_empty=True, frozen=True, extra="ignore")

    dispatch_checkpoint_every: timedelta = Field(
        default=timedelta(minutes=1), gt=timedelta(0), description="案卷多久封存一次（检查点）"
    )
    dispatch_checkpoint_file: Path | None = Field(
        default=None, description="检查点另存的文件，放在数据库以外的盘上；duoge up 默认放在数据文件夹"
    )
