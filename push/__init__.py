"""The place of the push process: it will carry content-free wake-ups from Redis to FCM, and never import `vitalapp`."""
