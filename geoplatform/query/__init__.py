"""One question about a layer, whoever asks it: a FeatureQuery becomes one SQL statement. No HTTP here."""
