"""The local runtime, tried with tiny functions of its own."""
