"""Amounts, numbers and times as people write them, in the reader's language."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from ratings.ledger.clock import SHANGHAI

_FEN_PER_YUAN = Decimal(100)
_FEN_PER_WAN = Decimal(1_000_000)
_CENT = Decimal("0.01")


def _is_chinese(locale: Locale) -> bool:
    return locale.language == "zh"


def number(locale: Locale, value: Decimal | int | float, places: int | None = None) -> str:
    """Grouped by thousands; `places` fixes the decimals (half-up), else they stay as they are."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    decimals = max(0, -int(exact.as_tuple().exponent))
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(exact, format=pattern, locale=locale, decimal_quantization=False))


def percent(locale: Locale, share: Decimal | float, places: int = 0) -> str:
    """A share of one as a percentage: 0.35 → 35%."""
    return number(locale, Decimal(str(share)) * 100, places) + "%"


def fine_percent(locale: Locale, share: float) -> str:
    """The same with two digits that count, where many are below a hundredth: 12%, 3.4%, 0.35%."""
    return percent(locale, share, 0 if share >= 0.1 else 1 if share >= 0.01 else 2)


def yuan(locale: Locale, fen: int | Decimal) -> str:
    """12,345.00 元, or ¥12,345.00; whole amounts without decimals."""
    amount = (Decimal(fen) / _FEN_PER_YUAN).quantize(_CENT, ROUND_HALF_UP)
    text = number(locale, abs(amount), 0 if amount == amount.to_integral_value() else 2)
    sign = "-" if amount < 0 else ""
    return f"{sign}{text} 元" if _is_chinese(locale) else f"{sign}¥{text}"


def wan(locale: Locale, fen: int | Decimal) -> str:
    """万元 with two decimals for Chinese readers; English has no such unit and gets yuan."""
    if not _is_chinese(locale):
        return yuan(locale, (Decimal(fen) / _FEN_PER_YUAN).quantize(Decimal(1)) * _FEN_PER_YUAN)
    return f"{wan_number(locale, fen)} 万元"


def wan_number(locale: Locale, fen: int | Decimal) -> str:
    """The bare figure of `wan`, for a column whose head names the unit."""
    return number(locale, Decimal(fen) / _FEN_PER_WAN, 2)


def _local(value: date | datetime) -> date | datetime:
    return value.astimezone(SHANGHAI) if isinstance(value, datetime) else value


def day(locale: Locale, value: date | datetime) -> str:
    """2026年11月23日, or 23 Nov 2026; a time counts as its Shanghai date."""
    local = _local(value)
    if _is_chinese(locale):
        return f"{local.year}年{local.month}月{local.day}日"
    return format_date(local, "d MMM y", locale=locale)


def last_day(locale: Locale, end: datetime) -> str:
    """The last day before an instant: a window that ends at midnight ends on the day before."""
    return day(locale, end - timedelta(microseconds=1))


def short_day(locale: Locale, value: date | datetime) -> str:
    """2026-11-23 in both languages, for tables."""
    return f"{_local(value):%Y-%m-%d}"


def moment(locale: Locale, value: datetime) -> str:
    """A Shanghai date with the minute."""
    return f"{day(locale, value)} {_local(value):%H:%M}"


def month(locale: Locale, value: date) -> str:
    """2026年11月, or Nov 2026."""
    if _is_chinese(locale):
        return f"{value.year}年{value.month}月"
    return format_date(value, "MMM y", locale=locale)


def file_size(locale: Locale, octets: int) -> str:
    """Octets, KB or MB of 1,024."""
    if octets < 1024:
        return f"{octets} B"
    if octets < 1024 * 1024:
        return f"{number(locale, Decimal(octets) / 1024, 0)} KB"
    return f"{number(locale, Decimal(octets) / 1024 / 1024, 1)} MB"
