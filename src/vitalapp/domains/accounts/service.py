"""What other domains may ask of accounts."""

from vitalapp.domains.accounts.links import create_registration_link

__all__ = ["create_registration_link"]
