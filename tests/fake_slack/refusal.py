"""How the fake says no: in Slack's own words."""


class Refusal(Exception):
    """An answer `{"ok": false, "error": word}`; *more* stands beside the word."""

    def __init__(self, word: str, *messages: str, **more: object) -> None:
        super().__init__(word, *messages)
        self.word = word
        self.more = dict(more)
        if messages:
            self.more["response_metadata"] = {"messages": [f"[ERROR] {m}" for m in messages]}

    @property
    def answer(self) -> dict:
        return {"ok": False, "error": self.word, **self.more}
