"""Large language models: asked for rationales, checks and verdicts."""
