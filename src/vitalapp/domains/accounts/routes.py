"""The routes of the app, collected by topic."""

from vitalapp.domains.accounts import registration_routes, session_routes

ROUTES = [*registration_routes.ROUTES, *session_routes.ROUTES]
