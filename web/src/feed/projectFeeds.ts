import { Feed } from "./feed";
import type { FeedListener } from "./frames";

const feeds = new Map<string, Feed>();
/** A page change unsubscribes and subscribes again at once: the line stays open for it. */
const LINGER_MS = 5_000;

/** Listen to a project; every listener of one project shares one socket. */
export function subscribeToProject(projectId: string, listener: FeedListener): () => void {
  const feed = feedOf(projectId);
  const unsubscribe = feed.subscribe(listener);
  return () => {
    unsubscribe();
    setTimeout(() => {
      if (feed.listenerCount > 0 || feeds.get(projectId) !== feed) return;
      feeds.delete(projectId);
      feed.close();
    }, LINGER_MS);
  };
}

export function feedOf(projectId: string): Feed {
  let feed = feeds.get(projectId);
  if (!feed) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    feed = new Feed(`${scheme}://${location.host}/ws/projects/${projectId}`);
    feeds.set(projectId, feed);
  }
  return feed;
}
