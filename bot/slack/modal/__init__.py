"""The dialogs: what is asked in them, and how the answers are read.

`room` opens one for a click or for the bare command, draws `make` again while people choose (the
price follows), and reads what they submit. The invariant: a dialog is read by the same keys that
it was written with, so that both stand in one file. `form` holds what they are built of.
"""

from bot.slack.modal.edit import caption_fault, edit_modal, read_edit
from bot.slack.modal.form import Origin, inputs, read_answers
from bot.slack.modal.make import Choice, Offer, chosen_model, make_modal, price_of, read_choice
from bot.slack.modal.post import post_modal
from bot.slack.modal.remix import remix_modal
from bot.slack.modal.resolve import resolve_modal

__all__ = [
    "Choice",
    "Offer",
    "Origin",
    "caption_fault",
    "chosen_model",
    "edit_modal",
    "inputs",
    "make_modal",
    "post_modal",
    "price_of",
    "read_answers",
    "read_choice",
    "read_edit",
    "remix_modal",
    "resolve_modal",
]
