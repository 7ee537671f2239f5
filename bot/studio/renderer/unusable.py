"""The one refusal of the renderer that is the sender's to mend."""


class UnusableReference(ValueError):
    """A picture or clip that was sent cannot be read; trying again changes nothing."""
