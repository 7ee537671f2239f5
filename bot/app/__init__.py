"""The composition root: settings -> implementations -> pipeline -> triggers.

    files ──> engine: Desk ──> App ──> engine or control of one that runs elsewhere
                vendors, networks, database, disk, tell: what it plugs together
    x_credentials, x, x_watch: whose keys serve an X account, what calls X, whether it lets us
    link_costs: what links in scheduled captions cost
    slack_setup, x_setup, studio_server: commands that need no engine

The only room that imports implementations. It builds, opens and closes; it decides nothing else.
The CLI asks it for the database to read (`reading`), a `Desk` to check a request before anything is
written (`desk`), an `App` to talk to an engine that runs elsewhere (`opened`), or an engine of our
own (`App.engine`, `running`). Each imports what it needs when it is called: a list or a refusal
does not wait for codecs and web servers.
"""

from bot.app.database import database_exists, gate, reading, upgrade_database
from bot.app.disk import MIN_FREE_BYTES
from bot.app.engine import App, Desk, desk, opened, running
from bot.app.files import load, load_settings, next_moments, prompt_library, schedule_schema
from bot.app.link_costs import link_costs
from bot.app.slack_setup import SlackApp, slack_access, slack_app
from bot.app.studio_server import serving_studio
from bot.app.vendors import capabilities_of, fetch, webhook_secrets
from bot.app.x_credentials import Keys, how_to_connect, keys_of, live_on_x
from bot.app.x_setup import Whose, x_keys, x_log_in, x_whose

__all__ = [
    "MIN_FREE_BYTES",
    "App",
    "Desk",
    "Keys",
    "SlackApp",
    "Whose",
    "capabilities_of",
    "database_exists",
    "desk",
    "fetch",
    "gate",
    "how_to_connect",
    "keys_of",
    "link_costs",
    "live_on_x",
    "load",
    "load_settings",
    "next_moments",
    "opened",
    "prompt_library",
    "reading",
    "running",
    "schedule_schema",
    "serving_studio",
    "slack_access",
    "slack_app",
    "upgrade_database",
    "webhook_secrets",
    "x_keys",
    "x_log_in",
    "x_whose",
]
