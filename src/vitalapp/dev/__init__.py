"""The local run: embedded stores, their roles, seed data and every process, supervised. Never used in production."""
