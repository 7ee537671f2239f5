// Everything the official Node client can do with videos, against OPENAI_BASE_URL. What it was
// answered is printed as JSON, for tests/integration/test_openai_node.py to judge.

import OpenAI, { toFile } from 'openai';

const openai = new OpenAI({ maxRetries: 0 });
const [image] = process.argv.slice(2);
const clip = () => toFile(Buffer.from('footage 640x360 2.5'), 'clip.mp4', { type: 'video/mp4' });
const said = {};

// This client has no createAndPoll for videos; the Python one has.
async function finished(asked) {
  let video = await openai.videos.create(asked);
  while (video.status === 'queued' || video.status === 'in_progress') {
    await new Promise((resolve) => setTimeout(resolve, 50));
    video = await openai.videos.retrieve(video.id);
  }
  return video;
}

said.created = await openai.videos.create({ model: 'sora-2-pro', prompt: 'a cat', seconds: '8', size: '1792x1024' });
said.completed = await finished({ prompt: 'a cat', seconds: '8' });
const id = said.completed.id;

said.variants = {};
for (const variant of ['video', 'thumbnail', 'spritesheet']) {
  const content = await openai.videos.downloadContent(id, { variant });
  const bytes = Buffer.from(await content.arrayBuffer());
  said.variants[variant] = [content.headers.get('content-type'), bytes.length];
}

said.listed = [];
for await (const video of openai.videos.list({ limit: 1 })) {
  said.listed.push(video.id);
}

said.remixed = await openai.videos.remix(id, { prompt: 'at night' });
said.edited = await openai.videos.edit({ prompt: 'in the rain', video: { id } });
said.editedFile = await openai.videos.edit({ prompt: 'in the rain', video: await clip() });
said.extended = await openai.videos.extend({ prompt: 'it snows', video: { id }, seconds: '4' });
said.extendedFile = await openai.videos.extend({ prompt: 'it snows', video: await clip(), seconds: '4' });

said.pictured = await finished({ prompt: 'a cat', input_reference: { image_url: image } });

const character = await openai.videos.createCharacter({ name: 'Mog', video: await clip() });
said.character = await openai.videos.getCharacter(character.id);
said.playing = await finished({ prompt: 'Mog by the sea', characters: [{ id: character.id }] });

said.failed = await finished({ prompt: 'doomed cat' });
said.blocked = await finished({ prompt: 'a cat and gore' });

said.deleted = await openai.videos.delete(id);
try {
  await openai.videos.retrieve(id);
} catch (error) {
  said.gone = { name: error.constructor.name, status: error.status, code: error.code };
}
try {
  await openai.videos.create({ prompt: 'a cat', seconds: '5' });
} catch (error) {
  said.refused = { name: error.constructor.name, status: error.status, code: error.code, param: error.param };
}

console.log(JSON.stringify(said));
