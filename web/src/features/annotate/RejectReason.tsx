import { Alert } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { imageQuery } from "../../api/queries";
import { useEditor } from "./WorkplaceContext";

/** Why a reviewer sent this picture back, for whoever opens it next. */
export function RejectReason() {
  const imageId = useEditor((state) => state.image?.id);
  const rejected = useEditor((state) => state.shown?.state === "rejected");
  const { data } = useQuery({ ...imageQuery(imageId ?? ""), enabled: rejected && imageId !== undefined });
  if (!rejected || !data?.reject_reason) return null;
  return (
    <Alert
      color="red"
      variant="filled"
      title="Sent back"
      py={6}
      pos="absolute"
      top={8}
      left="50%"
      maw="70%"
      style={{ transform: "translateX(-50%)", pointerEvents: "none" }}
    >
      {data.reject_reason}
    </Alert>
  );
}
