"""The registration of enterprises and the application of agencies."""

from typing import Any

from litestar import Response, get, post

from market.accounts import actions
from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.actions import AgencyApplication, QualificationClaim, apply_for_admission
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.ledger.uscc import parse_uscc

# At which field the errors belong that concern a single one.
_ACCOUNT_FIELDS = {
    "uscc-length": "uscc",
    "uscc-character": "uscc",
    "uscc-region": "uscc",
    "uscc-check": "uscc",
    "uscc-taken": "uscc",
    "login-missing": "login",
    "login-blank": "login",
    "login-taken": "login",
    "password-short": "password",
    "password-long": "password",
    "password-is-login": "password",
    "password-guessable": "password",
    "password-published": "password",
    "person-name-missing": "person_name",
    "organisation-name-missing": "organisation_name",
    "name-missing": "name",
    "established-later": "established_on",
    "staff-negative": "staff",
}
_QUALIFICATIONS = 3


def _register_page(
    request: Asking, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    return page(
        request,
        "account/register.html",
        status=error.status if error else 200,
        typed=form.typed,
        **refusal(request, error, _ACCOUNT_FIELDS),
    )


@get("/register", **allow(Role.PUBLIC))
async def register_form(request: Asking) -> Response[str]:
    return _register_page(request, Form({}))


@post("/register", **allow(Role.PUBLIC))
async def register(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        form.required("organisation_name", "uscc", "person_name", "login", "password")
        form.check()
        await actions.create_account(
            actor(request),
            actions.NewAccount(
                kind=Role.ENTERPRISE,
                organisation_name=form.text("organisation_name"),
                organisation_name_en=form.text("organisation_name_en"),
                uscc=form.text("uscc"),
                login=form.text("login"),
                password=form.typed["password"],
                person_name=form.text("person_name"),
            ),
        )
    except SteelyardError as error:
        return _register_page(request, form, error)
    return see_other("/sign-in", N_("Your account is open. Please sign in."))


def _application_page(
    request: Asking, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    return page(
        request,
        "account/apply.html",
        status=error.status if error else 200,
        typed=form.typed,
        qualifications=range(_QUALIFICATIONS),
        **refusal(request, error, _ACCOUNT_FIELDS),
    )


@get("/agencies/apply", **allow(Role.PUBLIC))
async def application_form(request: Asking) -> Response[str]:
    return _application_page(request, Form({}))


@post("/agencies/apply", **allow(Role.PUBLIC))
async def apply(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        await apply_for_admission(actor(request), _application(form))
    except SteelyardError as error:
        return _application_page(request, form, error)
    return see_other(
        "/sign-in", N_("Your application has reached the centre. Sign in to follow it.")
    )


def _application(form: Form) -> AgencyApplication:
    """What was typed as an application; Refused while fields are missing."""
    form.required("name", "uscc", "address", "contact_name", "contact_phone")
    form.required("person_name", "login", "password")
    established_on, staff = form.day("established_on"), form.whole("staff")
    claims = tuple(
        QualificationClaim(
            name=form.text(f"qualification-{n}"),
            level=form.text(f"level-{n}"),
            number=form.text(f"number-{n}"),
            valid_to=form.day(f"valid_to-{n}") if form.text(f"valid_to-{n}") else None,
        )
        for n in range(_QUALIFICATIONS)
        if form.text(f"qualification-{n}")
    )
    form.check()
    return AgencyApplication(
        uscc=parse_uscc(form.text("uscc")),
        name=form.text("name"),
        name_en=form.text("name_en"),
        introduction=form.text("introduction"),
        established_on=established_on,
        staff=staff,
        address=form.text("address"),
        contact_name=form.text("contact_name"),
        contact_phone=form.text("contact_phone"),
        login=form.text("login"),
        password=form.typed["password"],
        person_name=form.text("person_name"),
        qualifications=claims,
    )


ROUTES = [
    register_form,
    register,
    application_form,
    apply,
]
