/** Messages between the windows of one browser; a window does not receive its own. */
export interface Channel<T> {
  post(message: T): void;
}

/** A channel to the windows that use the same name; undefined if the browser does not support channels. */
export function openChannel<T>(name: string, onMessage: (message: T) => void): Channel<T> | undefined {
  if (!("BroadcastChannel" in globalThis)) return undefined;
  const channel = new BroadcastChannel(`webhook-inbox ${name}`);
  channel.addEventListener("message", ({ data }) => onMessage(data));
  return { post: (message) => channel.postMessage(message) };
}
