"""The set-up: what it must do, and the sentence for each fault."""
