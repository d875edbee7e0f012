"""Every layer in every service. These tests loop over the registry: a new layer is tested unasked."""
