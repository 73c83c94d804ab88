/** Messages between the windows of one browser; a window does not receive its own. */
export interface Channel<Word> {
  post(word: Word): void;
}

/** A channel to the windows that use the same name; undefined if the browser has none. */
export function openChannel<Word>(name: string, onWord: (word: Word) => void): Channel<Word> | undefined {
  if (!("BroadcastChannel" in globalThis)) return undefined;
  const channel = new BroadcastChannel(`webhook-inbox ${name}`);
  channel.addEventListener("message", ({ data }) => onWord(data));
  return { post: (word) => channel.postMessage(word) };
}
