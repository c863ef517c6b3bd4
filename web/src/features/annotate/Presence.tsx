import { Badge, Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { newId } from "../../annotate/ids";
import { feedOf, subscribeToProject } from "../../feed/projectFeeds";
import { useEditor } from "./WorkplaceContext";

const EVERY_MS = 8_000;
/** Presence is lossy: someone not heard of for two turns has gone. */
const GONE_MS = 20_000;
const me = newId();

/** How many other windows have this picture open. */
export function Presence({ projectId }: { projectId: string }) {
  const imageId = useEditor((state) => state.image?.id);
  const [others, setOthers] = useState<ReadonlyMap<string, number>>(new Map());

  useEffect(() => {
    setOthers(new Map());
    const announce = () => imageId && feedOf(projectId).announce({ client_id: me, image_id: imageId });
    const leave = subscribeToProject(projectId, {
      onPresence: ({ client_id, image_id }) => {
        if (client_id === me || typeof client_id !== "string") return;
        setOthers((known) => {
          const next = new Map(known);
          image_id === imageId ? next.set(client_id, Date.now()) : next.delete(client_id);
          return next;
        });
      },
      onState: (feed) => feed === "live" && announce(),
    });
    announce();
    const timer = setInterval(() => {
      announce();
      setOthers((known) => new Map([...known].filter(([, seen_ms]) => Date.now() - seen_ms < GONE_MS)));
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
      leave();
    };
  }, [projectId, imageId]);

  if (others.size === 0) return null;
  return (
    <Tooltip label="Their edits appear here at once">
      <Badge variant="dot" color="grape" tt="none" radius="sm" data-testid="presence">
        {others.size === 1 ? "1 other here" : `${others.size} others here`}
      </Badge>
    </Tooltip>
  );
}
