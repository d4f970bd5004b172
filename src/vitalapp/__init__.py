"""Vitalapp: the backend of an employee vitality app."""
