"""What the room answers, English."""

from collections.abc import Mapping

TEXTS: Mapping[str, str | Mapping[str, str]] = {
    # who may not do what
    "denied.anyone": "You may not do that here.",
    "denied.generate": "You may not ask for videos here. An admin names who may, in "
    "schedules.yaml under slack: rights: generate.",
    "denied.publish_x": "Only people who may post to X can do that. An admin names them, in "
    "schedules.yaml under slack: rights: publish_x.",
    "denied.admin": "Only an admin can do that. Admins stand in schedules.yaml under slack: "
    "rights: admin.",
    "denied.outsider": "Guests and members of other workspaces cannot do that.",
    "denied.own": "You asked for this one yourself; somebody else has to approve it.",
    "denied.own_words": "You changed the text of this one yourself; somebody else has to "
    "approve it.",
    "denied.unknown": "Slack does not tell me who you are, so I cannot do that: {why}",
    "denied.limit": {
        "one": "You have asked for your one video of today. Tomorrow you can ask again.",
        "other": "You have asked for your {n} videos of today. Tomorrow you can ask again.",
    },
    # answers
    "answer.busy": "Too much is going on right now. Nothing was done; try again in a minute.",
    "answer.broken": "Something went wrong here, and I do not know what. It is in the log.",
    "answer.no_run": "There is no such video. `{command} list` shows them.",
    "answer.which": "That could be several videos; name more of its id, or link its card.",
    "answer.none_yet": "There is no video yet. `{command} a cat in the rain` makes one.",
    "answer.sure": "Please confirm. Nothing has happened yet.",
    "answer.no_schedule": "There is no schedule {name}. `{command} schedules` shows them.",
    "answer.asked_elsewhere": "It has begun. I am not in this channel, so its card is in our "
    "direct messages: {subject}",
    "answer.too_late": "The dialog had to open within three seconds, and that did not work out. "
    "Try once more.",
    "answer.no_x": "No X account is named in schedules.yaml.",
    "answer.image.place": "That file cannot be fetched from Slack; nothing was asked for.",
    "answer.image.kind": "The first frame has to be a PNG, a JPEG or a WebP; nothing was asked "
    "for.",
    "answer.image.broken": "The first frame cannot be opened as a picture, or is larger than 50 "
    "megapixels; nothing was asked for.",
    "answer.image.size": "The first frame may have {most} MB; nothing was asked for.",
    "answer.dear": "That costs {price}. Look it over and confirm in the dialog.",
    # what a person changed, said where all can see it
    "told.retry": "{who} has it tried again.",
    "told.edit": "{who} changed the text.",
    "told.post": "{who} has it posted to {place}, too.",
    "told.pause": "{who} paused {name}: it does not fire until somebody resumes it.",
    "told.resume": "{who} resumed {name}.",
    "told.fire": "{who} fired {name}.",
    "told.stop": "{who} stopped everything: nothing is paid for or posted until an admin starts "
    "again with `{command} start`.",
    "told.start": "{who} started everything again.",
    "told.start.outside": "Everything was started again, outside of Slack.",
    # beside the cards
    "call": "Please decide: {subject}",
    "reminder": "Still waiting for a decision: {subject}. It expires {when}, and is then not "
    "posted.",
    "reminder.over": "No longer waiting: {subject}",
    "notice.attention": "Somebody has to look: it is not known what became of {subject}",
    "notice.settled": "Settled: {subject}",
    "notice.failed": {"one": "Failed: {who}", "other": "Failed {n} times in a row: {who}"},
    "notice.recovered": "It works again: {who}",
    "notice.paused": "Nothing goes out to {place} for now",
    "notice.paused.waits": {
        "one": "Nothing was posted there. {n} video waits.",
        "other": "Nothing was posted there. {n} videos wait.",
    },
    "notice.paused.idle": "Nothing was posted there, and no video waits yet.",
    "notice.paused.do": "Have somebody look after it. It is tried again every 15 minutes; Retry on "
    "the card of a video tries at once.",
    "notice.mended": "Posts go out to {place} again",
    "notice.idle": "Nothing is held back for {place} any more",
    "inbox": "{n} videos wait for approval",
    "inbox.empty": "Nothing waits for approval",
    # people who are new
    "mention.none": "I make videos: `{command} a cat in the rain`. In the thread of a card I say "
    "how it stands.",
}
