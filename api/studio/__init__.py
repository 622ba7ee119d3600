"""The review studio: server-rendered pages under `/studio` for whoever reads, trusts, edits and releases e-mails.

door        who is asking: session, role, CSRF        accounts    people, roles, passwords
sessions    signed-in browsers, links that sign in    rendering   templates, the page around them, headers
pages/      one module a page: parse, call one function of a room, answer
templates/  Jinja: `page.html` is the frame, `parts/` what pages share
static/     our CSS and scripts, htmx and fonts: nothing comes from elsewhere, there is no build step
"""
