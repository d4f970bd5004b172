"""What every HTTP operation shares, on the Litestar side; `wiring` hands it to `app.py`.

A request passes, from outside in:

- `envelope`: request id, language, refusals that need no routing (plain http, outdated app, unreadable URL), security headers,
  the request's log line and metrics;
- Litestar's routing, guards (`preconditions` and `idempotency` have one each), and `request`, which decodes the body;
- the handler, with `paging`, `preconditions` and `idempotency` at hand;
- `errors`, which turns any exception into a problem document.

`health`, `well_known`, `metrics` and `openapi` are operations of their own.
"""
