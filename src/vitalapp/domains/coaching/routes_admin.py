"""Coaching in the staff API."""

from vitalapp.domains.coaching import routes_availability, routes_clients, routes_officer

ROUTES = [*routes_availability.ROUTES, *routes_clients.ROUTES, *routes_officer.ROUTES]
