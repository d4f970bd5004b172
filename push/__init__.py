"""The push process."""
