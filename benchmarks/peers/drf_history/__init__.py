"""A project as the documentation of Django REST framework and django-pghistory has it: trees that are edited.

It runs in build/peers, an environment of its own, and knows nothing of the platform.
"""
