"""Signing in and out, the registration of enterprises and the application of agencies."""

from typing import Any, cast
from urllib.parse import quote

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery

from market.accounts import actions
from market.accounts.identity import Asking, actor, session_cookie, visitor
from market.accounts.permissions import allow
from market.agencies.actions import AgencyApplication, QualificationClaim, apply_for_admission
from market.demonstration.accounts import ACCOUNTS, PASSWORD
from market.settings import Settings
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
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
    "person-name-missing": "person_name",
    "organisation-name-missing": "organisation_name",
    "name-missing": "name",
    "established-later": "established_on",
    "staff-negative": "staff",
}
_QUALIFICATIONS = 3
# What RFC 3986 gives a meaning in a path and a query, and the sign of what is encoded already.
_IN_ADDRESSES = "/?#[]@!$&'()*+,;=:%~"


def _settings(request: Asking) -> Settings:
    return cast(Settings, request.app.state.settings)


def _onward(path: str) -> str:
    """Where to go after signing in: a path of this site, never another address.

    What a header cannot carry is encoded, as a browser would do with it in its address bar.
    """
    plain = path.startswith("/") and not path.startswith(("//", "/\\", "/sign-"))
    return quote(path, safe=_IN_ADDRESSES) if plain and path.isprintable() else "/workspace"


def _sign_in_page(
    request: Asking, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    return page(
        request,
        "account/sign_in.html",
        status=error.status if error else 200,
        typed=form.typed,
        accounts=ACCOUNTS if _settings(request).demonstration else (),
        demonstration_password=PASSWORD,
        **refusal(request, error),
    )


@get("/sign-in", **allow(Role.PUBLIC))
async def sign_in_form(
    request: Asking, next_path: FromQuery[str] = "", login: FromQuery[str] = ""
) -> Response[Any]:
    if visitor(request):
        return see_other(_onward(next_path))
    return _sign_in_page(request, Form({"next_path": next_path, "login": login}))


@post("/sign-in", **allow(Role.PUBLIC))
async def sign_in(request: Asking) -> Response[Any]:
    form = await submitted(request)
    settings = _settings(request)
    try:
        form.required("login", "password")
        form.check()
        who = await actions.sign_in(
            form.text("login"),
            form.typed["password"],
            now(),
            demonstration=settings.demonstration,
        )
    except SteelyardError as error:
        return _sign_in_page(request, form, error)
    response = see_other(_onward(form.text("next_path")))
    response.set_cookie(
        Cookie(
            key=session_cookie(settings),
            value=who.token,
            httponly=True,
            secure=settings.secure_cookies,
            samesite="lax",
        )
    )
    return response


@post("/sign-out", **allow(Role.PUBLIC))
async def sign_out(request: Asking) -> Response[None]:
    who = visitor(request)
    if who:
        await actions.sign_out(who.token)
    response = see_other("/", N_("You have signed out."))
    response.delete_cookie(session_cookie(_settings(request)))
    return response


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
    sign_in_form,
    sign_in,
    sign_out,
    register_form,
    register,
    application_form,
    apply,
]
