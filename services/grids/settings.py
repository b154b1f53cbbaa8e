"""Settings of the registry."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import KitSettings


class GridsSettings(KitSettings):
    """Read from the same `DUOGE_` variables as every other service, its own with `GRIDS_` after that."""

    model_config = SettingsConfigDict(env_prefix="DUOGE_", env_ignore_empty=True, frozen=True, extra="ignore")

    grids_history: timedelta = Field(
        default=timedelta(days=3650), ge=timedelta(0), description="失效的网格版本还能按时间查多久"
    )
    grids_wait: timedelta = Field(
        default=timedelta(seconds=30), gt=timedelta(0), description="wait=true 时等各服务换上新版本最多多久"
    )
    grids_settle: timedelta = Field(
        default=timedelta(seconds=5), gt=timedelta(0), description="写入后等本进程的网格副本换上新版本最多多久"
    )
    grids_arrange_wait: timedelta = Field(
        default=timedelta(seconds=20), gt=timedelta(0), description="查叠合地块时最多等多久，没叠合完就先答进度"
    )
    grids_cases_kept: timedelta = Field(
        default=timedelta(days=365),
        ge=timedelta(days=90),
        description="结案后的案件和推诿记录在网格登记里留多久（反复、三不管前后对比要用）",
    )
    grids_body_limit: int = Field(
        default=256 * 1024 * 1024, ge=1024, description="导入图层、地名地址库的请求体上限，字节"
    )
