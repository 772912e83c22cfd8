"""Items, packages, county ranges, guides, and the fee standards adopted after those shipped."""

from typing import Any

from piccolo.columns import (
    JSON,
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from market.accounts.tables import Organisation, Person
from ratings.ledger.database import ENGINE


class Package(Table, db=ENGINE):
    """A service package; `supervisor` is the department that rates its engagements."""

    code = Varchar(length=40, primary_key=True)
    name_zh = Varchar(length=60)
    name_en = Varchar(length=120)
    position = Integer()
    supervisor = ForeignKey(references=Organisation, null=True, on_delete=OnDelete.restrict)
    version = Integer(default=1)
    record = JSONB()


class CatalogueEdition(Table, db=ENGINE):
    """One dated edition of the list of items: `state` draft, adopted or discarded.

    `number` orders the adopted ones. `effective_on` is the first day an adopted one is the list of
    the day, None for the first one, whose day no source publishes; `in_force_at` is when the
    current rows of `item` became those of this edition.
    """

    id = Varchar(length=40, primary_key=True)
    number = Integer(null=True, default=None)
    title_zh = Varchar(length=80)
    title_en = Varchar(length=160)
    note_zh = Text()
    note_en = Text()
    state = Varchar(length=10)
    base: ForeignKey[Any] = ForeignKey(references="self", null=True, on_delete=OnDelete.restrict)
    effective_on = Date(null=True, default=None)
    version = Integer(default=1)
    drafted_by = ForeignKey(references=Person, null=True, on_delete=OnDelete.restrict)
    drafted_at = Timestamptz()
    decided_by = ForeignKey(references=Person, null=True, on_delete=OnDelete.restrict)
    decided_at = Timestamptz(null=True, default=None)
    in_force_at = Timestamptz(null=True, default=None)


class EditionChange(Table, db=ENGINE):
    """One act on one item in an edition, in the order of `position`; `proposed_by` wrote it."""

    id = UUID(primary_key=True)
    edition = ForeignKey(references=CatalogueEdition, null=False, on_delete=OnDelete.restrict)
    position = Integer()
    change = JSONB()
    proposed_by = ForeignKey(references=Person, null=False, on_delete=OnDelete.restrict)
    proposed_at = Timestamptz()


class ItemVersion(Table, db=ENGINE):
    """An item as an adopted edition has it; every edition has a row of every item known by then."""

    id = UUID(primary_key=True)
    edition = ForeignKey(references=CatalogueEdition, null=False, on_delete=OnDelete.restrict)
    code = Varchar(length=4)
    record = JSONB()


class PackageVersion(Table, db=ENGINE):
    """A package as it was composed once: `state` draft, adopted or discarded.

    `number` orders the adopted versions of a package. `effective_on` is the first day of an adopted
    one, None for the version that the catalogue was loaded with; `in_force_at` is when the row of
    the package became this one. `editors` are the persons who have written in the draft.
    """

    id = UUID(primary_key=True)
    package = Varchar(length=40, index=True)
    number = Integer(null=True, default=None)
    state = Varchar(length=10)
    record = JSONB()
    reason = Text()
    version = Integer(default=1)
    editors = Array(base_column=UUID())
    drafted_at = Timestamptz()
    decided_by = ForeignKey(references=Person, null=True, on_delete=OnDelete.restrict)
    decided_at = Timestamptz(null=True, default=None)
    effective_on = Date(null=True, default=None)
    in_force_at = Timestamptz(null=True, default=None)


class Item(Table, db=ENGINE):
    """One intermediary service item as the edition in force has it; `record` is the whole of it."""

    code = Varchar(length=4, primary_key=True)
    name_zh = Varchar(length=80)
    name_en = Varchar(length=160)
    active = Boolean()
    package = ForeignKey(references=Package, null=True, on_delete=OnDelete.restrict)
    record = JSONB()


class CountyRange(Table, db=ENGINE):
    """The range the centre sets where no published standard covers an item (收费区间).

    It bears the id of the proposal that a second person adopted.
    """

    id = UUID(primary_key=True)
    item = ForeignKey(references=Item, null=False, on_delete=OnDelete.restrict)
    size_class = Varchar(length=10)
    low_fen = BigInt()
    high_fen = BigInt()
    set_on = Date()
    reason = Text()
    set_by = ForeignKey(references=Organisation, null=True, on_delete=OnDelete.restrict)
    demonstration = Boolean(default=False)
    created_at = Timestamptz()


class CountyRangeProposal(Table, db=ENGINE):
    """What one person of the centre proposes and another decides.

    `state` proposed, adopted, refused or withdrawn; `decision` is the reason of a refusal.
    """

    id = UUID(primary_key=True)
    item = ForeignKey(references=Item, null=False, on_delete=OnDelete.restrict)
    size_class = Varchar(length=10)
    low_fen = BigInt()
    high_fen = BigInt()
    set_on = Date()
    reason = Text()
    organisation = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    proposed_by = ForeignKey(references=Person, null=False, on_delete=OnDelete.restrict)
    proposed_at = Timestamptz()
    state = Varchar(length=10)
    decided_by = ForeignKey(references=Person, null=True, on_delete=OnDelete.restrict)
    decided_at = Timestamptz(null=True, default=None)
    decision = Text()


class FeeStandardVersion(Table, db=ENGINE):
    """A fee standard that was proposed here: draft, proposed, adopted, refused or withdrawn.

    `record` is the standard as its data file would have it; JSON and not JSONB, for the order of
    kinds and grades means something. `proposed_by` submitted it for `organisation`, and
    `decided_by` is another person, of the centre.
    """

    id = UUID(primary_key=True)
    code = Varchar(length=40)
    valid_from = Date()
    state = Varchar(length=10)
    record = JSON()
    reason = Text()
    decision = Text()
    organisation = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    proposed_by = ForeignKey(references=Person, null=False, on_delete=OnDelete.restrict)
    decided_by = ForeignKey(references=Person, null=True, on_delete=OnDelete.restrict)
    created_at = Timestamptz()
    submitted_at = Timestamptz(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)


class ItemSupervisor(Table, db=ENGINE):
    """The department that the centre has named for one item; an item without a row, or with an
    empty one, has the supervisor of its package."""

    item = ForeignKey(references=Item, primary_key=True, null=False, on_delete=OnDelete.restrict)
    supervisor = ForeignKey(references=Organisation, null=True, on_delete=OnDelete.restrict)
    version = Integer(default=1)


class GuideVersion(Table, db=ENGINE):
    """A service guide as it was published; the highest `number` of an item is in force.

    `organisation` is the department that wrote it; a guide made from the sources alone has none.
    """

    id = UUID(primary_key=True)
    item = ForeignKey(references=Item, null=False, on_delete=OnDelete.restrict)
    number = Integer()
    record = JSONB()
    organisation = ForeignKey(references=Organisation, null=True, on_delete=OnDelete.restrict)
    submitted_by = ForeignKey(references=Person, null=True, on_delete=OnDelete.restrict)
    published_by = ForeignKey(references=Person, null=True, on_delete=OnDelete.restrict)
    published_at = Timestamptz()


class GuideDraft(Table, db=ENGINE):
    """The one draft of an item's guide: `state` draft, submitted, returned with the reason in
    `decision`, or none once it is published or discarded. Its `version` goes on rising even then,
    so that nobody who has read an older text overwrites a newer one."""

    item = ForeignKey(references=Item, primary_key=True, null=False, on_delete=OnDelete.restrict)
    state = Varchar(length=10)
    version = Integer()
    record = JSONB()
    organisation = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    edited_at = Timestamptz()
    submitted_by = ForeignKey(references=Person, null=True, on_delete=OnDelete.restrict)
    submitted_at = Timestamptz(null=True, default=None)
    decision = Text()


class GuideTemplate(Table, db=ENGINE):
    """A file to fill in for one of the materials of a guide; everybody's once it is published."""

    id = UUID(primary_key=True)
    item = ForeignKey(references=Item, null=False, on_delete=OnDelete.restrict)
    filename = Varchar(length=200)
    content_type = Varchar(length=100)
    size = BigInt()
    sha256 = Varchar(length=64)
    storage_key = Varchar(length=100)
    uploaded_at = Timestamptz()
    published_at = Timestamptz(null=True, default=None)
