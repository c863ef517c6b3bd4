import { Alert, Badge, Button, Group, Modal, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { client, dataOf } from "../../api/client";
import { annotationsQuery, categoriesQuery } from "../../api/queries";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { STATE_NAMES } from "../../ui/reviewStates";
import { ShapeOverlay } from "../../ui/ShapeOverlay";
import { DifferenceOverlay } from "./DifferenceOverlay";
import type { Waiting } from "./ReviewPage";
import classes from "./review.module.css";
import { acceptCommands, canReject } from "./triage";
import { type Verdict, verdictOn } from "./verdicts";

interface Props {
  projectId: string;
  waiting: Waiting;
  /** The picture after this one, to be fetched while a person looks at this. */
  following: string | undefined;
  from: number;
  onDone: (verdict: Verdict | null) => void;
  onUndo: () => void;
  onStep: (step: number) => void;
}

export function Triage({ projectId, waiting, following, from, onDone, onUndo, onStep }: Props) {
  const { image, reason, details } = waiting;
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [rejecting, setRejecting] = useState(false);
  const { data: document } = useQuery(annotationsQuery(image.id));
  const { data: categories } = useQuery(categoriesQuery(projectId, true));
  const colors = new Map(categories?.items.map(({ id, color }) => [id, color]));
  const commands = document ? acceptCommands(image, document.predictions, from) : [];
  const apply = useMutation({
    mutationFn: async (wanted: typeof commands) => {
      if (wanted.length === 0) return null;
      const reply = await dataOf(
        client.POST("/api/images/{image_id}/commands", {
          params: { path: { image_id: image.id } },
          body: { commands: wanted },
        }),
      );
      return verdictOn(image.id, reply);
    },
    onSuccess: (verdict) => onDone(verdict),
  });
  const edit = () =>
    navigate({
      to: "/projects/$projectId/annotate/{-$imageId}",
      params: { projectId, imageId: image.id },
      search: { review: true },
    });

  useEffect(() => {
    if (!following) return;
    void queries.prefetchQuery(annotationsQuery(following));
    new Image().src = previewOf(following);
  }, [following, queries]);

  useEffect(() => {
    const actions: Record<string, () => void> = {
      enter: () => document && !apply.isPending && apply.mutate(commands),
      x: () => canReject(image) && setRejecting(true),
      e: () => void edit(),
      j: () => onStep(1),
      k: () => onStep(-1),
      arrowdown: () => onStep(1),
      arrowup: () => onStep(-1),
    };
    const press = (event: KeyboardEvent) => {
      const focused = event.target as HTMLElement;
      if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !focused.closest("input, textarea")) {
        event.preventDefault();
        onUndo();
        return;
      }
      const action = actions[event.key.toLowerCase()];
      if (!action || rejecting || event.ctrlKey || event.metaKey || event.altKey) return;
      if (focused.closest("input, textarea, select, [role=slider], [role=dialog], [role=listbox]")) return;
      // A button in the list has its own Enter, but here Enter is the verdict.
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });

  const proposals = document?.predictions ?? [];
  const sure = proposals.filter(({ confidence }) => confidence >= from).length;
  return (
    <section className={classes.triage} aria-label={`Picture ${image.file_name}`}>
      <Group justify="space-between" mb="xs" wrap="nowrap">
        <Group gap="xs">
          <Text fw={600}>{image.file_name}</Text>
          <Badge variant="light">{STATE_NAMES[image.state]}</Badge>
        </Group>
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={() => void edit()}>
            Edit
          </Button>
          <Button
            size="xs"
            variant="default"
            disabled={!canReject(image)}
            title={canReject(image) ? undefined : "Nobody has worked on it yet; edit it instead"}
            onClick={() => setRejecting(true)}
          >
            Reject
          </Button>
          <Button size="xs" loading={apply.isPending} disabled={!document} onClick={() => apply.mutate(commands)}>
            {verdictOf(commands)}
          </Button>
        </Group>
      </Group>
      {apply.error && <ErrorPanel error={apply.error} />}
      <div className={classes.picture}>
        <img src={previewOf(image.id)} alt={image.file_name} />
        <ShapeOverlay
          image={image}
          colors={colors}
          shapes={[
            ...(document?.annotations ?? []).map((each) => ({ ...each, layer: "annotation" as const })),
            ...proposals.map((each) => ({ ...each, layer: "prediction" as const, faint: each.confidence < from })),
          ]}
        />
        <DifferenceOverlay image={image} details={details} />
      </div>
      <Text size="sm" mt="xs" role="status">
        {reason && `${reason}. `}
        {document
          ? `${document.annotations.length} annotations${proposals.length > 0 ? `, ${sure} of ${proposals.length} proposals would be accepted` : ""}`
          : "Loading"}
      </Text>
      {image.reject_reason && <Alert color="orange">Rejected before: {image.reject_reason}</Alert>}
      <RejectDialog
        opened={rejecting}
        onClose={() => setRejecting(false)}
        onReject={(why) => {
          setRejecting(false);
          apply.mutate([{ type: "reject", reason: why }]);
        }}
      />
    </section>
  );
}

function RejectDialog({
  opened,
  onClose,
  onReject,
}: {
  opened: boolean;
  onClose: () => void;
  onReject: (reason: string) => void;
}) {
  const [why, setWhy] = useState("");
  return (
    <Modal opened={opened} onClose={onClose} title="Reject the picture">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (why.trim()) onReject(why.trim());
        }}
      >
        <TextInput
          label="What is wrong"
          description="Whoever opens it next sees this."
          data-autofocus
          required
          maxLength={1000}
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
        />
        <Group justify="flex-end" mt="md">
          <Button type="submit" disabled={!why.trim()}>
            Reject
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

function verdictOf(commands: readonly { type: string }[]): string {
  const last = commands.at(-1)?.type;
  if (last === "approve") return "Approve";
  if (last === "mark_empty") return "Nothing is on it";
  return last === "submit" ? "Accept" : "Right as it is";
}

function previewOf(imageId: string): string {
  return `/api/images/${imageId}/preview?size=1024`;
}
