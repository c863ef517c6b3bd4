import { Button, Group, Modal, Textarea } from "@mantine/core";
import { useState } from "react";
import { reject } from "../../annotate/reviewActions";
import { useBench } from "./WorkplaceContext";

/** A rejection goes back to whoever labelled, so it says why. */
export function RejectDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const bench = useBench();
  const [reason, setReason] = useState("");
  const send = () => {
    reject(bench, reason.trim());
    setReason("");
    onClose();
    bench.surroundings.go(1);
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Reject this picture">
      <Textarea
        data-autofocus
        label="What should be done differently"
        autosize
        minRows={3}
        maxLength={2000}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Group justify="end" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button color="red" disabled={reason.trim() === ""} onClick={send}>
          Reject
        </Button>
      </Group>
    </Modal>
  );
}
