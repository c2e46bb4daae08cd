"""What crosses the addons: a real server, a real browser, a real SMTP server, faults."""
