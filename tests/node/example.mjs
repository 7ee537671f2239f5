// A program written for the original: ask for a video, show how far it is, keep the file.
// It names no server. The tests point it at the studio with OPENAI_BASE_URL, and change nothing else.

import { writeFile } from 'node:fs/promises';
import OpenAI from 'openai';

const openai = new OpenAI();

let video = await openai.videos.create({ model: 'sora-2', prompt: 'A calico cat playing a piano on stage' });
console.log('Started:', video.id);

while (video.status === 'queued' || video.status === 'in_progress') {
  await new Promise((resolve) => setTimeout(resolve, 200));
  video = await openai.videos.retrieve(video.id);
  const filled = Math.floor((video.progress / 100) * 30);
  process.stdout.write(`\r${video.status}: [${'='.repeat(filled)}${'-'.repeat(30 - filled)}] ${video.progress}%`);
}

if (video.status === 'failed') {
  console.error('\nFailed:', video.error?.message);
  process.exit(1);
}

const content = await openai.videos.downloadContent(video.id);
await writeFile('video.mp4', Buffer.from(await content.arrayBuffer()));
console.log('\nWrote video.mp4');
