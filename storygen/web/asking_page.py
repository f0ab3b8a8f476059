"""The page that asks for the token, for a visit that came without it. Holds no script and loads nothing."""

from __future__ import annotations

from html import escape

_STYLE = """
:root{color-scheme:light dark;--paper:#FBF9F4;--ink:#22201C;--faint:#6A655C;--line:#D9D3C7}
@media(prefers-color-scheme:dark){:root{--paper:#16171A;--ink:#E6E3DC;--faint:#A09B90;--line:#3A3B40}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);color:var(--ink);
font:18px/1.6 Literata,Georgia,serif}
main{max-width:28rem;padding:24px}
h1{font-size:24px;font-weight:500;margin:0 0 16px}
p{margin:0 0 16px}
form{font:14px/1.6 system-ui,sans-serif;margin-top:32px}
label{display:block;color:var(--faint);margin-bottom:4px}
div{display:flex;gap:8px}
input,button{font:inherit;color:inherit;border:1px solid var(--line);border-radius:6px;padding:8px 12px}
input{flex:1;min-width:0;background:transparent}
button{background:var(--ink);color:var(--paper);border-color:var(--ink);cursor:pointer}
:focus-visible{outline:2px solid var(--ink);outline-offset:2px}
[role=alert]{font-weight:600}
"""


def asking_page(nonce: str, problem: str = "", to: str = "/", *, password: bool = False) -> str:
    """The page's HTML; `problem` says what was wrong with the last try, `to` is the page to go on to."""
    what = "Token or password" if password else "Token"
    said = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>StoryGen</title>
<style nonce="{escape(nonce)}">{_STYLE}</style>
<main>
<h1>Your stories are locked.</h1>
<p>Open StoryGen with the address that it printed when it started. It looks like
<code>…/?t=…</code> and this browser will remember it.</p>
{said}
<form method="post" action="/enter">
<input type="hidden" name="to" value="{escape(to)}">
<label for="t">{what}</label>
<div><input id="t" name="t" type="password" autocomplete="current-password" required autofocus>
<button>Open</button></div>
</form>
</main>
</html>
"""
