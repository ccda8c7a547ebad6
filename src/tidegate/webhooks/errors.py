"""What sending and keeping endpoints have in common to refuse."""

from tidegate.core.errors import InvalidError


class WebhookUrlError(InvalidError):
    code = "webhook-url"
