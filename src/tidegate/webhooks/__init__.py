"""Events out: signed webhooks with retries from the outbox, and the hook that is asked before a publisher is let in."""
