"""views.*: modals and App Home."""

from tests.fake_slack.blocks import check_view
from tests.fake_slack.method import Call, method
from tests.fake_slack.refusal import Refusal
from tests.fake_slack.workspace import APP, BOT, TEAM, View, Workspace

#: Views that may lie on one another.
STACK = 3


def _checked(call: Call, kind: str) -> dict:
    view = check_view(call.need("view")[0])
    if view["type"] != kind:
        raise Refusal("invalid_arguments", f"view must be of type {kind}")
    return view


def made(workspace: Workspace, view_id: str, view: dict) -> dict:
    """Return *view* as Slack gives it back."""
    absent = {"title": None, "submit": None, "close": None} if view["type"] == "modal" else {}
    return {
        "id": view_id,
        "team_id": TEAM,
        "app_id": APP,
        "bot_id": BOT,
        "hash": workspace.number("h"),
        "state": {"values": {}},
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        **absent,
        **view,
    }


def add(workspace: Workspace, user: str, view: dict, below: View | None) -> View:
    """Put *view* before *user*; on top of *below*."""
    external = view.get("external_id")
    if external and any(v.shape["external_id"] == external for v in workspace.views.values()):
        raise Refusal("duplicate_external_id")
    view_id = workspace.number("V")
    shape = made(workspace, view_id, view)
    shape["root_view_id"] = below.shape["root_view_id"] if below else view_id
    shape["previous_view_id"] = below.id if below else None
    workspace.views[view_id] = View(view_id, user, shape, below)
    return workspace.views[view_id]


def change(workspace: Workspace, view: View, new: dict) -> None:
    """Replace what *view* shows."""
    kept = {k: view.shape[k] for k in ("root_view_id", "previous_view_id")}
    view.shape = made(workspace, view.id, new) | kept


def close(workspace: Workspace, view: View, *, everything: bool = False) -> None:
    """Take *view* away, or the whole stack it is in."""
    gone = {view.id}
    if everything:
        root = view.shape["root_view_id"]
        gone |= {v.id for v in workspace.views.values() if v.shape["root_view_id"] == root}
    workspace.views = {k: v for k, v in workspace.views.items() if k not in gone}


def top(workspace: Workspace, user: str) -> View | None:
    """Return the view that lies on top before *user*."""
    return next((v for v in reversed(workspace.views.values()) if v.user == user), None)


@method("views.open", "view trigger_id interactivity_pointer")
def open_view(call: Call) -> dict:
    view = _checked(call, "modal")
    user = call.workspace.exchange(call.need("trigger_id")[0])
    below = top(call.workspace, user)
    if below:
        close(call.workspace, below, everything=True)
    return {"view": add(call.workspace, user, view, None).shape}


@method("views.push", "view trigger_id interactivity_pointer")
def push(call: Call) -> dict:
    view = _checked(call, "modal")
    user = call.workspace.exchange(call.need("trigger_id")[0])
    return {"view": pushed(call.workspace, user, view).shape}


def pushed(workspace: Workspace, user: str, view: dict) -> View:
    """Put *view* on top of what *user* sees; at most three lie on one another."""
    below, depth = top(workspace, user), 0
    walk = below
    while walk:
        walk, depth = walk.below, depth + 1
    if depth >= STACK:
        raise Refusal("push_limit_reached")
    return add(workspace, user, view, below)


@method("views.update", "view view_id external_id hash")
def update(call: Call) -> dict:
    view = _checked(call, "modal")
    wanted = call.args.get("view_id"), call.args.get("external_id")
    found = next(
        (
            v
            for v in call.workspace.views.values()
            if v.id == wanted[0] or (wanted[1] and v.shape["external_id"] == wanted[1])
        ),
        None,
    )
    if found is None:
        raise Refusal("not_found")
    if call.args.get("hash") not in {None, found.shape["hash"]}:
        raise Refusal("hash_conflict")
    change(call.workspace, found, view)
    return {"view": found.shape}


@method("views.publish", "user_id view hash")
def publish(call: Call) -> dict:
    view = _checked(call, "home")
    user = call.need("user_id")[0]
    if user not in call.workspace.users:
        raise Refusal("user_not_found")
    known = call.workspace.homes.get(user)
    if known and call.args.get("hash") not in {None, known.shape["hash"]}:
        raise Refusal("hash_conflict")
    view_id = known.id if known else call.workspace.number("V")
    shape = made(call.workspace, view_id, view) | {"root_view_id": view_id}
    call.workspace.homes[user] = View(view_id, user, shape)
    return {"view": shape}
