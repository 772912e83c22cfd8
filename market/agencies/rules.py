"""What a listing must satisfy."""

from decimal import Decimal

from market.catalogue.package_fees import PackageRange
from market.catalogue.workings import show
from ratings.ledger.errors import Bilingual, Refused


def yuan(fen: int) -> str:
    """Fen as 元 with two places and thousands separators, for messages."""
    return f"{Decimal(fen) / 100:,.2f}"


def check_listing_price(price_fen: int, standard: PackageRange) -> None:
    """Refused above the range, with the range and its workings; below it is allowed."""
    if price_fen <= 0:
        raise Refused("price-not-positive", "A price is above zero.")
    if price_fen > standard.high_fen:
        raise Refused(
            "price-above-range",
            "{price} yuan is above the standard fee range of this package for these project"
            " figures, {low} to {high} yuan. Workings: {workings}",
            price=yuan(price_fen),
            low=yuan(standard.low_fen),
            high=yuan(standard.high_fen),
            workings=workings_text(standard),
        )


def workings_text(standard: PackageRange) -> Bilingual:
    """One clause a fee line: the document or county range it rests on, its low and high; then
    what the bundle discount takes off."""
    chinese, english = [], []
    for line in standard.lines:
        items = "、".join(line.items)
        low, high = yuan(line.low_fen), yuan(line.high_fen)
        source = "、".join(line.documents)
        sources = "，".join(filter(None, (source, line.label)))
        chinese.append(f"事项{items}：{low}～{high}元（{sources}）")
        english.append(
            f"item {', '.join(line.items)}: {low} to {high} yuan"
            f" ({source or 'county range'}{', reference only' if line.documents else ''})"
        )
    if standard.discount is not None:
        low, high = yuan(standard.discount.low_fen), yuan(standard.discount.high_fen)
        percent = show(standard.discount.percent)
        chinese.append(f"套餐优惠{percent}%：减{low}～{high}元")
        english.append(f"bundle discount {percent}%: less {low} to {high} yuan")
    return Bilingual(zh="；".join(chinese), en="; ".join(english))
