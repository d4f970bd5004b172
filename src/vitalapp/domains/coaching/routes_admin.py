"""Coaching in the staff API."""

from vitalapp.domains.coaching import routes_availability

ROUTES = [*routes_availability.ROUTES]
