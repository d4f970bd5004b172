"""The routes of the app, collected by topic."""

from vitalapp.domains.accounts import (
    password_routes,
    profile_routes,
    registration_routes,
    second_factor_routes,
    session_routes,
)

ROUTES = [
    *registration_routes.ROUTES,
    *session_routes.ROUTES,
    *password_routes.ROUTES,
    *second_factor_routes.ROUTES,
    *profile_routes.ROUTES,
]
