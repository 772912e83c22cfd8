"""How a fee standard looks as a workbook: its sheets, their columns and what may stand in them.

The reader and the writer both go by this, so that what is downloaded can be uploaded again.
"""

from typing import NamedTuple

STANDARD, KINDS, BANDS, FACTORS, EXTRAS, GUIDE = (
    "标准 Standard",
    "收费项 Kinds",
    "分档 Bands",
    "系数 Factors",
    "另加 Extras",
    "说明 Guide",
)


class Column(NamedTuple):
    """Its name in both languages, and the words it may hold where they are few."""

    zh: str
    en: str
    choices: tuple[str, ...] = ()


YES = "yes"
METHODS = ("progressive", "interpolation", "negotiation", "ceiling", "unit-price", "missing")
RATES = {"%": "percent", "‰": "permille", "元": "each"}
# What a row of an interpolation is, where it is no point of the line.
BELOW, FROM_ZERO, ABOVE, OPEN = "below", "from zero", "above", "above, open"
PRACTICE = ", practice"
RULES = (BELOW, BELOW + PRACTICE, FROM_ZERO, FROM_ZERO + PRACTICE, ABOVE, ABOVE + PRACTICE, OPEN)

# Rows of the first sheet: the field, and whether several texts stand in it, one a line.
FIELDS: dict[str, tuple[str, str, bool]] = {
    "code": ("代码", "code", False),
    "document": ("文号", "document", False),
    "amended_by": ("修改文件（一行一个）", "amended by, one a line", True),
    "title_zh": ("名称（中文）", "title in Chinese", False),
    "title_en": ("名称（英文）", "title in English", False),
    "issued_on": ("发布日期（YYYY-MM-DD）", "issued on", False),
    "valid_from": ("施行日期（YYYY-MM-DD）", "in force from", False),
    "dates_mark": ("日期依据：F、F-u、M、C", "dates founded on", False),
    "mark": ("数据依据：F、F-u、M、C", "figures founded on", False),
    "market_since": ("自何日起为市场调节价", "market price since", False),
    "status_zh": ("状态（中文）", "status in Chinese", False),
    "status_en": ("状态（英文）", "status in English", False),
    "float_percent": ("浮动幅度（%）", "float in percent", False),
    "additional_factors": ("可否附加调整系数（yes）", "additional factors: yes", False),
    "notes_zh": ("备注（中文，一行一条）", "notes in Chinese, one a line", True),
    "notes_en": ("备注（英文，一行一条）", "notes in English, one a line", True),
}
OPTIONAL = {"amended_by", "market_since", "float_percent", "additional_factors"} | {
    "notes_zh",
    "notes_en",
}

COLUMNS: dict[str, tuple[Column, ...]] = {
    KINDS: (
        Column("代码", "code"),
        Column("名称（中文）", "name in Chinese"),
        Column("名称（英文）", "name in English"),
        Column("按金额或数量", "driver", ("amount", "quantity")),
        Column("计费基数（中文）", "figure in Chinese"),
        Column("计费基数（英文）", "figure in English"),
        Column("算法", "method", METHODS),
        Column("最高限额（万元）", "cap in 万元"),
        Column("每专题加（%）", "each special topic, percent"),
        Column("核增核减起点（%）", "cuts and additions above, percent"),
        Column("核增核减费率（%）", "rate on them, percent"),
        Column("数量不足按", "least quantity"),
        Column("整个项目一价", "one price for the job", (YES,)),
        Column("备注（中文）", "note in Chinese"),
        Column("备注（英文）", "note in English"),
    ),
    BANDS: (
        Column("收费项代码", "kind"),
        Column("等级", "grade"),
        Column("自（不含）", "from"),
        Column("至（含）", "to"),
        Column("费率、费用或下限", "rate, fee or low"),
        Column("上限", "high"),
        Column("单位", "unit", (*RATES, "万元")),
        Column("表外规则", "outside the table", RULES),
    ),
    FACTORS: (
        Column("事实", "fact"),
        Column("方式", "by", ("choice", "partial", "number", "uplift", "step")),
        Column("名称（中文）", "name in Chinese"),
        Column("名称（英文）", "name in English"),
        Column("适用收费项（逗号分隔）", "kinds, by comma"),
        Column("选项代码或海拔上限", "choice, or up to"),
        Column("选项（中文）", "choice in Chinese"),
        Column("选项（英文）", "choice in English"),
        Column("系数（下限）", "factor, or low"),
        Column("系数上限", "high"),
        Column("至多少万元", "up to 万元"),
    ),
    EXTRAS: (
        Column("代码", "code"),
        Column("名称（中文）", "name in Chinese"),
        Column("名称（英文）", "name in English"),
        Column("占费用（%）", "percent of the fee"),
    ),
}

GUIDE_TEXT: tuple[tuple[str, str], ...] = (
    (
        "每张表第一行是表头，不要改动；数字直接填写，不要公式；金额单位为万元，数量单位见收费项。",
        "The first row of each sheet is its head: leave it. Write numbers, no formulas. The unit of"
        " amounts is 万元 and that of quantities stands with the kind.",
    ),
    (
        "“标准”：每行一个字段，填在 C 列；代码与现行标准相同即为修改，不同即为新标准。",
        "“Standard”: one field a row, in column C. The code of a standard in force changes it,"
        " another code is a new standard.",
    ),
    (
        "“收费项”：每行一个收费项。算法：progressive 差额定率累进；interpolation 直线内插；"
        "negotiation 协商区间；ceiling 最高费率；unit-price 单价；missing 原文未找到。",
        "“Kinds”: one row each. Methods: progressive rates by band, interpolation between points, a"
        " range to negotiate, a ceiling, a unit price, or missing where it was not found.",
    ),
    (
        "“分档”：累进与协商区间的每一档从上一档的终点开始，第一档从 0 开始，最后一档的“至”可空；"
        "费率单位 %、‰ 或 元（每单位）；第一档如为定额，单位填 万元。",
        "“Bands”: each band of progressive rates or of a range begins where the last one ends, the"
        " first at 0; the last may have no end. Units of a rate: %, ‰ or 元 for each unit. A first"
        " band with one sum has the unit 万元.",
    ),
    (
        "内插每行一个点：“自”填计费额，“费用”填收费额（按金额的填 万元，按数量的填 元）。"
        "表外另起一行并选规则：below 低于表，above 高于表"
        "（填 % 为全额费率，填金额为定额，两个金额为区间），"
        "from zero 为 0 处的费用，practice 为惯例而非文件所载。",
        "Interpolation: a point a row, the figure in “from”, the fee in E, in 万元 by amount and"
        " 元 by quantity. Outside the table a row of its own with its rule: below or above with a"
        " rate of the whole in %, one sum, or a range of two; from zero is the fee at 0; practice"
        " is custom and not in the document.",
    ),
    (
        "单价每行一个等级，从最简单到最困难，单位 元；只有一种单价的，等级填“-”。",
        "Unit price: a row for each grade from the mildest to the hardest, in 元 with"
        " “-” as the grade where there is one price only.",
    ),
    (
        "“系数”：同一系数表的各行前五列相同。choice 按选项；partial 只列变动的选项；"
        "number 为上下限之间的数；uplift 为上限可上浮的百分比；step 为海拔（米）分档。",
        "“Factors”: rows of one table share their first five columns. choice names choices, partial"
        " only those it changes, number any between two limits, uplift a percentage the upper end"
        " may rise by, step altitudes in metres.",
    ),
    (
        "上传后先核对错误、曲线与受影响的上架服务，再提交；由中心另一人批准，自施行日期起生效。",
        "After the upload look at the faults, the curve and the listings it touches, then submit"
        " it. Another person of the centre approves it, and it takes effect on its day.",
    ),
)
