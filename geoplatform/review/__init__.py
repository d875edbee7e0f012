"""The review: what waits, decided by people who answer for a layer and a place."""
