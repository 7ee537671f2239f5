"""What the room answers, Japanese."""

from collections.abc import Mapping

TEXTS: Mapping[str, str | Mapping[str, str]] = {
    # who may not do what
    "denied.anyone": "ここではその操作はできません。",
    "denied.generate": "動画を依頼する権限がありません。権限は管理者が schedules.yaml の "
    "slack: rights: generate で決めます。",
    "denied.publish_x": "X に投稿できる人だけの操作です。権限は管理者が schedules.yaml の "
    "slack: rights: publish_x で決めます。",
    "denied.admin": "管理者だけの操作です。管理者は schedules.yaml の slack: rights: admin "
    "にあります。",
    "denied.outsider": "ゲストや他のワークスペースの方はこの操作はできません。",
    "denied.own": "ご自身の依頼です。承認は別の方にお願いしてください。",
    "denied.own_words": "ご自身が変更した文面です。承認は別の方にお願いしてください。",
    "denied.unknown": "Slack からあなたの情報が得られないため、実行できません：{why}",
    "denied.limit": {"other": "今日の上限 {n} 本に達しました。明日また依頼できます。"},
    # answers
    "answer.busy": "今は混み合っています。何も実行していません。1分ほどしてからお試しください。",
    "answer.broken": "原因不明の問題が起きました。ログに記録されています。",
    "answer.no_run": "その動画はありません。`{command} list` で一覧を見られます。",
    "answer.which": "複数の動画が当てはまります。ID をもう少し長く書くか、カードの"
    "リンクを貼ってください。",
    "answer.none_yet": "動画はまだありません。`{command} 雨の中の猫` で作れます。",
    "answer.sure": "確認してください。まだ何も実行していません。",
    "answer.no_schedule": "{name} というスケジュールはありません。`{command} schedules` で"
    "一覧を見られます。",
    "answer.asked_elsewhere": "始めました。このチャンネルには参加していないため、カードはダイレクト"
    "メッセージにあります：{subject}",
    "answer.too_late": "ダイアログを3秒以内に開けませんでした。もう一度お試しください。",
    "answer.no_x": "schedules.yaml に X アカウントがありません。",
    "answer.image.place": "このファイルを Slack から取得できません。何も依頼していません。",
    "answer.image.kind": "最初のコマは PNG、JPEG、WebP のいずれかです。何も依頼していません。",
    "answer.image.broken": "最初のコマを画像として開けないか、5000 万画素を超えています。"
    "何も依頼していません。",
    "answer.image.size": "最初のコマは {most} MB までです。何も依頼していません。",
    "answer.dear": "{price} かかります。ダイアログで確認してください。",
    # what a person changed, said where all can see it
    "told.retry": "{who} さんが再試行しました。",
    "told.edit": "{who} さんが文面を変更しました。",
    "told.post": "{who} さんが {place} にも投稿します。",
    "told.pause": "{who} さんが {name} を一時停止しました。再開されるまで実行されません。",
    "told.resume": "{who} さんが {name} を再開しました。",
    "told.fire": "{who} さんが {name} を実行しました。",
    "told.stop": "{who} さんがすべてを停止しました。管理者が `{command} start` で再開するまで、"
    "課金も投稿も行われません。",
    "told.start": "{who} さんがすべてを再開しました。",
    "told.start.outside": "Slack の外から停止が解除されました。",
    # beside the cards
    "call": "承認をお願いします：{subject}",
    "reminder": "まだ承認待ちです：{subject}。期限は {when} で、過ぎると投稿されません。",
    "reminder.over": "承認待ちではなくなりました：{subject}",
    "notice.attention": "確認が必要です。結果が分かりません：{subject}",
    "notice.settled": "解決しました：{subject}",
    "notice.failed": {"other": "失敗しました（{n} 回目）：{who}"},
    "notice.recovered": "復旧しました：{who}",
    "notice.paused": "{place} への投稿を保留しています",
    "notice.paused.waits": {"other": "投稿はされていません。{n} 本の動画が待っています。"},
    "notice.paused.idle": "投稿はされていません。待っている動画はまだありません。",
    "notice.paused.do": "状態を確認してもらってください。15 分ごとに自動で再試行します。"
    "動画のカードの「再試行」を押すと、すぐに試します。",
    "notice.mended": "{place} への投稿が復旧しました",
    "notice.idle": "{place} への投稿の保留がなくなりました",
    "inbox": "{n} 本の動画が承認待ちです",
    "inbox.empty": "承認待ちはありません",
    # people who are new
    "mention.none": "動画を作るボットです：`{command} 雨の中の猫`。カードのスレッドでは"
    "状況をお答えします。",
}
