"""The national exchange of construction approvals: what it wants to know of agency services.

The table is SPGL_ZJFWSXBLXXB (中介服务事项办理信息表) of the data standard for construction project
approvals (v1 of 2019, V3 of 2023); its columns are known to us from unofficial copies only.
"""

from datetime import datetime

import msgspec


class ServiceHandling(msgspec.Struct, frozen=True, kw_only=True):
    """One item of one engagement, under the column names of the table.

    What the market does not record stays empty and is not made up: the project code, the standard
    code of the item (its list was found nowhere), the instance of the approval, and the type of
    the time limit, whose codes are not known. `blsx` is in working days, as promised for the whole
    engagement.
    """

    lsh: int
    dfsjzj: str
    xzqhdm: str
    xmdm: str = ""
    zjfwsxmc: str
    zjfwsxbm: str
    dybzzjfwsxbm: str = ""
    zjfwsxslbm: str
    spsxslbm: str = ""
    blsx: int
    sxlx: str = ""
    zjjgdm: str
    zjjgmc: str
    wtr: str
    wtrdm: str
    sjyxbs: int = 1
    sjwxyy: str = ""
    scsj: datetime
