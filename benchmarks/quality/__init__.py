"""Retrieval and answer quality: recall, quote@k, EM, F1, calibration."""
