"""One folder per domain; `vitalapp.registry` finds them."""
