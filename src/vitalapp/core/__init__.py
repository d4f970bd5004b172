"""What every domain stands on: stores, keys, sessions, the fence, the outbox, the data map. No domain knowledge."""
