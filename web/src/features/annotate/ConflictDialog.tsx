import { Button, Group, Modal, Text } from "@mantine/core";
import { useEffect, useRef } from "react";
import { touchedBy } from "../../annotate/commands";
import type { Annotation } from "../../annotate/model";
import { overlay } from "../../annotate/overlay";
import type { Conflict } from "../../annotate/store";
import { drawAnnotations } from "../../canvas/drawAnnotations";
import type { SceneShape } from "../../canvas/scene";
import { grow, union } from "../../geometry/bounds";
import { geometryBounds } from "../../geometry/geometry";
import { frame } from "../../geometry/viewport";
import classes from "./annotate.module.css";
import { useBench, useEditor } from "./WorkplaceContext";

const SIZE = { width: 360, height: 270 };

/** Two people changed one shape: both versions beside each other, and the person says which one stays. */
export function ConflictDialog() {
  const [conflict] = useEditor((state) => state.conflicts);
  return (
    <Modal
      opened={conflict !== undefined}
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      size="xl"
      title="Somebody else changed this shape meanwhile"
    >
      {conflict && <Versions conflict={conflict} />}
    </Modal>
  );
}

function Versions({ conflict }: { conflict: Conflict }) {
  const { editor, outbox } = useBench();
  const server = useEditor((state) => state.server);
  useEffect(() => void editor.refetch(), [editor]);
  const entry = outbox.conflicts.find(({ id }) => id === conflict.entryId);
  if (!entry || !server) return null;
  const ids = touchedBy(entry.commands);
  const of = (annotations: ReadonlyMap<string, Annotation>) =>
    [...ids].map((id) => annotations.get(id)).filter((annotation) => annotation !== undefined);
  const theirs = of(server.annotations);
  const drawn = entry.commands.flatMap((command): Annotation[] => {
    if (command.type !== "reshape_annotation" || server.annotations.has(command.annotation_id)) return [];
    return [
      {
        id: command.annotation_id,
        category_id: "",
        geometry: command.geometry,
        source: "human",
        created_by: null,
        version: 0,
      },
    ];
  });
  const mine = [...of(overlay(server, [entry.commands], null).annotations), ...drawn];
  const all = union([...mine, ...theirs].map(({ geometry }) => geometryBounds(geometry)));
  return (
    <>
      <div className={classes.versions}>
        <Version title={`Yours: ${conflict.label}`} shapes={mine} around={all} />
        <Version title={theirs.length > 0 ? "Theirs, saved first" : "Theirs: deleted"} shapes={theirs} around={all} />
      </div>
      <Text size="sm" mt="md" className={classes.quiet}>
        {conflict.problem.detail}
      </Text>
      <Group justify="end" mt="md">
        <Button variant="default" onClick={() => void editor.settleConflict(conflict.entryId, "theirs")}>
          Keep theirs
        </Button>
        <Button data-autofocus onClick={() => void editor.settleConflict(conflict.entryId, "mine")}>
          Keep mine
        </Button>
      </Group>
    </>
  );
}

function Version({
  title,
  shapes,
  around,
}: {
  title: string;
  shapes: readonly Annotation[];
  around: { x: number; y: number; width: number; height: number };
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const image = useEditor((state) => state.image);
  const categories = useEditor((state) => state.categories);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !image) return;
    const viewport = frame(grow(around, Math.max(around.width, around.height, 20) * 0.6), SIZE, 8, 8);
    const scene = shapes.map((annotation): SceneShape => {
      const at = categories.findIndex(({ id }) => id === annotation.category_id);
      const { name = "shape", color = "#ffd43b" } = categories[at] ?? {};
      const { id, geometry } = annotation;
      return {
        id,
        geometry,
        bounds: geometryBounds(geometry),
        colour: color,
        fill: `${color}26`,
        label: name,
        pattern: Math.max(0, at),
        proposal: false,
        locked: false,
      };
    });
    const paint = () =>
      drawAnnotations(context, { shapes: scene, lifted: new Set(), patterns: false, labels: true }, viewport, SIZE, {
        moving: false,
      });
    paint();
    const picture = new Image();
    picture.src = `/api/images/${image.id}/preview?size=2048`;
    const under = () => {
      paint();
      context.globalCompositeOperation = "destination-over";
      context.drawImage(picture, viewport.tx, viewport.ty, image.width * viewport.scale, image.height * viewport.scale);
      context.globalCompositeOperation = "source-over";
    };
    picture.decode().then(under, () => undefined);
  }, [shapes, around, image, categories]);
  return (
    <figure style={{ margin: 0 }}>
      <Text component="figcaption" size="sm" fw={600} mb={4}>
        {title}
      </Text>
      <canvas ref={canvas} width={SIZE.width} height={SIZE.height} role="img" aria-label={title} />
    </figure>
  );
}
