"""The directory of agencies once more, as FastAPI and SQLAlchemy would be used by the book.

The same rows of the same PostgreSQL and the same fields as the market's own `/api/v1/agencies`:
mapped classes, an async session for each request, the relations loaded with `selectinload`, an
answer declared as a pydantic model. It leaves out signing in, rate limits and entity tags.
"""

import os
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import ForeignKey, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

_engine = create_async_engine(os.environ["BENCH_PEER_URL"], pool_size=10)
_sessions = async_sessionmaker(_engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Agency(Base):
    __tablename__ = "agency"

    uscc: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    established_on: Mapped[date]
    staff: Mapped[int]
    state: Mapped[str]
    demonstration: Mapped[bool]
    listings: Mapped[list["Listing"]] = relationship(
        primaryjoin="and_(Listing.agency == Agency.uscc, Listing.state == 'live')",
        order_by="Listing.package",
        viewonly=True,
    )
    qualifications: Mapped[list["Qualification"]] = relationship(
        order_by="Qualification.name", viewonly=True
    )


class Listing(Base):
    __tablename__ = "listing"

    id: Mapped[str] = mapped_column(primary_key=True)
    agency: Mapped[str] = mapped_column(ForeignKey("agency.uscc"))
    package: Mapped[str]
    state: Mapped[str]


class Qualification(Base):
    __tablename__ = "qualification"

    id: Mapped[str] = mapped_column(primary_key=True)
    agency: Mapped[str] = mapped_column(ForeignKey("agency.uscc"))
    name: Mapped[str]
    level: Mapped[str]


class Standing(Base):
    __tablename__ = "standing"

    id: Mapped[str] = mapped_column(primary_key=True)
    uscc: Mapped[str]
    current: Mapped[bool]
    score: Mapped[Decimal | None]
    stars: Mapped[int | None]
    state: Mapped[str]
    engagements: Mapped[int]
    confirmed: Mapped[bool]


class Delisting(Base):
    __tablename__ = "delisting"

    id: Mapped[str] = mapped_column(primary_key=True)
    uscc: Mapped[str]
    lifted_at: Mapped[date | None]


class Engagement(Base):
    __tablename__ = "engagement"

    id: Mapped[str] = mapped_column(primary_key=True)
    agency: Mapped[str]
    state: Mapped[str]


class AgencyOut(BaseModel):
    uscc: str
    name: str
    name_en: str
    established_on: date
    staff: int
    demonstration: bool
    stars: int | None
    score: str | None
    state: str
    engagements: int
    delisted: bool
    packages: list[str]
    qualifications: list[str]
    settled: int
    confirmed: bool


class PageOut(BaseModel):
    items: list[AgencyOut]
    next: str | None


async def session() -> AsyncIterator[AsyncSession]:
    async with _sessions() as opened:
        yield opened


app = FastAPI()


@app.get("/api/v1/agencies")
async def list_agencies(db: Annotated[AsyncSession, Depends(session)], limit: int = 50) -> PageOut:
    delisted = exists().where(Delisting.uscc == Agency.uscc, Delisting.lifted_at.is_(None))
    settled = (
        select(func.count())
        .where(Engagement.agency == Agency.uscc, Engagement.state == "settled")
        .scalar_subquery()
    )
    found = await db.execute(
        select(Agency, Standing, delisted, settled)
        .outerjoin(Standing, (Standing.uscc == Agency.uscc) & Standing.current)
        .where(Agency.state == "admitted")
        .options(selectinload(Agency.listings), selectinload(Agency.qualifications))
        .order_by(
            Standing.stars.desc().nulls_last(),
            Standing.confirmed.desc().nulls_last(),
            Standing.score.desc().nulls_last(),
            Agency.uscc,
        )
        .limit(limit + 1)
    )
    rows = found.all()
    return PageOut(
        items=[
            AgencyOut(
                uscc=agency.uscc,
                name=agency.name,
                name_en=agency.name_en,
                established_on=agency.established_on,
                staff=agency.staff,
                demonstration=agency.demonstration,
                stars=standing.stars if standing else None,
                score=str(standing.score) if standing and standing.score is not None else None,
                state=standing.state if standing else "unrated",
                engagements=standing.engagements if standing else 0,
                delisted=is_delisted,
                packages=[listing.package for listing in agency.listings],
                qualifications=[
                    f"{one.name} {one.level}" if one.level else one.name
                    for one in agency.qualifications
                ],
                settled=count,
                confirmed=standing.confirmed if standing else False,
            )
            for agency, standing, is_delisted, count in rows[:limit]
        ],
        next=f"/api/v1/agencies?limit={limit}&offset={limit}" if len(rows) > limit else None,
    )
