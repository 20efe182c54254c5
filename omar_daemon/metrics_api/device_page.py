"""The HTML of the login by a code: no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, Response

from omar_daemon.browser import Browser
from omar_daemon.metrics_api.codes import Grant
from omar_daemon.store.keys import LOCAL_USER

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:12vh auto;padding:0 1rem}"
    "h1{font-size:1.4rem}label{display:block;margin:1rem 0}code{font-size:1.1em}"
    "input{font:inherit;width:100%;padding:.5rem;margin-top:.25rem;box-sizing:border-box}"
    "button{font:inherit;padding:.5rem 1.2rem;margin-right:.6rem}"
)
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    # Not `no-referrer`: a browser would then post the form with a null origin, which is refused.
    "referrer-policy": "same-origin",
}


def sign_in() -> Response:
    """For a browser nobody signed in."""
    return _page(
        "Sign in first",
        "<p>Run <code>omar open</code> on the machine of this daemon and follow its link. "
        "Then open this page again.</p>",
        401,
    )


def ask(browser: Browser, typed: str, grant: Grant | None) -> Response:
    """The form: the code (filled in when the address told it), whom the key shall belong to, yes or no."""
    note = ""
    if typed and grant is None:
        note = "<p><b>No login waits under that code.</b></p>"
    elif grant is not None:
        client = escape(_visible(grant.client)) or "a program that does not say its name"
        note = f"<p>Waiting: <b>{client}</b>. It will be able to upload and read scores.</p>"
    body = (
        "<p>Confirm only a login you began yourself, with the code your terminal shows.</p>"
        f"{note}<form method=post action=/device>"
        f'<input type=hidden name=form_token value="{escape(browser.form_token)}">'
        f'<label>Code<input name=user_code required autocomplete=off value="{escape(_visible(typed)[:20])}"></label>'
        f'<label>User<input name=user value="{LOCAL_USER}" pattern="[A-Za-z0-9_-]{{1,64}}" required></label>'
        "<button name=decision value=approve>Confirm</button><button name=decision value=deny>Refuse</button></form>"
    )
    return _page("Log a program in", body, 200)


def told(sentence: str, *, status: int = 200) -> Response:
    return _page("Log a program in", f"<p>{escape(sentence)}</p>", status)


def _page(title: str, body: str, status: int) -> Response:
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>{body}</html>"
    )
    return HTMLResponse(text, status_code=status, headers=_HEADERS)


def _visible(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
