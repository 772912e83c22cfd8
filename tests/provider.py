"""An identity provider as a process of its own: `python -m tests.provider SECRET` prints its port.

It is oidc-provider-mock, which answers every user by name, made strict about PKCE. What a test
orders at `/orders` spoils the next ID token: other claims, another algorithm, a key that nobody
has published; or changes the published key for good.
"""

import base64
import hashlib
import json
import sys
import warnings
from typing import Any
from urllib.parse import quote

# It stands on a library whose client deprecates itself; none of that is in the product.
warnings.simplefilter("ignore")

import flask  # noqa: E402
import oidc_provider_mock  # noqa: E402
from authlib import jose  # noqa: E402
from oidc_provider_mock._storage import Storage  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

app = oidc_provider_mock.app(require_nonce=True)
_challenges: dict[str, str] = {}
_orders: dict[str, Any] = {}
_secret = sys.argv[1]


def _storage() -> Storage:
    return flask.g.oidc_provider_mock_storage


@app.post("/orders")
def orders() -> tuple[str, int]:
    _orders.clear()
    _orders.update(flask.request.get_json())
    if _orders.pop("rotate", False):
        _storage().jwk = jose.RSAKey.generate_key(is_private=True)
    return "", 204


@app.before_request
def check_challenge() -> Any:
    """The mock itself would take any verifier, and any secret."""
    if flask.request.path != "/oauth2/token":
        return None
    given = flask.request.authorization
    verifier = flask.request.form.get("code_verifier", "")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    wanted = _challenges.get(flask.request.form.get("code", ""))
    right = given is not None and given.password == quote(_secret)
    if not right or challenge.rstrip(b"=").decode() != wanted:
        return flask.jsonify({"error": "invalid_grant"}), 400
    return None


@app.after_request
def keep_challenge(response: flask.Response) -> flask.Response:
    if flask.request.path == "/oauth2/authorize" and response.status_code == 302:
        query = flask.request.args
        code = flask.Request.from_values(response.location).args.get("code", "")
        if query.get("code_challenge_method") == "S256":
            _challenges[code] = query["code_challenge"]
    return response


@app.after_request
def obey(response: flask.Response) -> flask.Response:
    if flask.request.path != "/oauth2/token" or response.status_code != 200 or not _orders:
        return response
    answer = response.get_json()
    padded = answer["id_token"].split(".")[1] + "=="
    claims = json.loads(base64.urlsafe_b64decode(padded)) | _orders.get("claims", {})
    key = _storage().jwk
    if _orders.get("unpublished"):
        key = jose.RSAKey.generate_key(is_private=True)
    algorithm = _orders.get("alg", "RS256")
    if algorithm == "HS256":
        key = _secret.encode()
    signer = jose.JsonWebSignature(algorithms=["RS256", "HS256", "none"])
    header = {"alg": algorithm}
    if algorithm == "RS256":
        header["kid"] = key.as_dict()["kid"]
    signed = signer.serialize_compact(header, json.dumps(claims).encode(), key)
    answer["id_token"] = signed.decode()
    _orders.clear()
    response.set_data(json.dumps(answer))
    return response


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(server.server_port, flush=True)
    server.serve_forever()
