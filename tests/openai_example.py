"""A program written for the original: ask for a video, show how far it is, keep the file.

It names no server. The tests point it at the studio with OPENAI_BASE_URL, and change nothing else.
"""
# ruff: noqa: T201  # it talks

import sys
import time

from openai import OpenAI

client = OpenAI()

video = client.videos.create(model="sora-2", prompt="A calico cat playing a piano on stage")
print("Started:", video.id)

while video.status in {"queued", "in_progress"}:
    time.sleep(0.2)
    video = client.videos.retrieve(video.id)
    filled = video.progress * 30 // 100
    sys.stdout.write(f"\r{video.status}: [{'=' * filled}{'-' * (30 - filled)}] {video.progress}%")
    sys.stdout.flush()

if video.status == "failed":
    sys.exit(f"\nFailed: {video.error.message if video.error else 'nobody knows why'}")

client.videos.download_content(video.id, variant="video").write_to_file("video.mp4")
print("\nWrote video.mp4")
