"""Questions asked of quarters: indicators with their definition, computed from the platform's own layers."""
