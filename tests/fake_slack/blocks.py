"""Block Kit's rules: what Slack refuses in messages, modals and Home.

Limits as docs.slack.dev/reference/block-kit states them. Fields that a block does not have are
refused too, as Slack does.
"""

from collections.abc import Callable, Iterable

from tests.fake_slack.refusal import Refusal

BLOCKS_IN = {"message": 50, "modal": 100, "home": 100}
MARKDOWN = 12_000

#: Fields beside `type` and `block_id`, `!` before those that must be there.
BLOCK_FIELDS = {
    "actions": "!elements",
    "alert": "!text level",
    "context": "!elements",
    "context_actions": "!elements",
    "divider": "",
    "file": "!external_id !source",
    "header": "!text",
    "image": "!alt_text image_url slack_file title",
    "input": "!label !element hint optional dispatch_action",
    "markdown": "!text",
    "plan": "!title tasks",
    "rich_text": "!elements",
    "section": "text fields accessory expand",
    "table": "!rows column_settings",
    "task_card": "!task_id !title details output sources status",
    "video": "!alt_text !title !thumbnail_url !video_url author_name description provider_icon_url "
    "provider_name title_url",
}
ONLY_IN_MESSAGES = {"markdown", "plan", "task_card", "file", "table", "context_actions", "alert"}

_SELECT = "placeholder confirm focus_on_load"
_INPUT = "placeholder focus_on_load initial_value dispatch_action_config"
#: Fields beside `type` and `action_id`.
ELEMENT_FIELDS = {
    "button": "!text value url style confirm accessibility_label",
    "channels_select": f"{_SELECT} initial_channel response_url_enabled",
    "checkboxes": "!options initial_options confirm focus_on_load",
    "conversations_select": f"{_SELECT} initial_conversation default_to_current_conversation "
    "response_url_enabled filter",
    "datepicker": f"{_SELECT} initial_date",
    "datetimepicker": "initial_date_time confirm focus_on_load",
    "email_text_input": _INPUT,
    "external_select": f"{_SELECT} initial_option min_query_length",
    "feedback_buttons": "!positive_button !negative_button",
    "file_input": "filetypes max_files",
    "icon_button": "!icon !text value confirm accessibility_label visible_to_user_ids",
    "image": "!alt_text image_url slack_file",
    "multi_channels_select": f"{_SELECT} initial_channels max_selected_items",
    "multi_conversations_select": f"{_SELECT} initial_conversations max_selected_items filter "
    "default_to_current_conversation",
    "multi_external_select": f"{_SELECT} initial_options min_query_length max_selected_items",
    "multi_static_select": f"{_SELECT} options option_groups initial_options max_selected_items",
    "multi_users_select": f"{_SELECT} initial_users max_selected_items",
    "number_input": f"!is_decimal_allowed min_value max_value {_INPUT}",
    "overflow": "!options confirm",
    "plain_text_input": f"multiline min_length max_length {_INPUT}",
    "radio_buttons": "!options initial_option confirm focus_on_load",
    "rich_text_input": _INPUT,
    "static_select": f"{_SELECT} options option_groups initial_option",
    "timepicker": f"{_SELECT} initial_time timezone",
    "url_text_input": _INPUT,
    "users_select": f"{_SELECT} initial_user",
    "workflow_button": "!text !workflow style accessibility_label",
}
_INPUTS_ONLY = {
    "email_text_input", "file_input", "number_input", "plain_text_input", "rich_text_input",
    "url_text_input",
}  # fmt: skip
_NOT_IN_INPUTS = {"button", "image", "overflow", "feedback_buttons", "icon_button"}
_NO_ACTION_ID = {"image", "mrkdwn", "plain_text"}
_OPTIONS = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}


class Checker:
    """Collects everything that is wrong, each with the place where it is."""

    def __init__(self, surface: str) -> None:
        self.surface = surface
        self.faults: list[str] = []

    def say(self, at: str, what: str) -> None:
        self.faults.append(f"{what} [json-pointer:{at}]")

    def blocks(self, blocks: object, at: str = "/blocks") -> list[str]:
        """Check a list of blocks and return what is wrong."""
        if not isinstance(blocks, list):
            self.say(at, "must provide an array")
            return self.faults
        if len(blocks) > BLOCKS_IN[self.surface]:
            self.say(at, f"no more than {BLOCKS_IN[self.surface]} items allowed")
        for i, block in enumerate(blocks):
            self.block(block, f"{at}/{i}")
        ids = [b["block_id"] for b in blocks if isinstance(b, dict) and b.get("block_id")]
        self.unique(ids, at, "block_id")
        marked = [b for b in blocks if isinstance(b, dict) and b.get("type") == "markdown"]
        if sum(len(str(b.get("text"))) for b in marked) > MARKDOWN:
            self.say(at, f"markdown text must be no more than {MARKDOWN} characters")
        return self.faults

    def block(self, block: object, at: str) -> None:
        kind = block.get("type") if isinstance(block, dict) else None
        if not isinstance(block, dict) or kind not in BLOCK_FIELDS:
            self.say(f"{at}/type", f"unsupported type: {kind}")
            return
        if kind in ONLY_IN_MESSAGES and self.surface != "message":
            self.say(f"{at}/type", f"unsupported type: {kind}")
        self.fields(block, BLOCK_FIELDS[kind], {"type", "block_id"}, at)
        self.length(block.get("block_id"), 255, f"{at}/block_id")
        check: Callable | None = getattr(self, f"_{kind}", None)
        if check:
            check(block, at)

    def fields(self, item: dict, known: str, always: set[str], at: str) -> None:
        names = {name.removeprefix("!") for name in known.split()} | always
        for name in set(item) - names:
            self.say(f"{at}/{name}", f"unsupported field: {name}")
        for name in known.split():
            if name.startswith("!") and name[1:] not in item:
                self.say(at, f"missing required field: {name[1:]}")

    def length(self, text: object, longest: int, at: str, *, shortest: int = 0) -> None:
        if text is None:
            return
        if not isinstance(text, str):
            self.say(at, "must be a string")
        elif len(text) > longest:
            self.say(at, f"must be less than {longest + 1} characters")
        elif len(text) < shortest:
            self.say(at, f"must be more than {shortest - 1} characters")

    def count(self, items: object, most: int, at: str, *, least: int = 1) -> list:
        if not isinstance(items, list):
            self.say(at, "must provide an array")
            return []
        if len(items) > most:
            self.say(at, f"no more than {most} items allowed")
        if len(items) < least:
            self.say(at, f"no fewer than {least} items allowed")
        return items

    def unique(self, names: Iterable[str], at: str, field: str) -> None:
        seen = list(names)
        for name in sorted({n for n in seen if seen.count(n) > 1}):
            self.say(at, f"`{field}` {name} already exists")

    def text(self, text: object, longest: int, at: str, *, plain: bool = False) -> None:
        if text is None:
            return
        kind = text.get("type") if isinstance(text, dict) else None
        if not isinstance(text, dict) or kind not in {"plain_text", "mrkdwn"}:
            self.say(f"{at}/type", "must be one of: plain_text, mrkdwn")
            return
        if plain and kind != "plain_text":
            self.say(f"{at}/type", "must be plain_text")
        extra = "emoji" if kind == "plain_text" else "verbatim"
        self.fields(text, "!text", {"type", extra}, at)
        self.length(text.get("text"), longest, f"{at}/text", shortest=1)

    # --- blocks ----------------------------------------------------------------------------------

    def _section(self, block: dict, at: str) -> None:
        if "text" not in block and "fields" not in block:
            self.say(at, "missing required field: text or fields")
        self.text(block.get("text"), 3000, f"{at}/text")
        if "fields" in block:
            for i, field in enumerate(self.count(block["fields"], 10, f"{at}/fields")):
                self.text(field, 2000, f"{at}/fields/{i}")
        if "accessory" in block:
            self.element(block["accessory"], f"{at}/accessory", refused=_INPUTS_ONLY)

    def _header(self, block: dict, at: str) -> None:
        self.text(block.get("text"), 150, f"{at}/text", plain=True)

    def _context(self, block: dict, at: str) -> None:
        for i, item in enumerate(self.count(block.get("elements"), 10, f"{at}/elements")):
            where = f"{at}/elements/{i}"
            if isinstance(item, dict) and item.get("type") == "image":
                self.element(item, where)
            else:
                self.text(item, 2000, where)

    def _actions(self, block: dict, at: str) -> None:
        items = self.count(block.get("elements"), 25, f"{at}/elements")
        for i, item in enumerate(items):
            self.element(item, f"{at}/elements/{i}", refused=_INPUTS_ONLY | {"image"})
        ids = [i["action_id"] for i in items if isinstance(i, dict) and i.get("action_id")]
        self.unique(ids, f"{at}/elements", "action_id")

    def _input(self, block: dict, at: str) -> None:
        self.text(block.get("label"), 2000, f"{at}/label", plain=True)
        self.text(block.get("hint"), 2000, f"{at}/hint", plain=True)
        self.element(block.get("element"), f"{at}/element", refused=_NOT_IN_INPUTS)

    def _image(self, block: dict, at: str) -> None:
        self._picture(block, at)
        self.text(block.get("title"), 2000, f"{at}/title", plain=True)

    def _markdown(self, block: dict, at: str) -> None:
        self.length(block.get("text"), MARKDOWN, f"{at}/text", shortest=1)

    def _task_card(self, block: dict, at: str) -> None:
        if block.get("status") not in {None, "pending", "in_progress", "complete", "error"}:
            self.say(f"{at}/status", "must be one of: pending, in_progress, complete, error")

    # --- elements --------------------------------------------------------------------------------

    def element(self, item: object, at: str, *, refused: set[str] = frozenset()) -> None:
        kind = item.get("type") if isinstance(item, dict) else None
        if not isinstance(item, dict) or kind not in ELEMENT_FIELDS or kind in refused:
            self.say(f"{at}/type", f"unsupported type: {kind}")
            return
        always = {"type"} if kind in _NO_ACTION_ID else {"type", "action_id"}
        self.fields(item, ELEMENT_FIELDS[kind], always, at)
        self.length(item.get("action_id"), 255, f"{at}/action_id", shortest=1)
        self.text(item.get("placeholder"), 150, f"{at}/placeholder", plain=True)
        self._confirm(item.get("confirm"), f"{at}/confirm")
        if kind in {"button", "workflow_button"}:
            self._button(item, at)
        elif kind == "image":
            self._picture(item, at)
        elif kind == "plain_text_input":
            self._text_input(item, at)
        elif "options" in item or "option_groups" in item:
            self._options(item, kind, at)
        elif kind in {"static_select", "multi_static_select"}:
            self.say(at, "missing required field: options")

    def _picture(self, item: dict, at: str) -> None:
        if ("image_url" in item) == ("slack_file" in item):
            self.say(at, "must provide one of: image_url, slack_file")
        self.length(item.get("image_url"), 3000, f"{at}/image_url", shortest=1)
        self.length(item.get("alt_text"), 2000, f"{at}/alt_text")

    def _button(self, item: dict, at: str) -> None:
        self.text(item.get("text"), 75, f"{at}/text", plain=True)
        self.length(item.get("value"), 2000, f"{at}/value")
        self.length(item.get("url"), 3000, f"{at}/url")
        self.length(item.get("accessibility_label"), 75, f"{at}/accessibility_label")
        if item.get("style") not in {None, "primary", "danger"}:
            self.say(f"{at}/style", "must be one of: primary, danger")

    def _text_input(self, item: dict, at: str) -> None:
        self.length(item.get("initial_value"), item.get("max_length", 3000), f"{at}/initial_value")
        for name, least in (("min_length", 0), ("max_length", 1)):
            value = item.get(name, least)
            if not isinstance(value, int) or not least <= value <= 3000:
                self.say(f"{at}/{name}", f"must be between {least} and 3000")

    def _options(self, item: dict, kind: str, at: str) -> None:
        groups = item.get("option_groups")
        if groups is not None:
            for i, group in enumerate(self.count(groups, 100, f"{at}/option_groups")):
                self.text(group.get("label"), 75, f"{at}/option_groups/{i}/label", plain=True)
        lists = [g.get("options") for g in groups] if groups else [item.get("options")]
        plain = kind not in {"checkboxes", "radio_buttons"}
        options = [
            option
            for each in lists
            for option in self.count(each, _OPTIONS.get(kind, 100), f"{at}/options")
        ]
        for i, option in enumerate(options):
            self._option(option, f"{at}/options/{i}", plain=plain, overflow=kind == "overflow")
        initial = item.get("initial_option")
        chosen = [initial] if initial else item.get("initial_options", [])
        if any(option not in options for option in chosen):
            self.say(f"{at}/initial_option", "must be one of the options")

    def _option(self, option: object, at: str, *, plain: bool, overflow: bool) -> None:
        if not isinstance(option, dict):
            self.say(at, "must be an object")
            return
        known = "!text !value description" + " url" * overflow
        self.fields(option, known, set(), at)
        self.text(option.get("text"), 75, f"{at}/text", plain=plain)
        self.text(option.get("description"), 75, f"{at}/description", plain=plain)
        self.length(option.get("value"), 150, f"{at}/value", shortest=1)

    def _confirm(self, confirm: object, at: str) -> None:
        if confirm is None:
            return
        if not isinstance(confirm, dict):
            self.say(at, "must be an object")
            return
        self.fields(confirm, "!title !text !confirm !deny style", set(), at)
        for name, longest in (("title", 100), ("confirm", 30), ("deny", 30)):
            self.text(confirm.get(name), longest, f"{at}/{name}", plain=True)
        self.text(confirm.get("text"), 300, f"{at}/text")


def check_message(blocks: object) -> list:
    """Return the blocks of a message, each with its `block_id`; `invalid_blocks` with reasons."""
    faults = Checker("message").blocks(blocks)
    if faults:
        raise Refusal("invalid_blocks", *faults)
    return numbered(blocks)


def numbered(blocks: list) -> list:
    """Return the blocks with the ids that Slack makes up where there is none."""
    return [{"block_id": f"b{i}", **block} for i, block in enumerate(blocks)]


def check_view(view: object) -> dict:
    """Return a view as it may be opened; `invalid_arguments` with reasons."""
    kind = view.get("type") if isinstance(view, dict) else None
    if not isinstance(view, dict) or kind not in {"modal", "home"}:
        raise Refusal("invalid_arguments", "invalid `view`")
    checker = Checker(kind)
    modal = "!title submit close clear_on_close notify_on_close submit_disabled"
    common = " private_metadata callback_id external_id"
    checker.fields(view, "!blocks" + common + f" {modal}" * (kind == "modal"), {"type"}, "/view")
    for name in ("title", "submit", "close"):
        checker.text(view.get(name), 24, f"/view/{name}", plain=True)
    for name, longest in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        checker.length(view.get(name), longest, f"/view/{name}")
    checker.blocks(view.get("blocks"), "/view/blocks")
    inputs = [b for b in view.get("blocks") or [] if isinstance(b, dict) and b["type"] == "input"]
    if kind == "modal" and inputs and not view.get("submit"):
        checker.say("/view", "missing required field: submit")
    if checker.faults:
        raise Refusal("invalid_arguments", *checker.faults)
    return {**view, "blocks": numbered(view["blocks"])}


def elements(blocks: list) -> Iterable[tuple[dict, dict]]:
    """Yield (block, element) of everything that people can press or fill in."""
    for block in blocks:
        inside = block.get("elements") or [block.get("accessory"), block.get("element")]
        for element in inside:
            if isinstance(element, dict) and "action_id" in element:
                yield block, element
