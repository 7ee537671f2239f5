"""What the engine itself says, in Japanese: its refusals and findings, by its own sentence.

The engine knows no languages: its English is the key, with gaps for what changes. What is not here
stays as it is, a vendor's own words among it.
"""

from collections.abc import Mapping

SAID: Mapping[str, str] = {
    # why a command was refused: bot/pipeline/obey
    "An uncertain write has to be resolved first: `reelbot runs resolve`.": "結果の分からない"
    "リクエストがあります。先にその結果を知らせてください。",
    "The text was changed meanwhile; look at it again.": "その間に文面が変わりました。"
    "もう一度確認してください。",
    "Too late: it expired at {when} UTC.": "期限切れです（{when} UTC）。",
    "The post to {target} has no words yet; edit it first.": "{target} への投稿にまだ文面が"
    "ありません。先に編集してください。",
    "Already approved by {who} at {when} UTC.": "{who} が承認済みです（{when} UTC）。",
    "The run is over: {state}.": "すでに終了しています：{state}。",
    "The run does not wait for approval: {state}.": "承認待ちではありません：{state}。",
    "The run is not over: {state}. `reelbot runs cancel` ends it.": "まだ終わっていません："
    "{state}。先に中止してください。",
    "There is nothing to delete: no video was made.": "動画がないため、削除するものがありません。",
    "{why}. Nothing was deleted here; ask again, or with --only-here.": "{why}。"
    "こちらでは何も削除していません。もう一度試すか、--only-here を付けてください。",
    "There is no text to edit now: {state}.": "いま編集できる文面はありません：{state}。",
    "It is too late to edit: posts have begun to go out.": "投稿が始まっているため、"
    "もう編集できません。",
    "This run has no post to {target}.": "{target} への投稿はありません。",
    "That changes nothing.": "変更はありません。",
    "There is no finished video to post: {state}.": "投稿できる完成した動画がありません：{state}。",
    "Its video was deleted by {who}; ask for a new one.": "動画は {who} が削除しました。"
    "新しく依頼してください。",
    "An uncertain post has to be resolved first: `reelbot runs resolve`.": "結果の分からない投稿が"
    "あります。先にその結果を知らせてください。",
    "Nothing is connected that could post to {target}.": "{target} に投稿できる接続がありません。",
    "It is at {target} already.": "すでに {target} に投稿されています。",
    "Nothing about this run is uncertain: {state}.": "結果の分からないものはありません：{state}。",
    "Say what became of it: happened, not-sent or give-up.": "結果を選んでください：happened、"
    "not-sent、give-up。",
    "The video is still being made: say wait or give-up.": "動画はまだ作成中です。"
    "wait か give-up を選んでください。",
    "Say which one with --target; uncertain are: {names}.": "どれのことか --target で指定して"
    "ください：{names}。",
    "Say which video it is: --id.": "どの動画か --id で指定してください。",
    "Video {id} belongs to another run.": "動画 {id} は別の依頼のものです。",
    "There is nothing to retry: no post of this run may be sent again.": "もう一度送れる投稿が"
    "ないため、再試行できません。",
    "There is nothing to retry: {state}.": "再試行するものがありません：{state}。",
    "Nothing of this run is out at {target}: {state}.": "{target} には何も投稿されて"
    "いません：{state}。",
    "Nothing of this run is out: {state}.": "何も投稿されていません：{state}。",
    "Nothing was taken down. {why}": "取り下げられたものはありません。{why}",
    # what an inspection found: bot/media/inspect.py, bot/pipeline/steps/files.py
    "It is black from the first to the last frame.": "最初から最後まで真っ黒です。",
    "The picture never changes.": "画像がまったく動きません。",
    "It has no sound.": "音声がありません。",
    "It has a sound track, but all of it is silent.": "音声トラックはありますが、すべて無音です。",
    "It must be loaded whole before it plays (not faststart).": "全体を読み込むまで再生できません"
    "（faststart ではありません）。",
    "{seconds} s instead of {asked} s": "長さは {seconds} 秒（依頼は {asked} 秒）です。",
    "{size} instead of {asked}": "サイズは {size}（依頼は {asked}）です。",
}
