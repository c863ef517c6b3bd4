import { newId } from "../../annotate/ids";
import { client, dataOf, idempotencyKey } from "../../api/client";
import { inParallel } from "../../ui/inParallel";
import { sendFiles } from "../pictures/sendFiles";
import { drawScene } from "./drawScene";
import { KINDS, type Part, sceneOf } from "./scene";

const PICTURES = 72;
/** Enough for a first training; the rest is left for the loop. */
const LABELLED = 24;
const PER_REQUEST = 24;

const fileNameOf = (number: number) => `parts-${String(number).padStart(3, "0")}.jpg`;
const numberOf = (fileName: string) => Number(/\d+/.exec(fileName)?.[0]);

/** A project to try the loop on: pictures drawn here, the first third labelled. Answers its id. */
export async function makeDemo(onProgress: (words: string) => void): Promise<string> {
  onProgress("Making the project");
  const project = await dataOf(
    client.POST("/api/projects", {
      body: {
        name: "Demo: parts on a table",
        description: "Drawn by your browser to try the loop on.",
        task: "detect",
      },
      headers: { "Idempotency-Key": idempotencyKey() },
    }),
  );
  const categories = new Map<string, string>();
  for (const name of KINDS) {
    const { id } = await dataOf(
      client.POST("/api/projects/{project_id}/categories", {
        params: { path: { project_id: project.id } },
        body: { name },
      }),
    );
    categories.set(name, id);
  }
  const images: { id: string; file_name: string }[] = [];
  for (let first = 0; first < PICTURES; first += PER_REQUEST) {
    onProgress(`Drawing pictures: ${first} of ${PICTURES}`);
    const files = await Promise.all(
      Array.from({ length: PER_REQUEST }, (_, i) => drawScene(sceneOf(first + i), fileNameOf(first + i))),
    );
    images.push(...(await sendFiles(project.id, files, () => {})).registered);
  }
  const labelled = images.filter(({ file_name }) => numberOf(file_name) < LABELLED);
  onProgress(`Labelling the first ${labelled.length}`);
  await inParallel(labelled, async ({ id, file_name }) => {
    const { parts } = sceneOf(numberOf(file_name));
    await dataOf(
      client.POST("/api/images/{image_id}/commands", {
        params: { path: { image_id: id } },
        body: { commands: commandsFor(parts, categories) },
      }),
    );
  });
  return project.id;
}

function commandsFor(parts: readonly Part[], categories: ReadonlyMap<string, string>) {
  if (parts.length === 0) return [{ type: "mark_empty" as const }];
  const drawn = parts.map(({ kind, x, y, width, height }) => ({
    type: "draw_annotation" as const,
    annotation_id: newId(),
    category_id: categories.get(kind) ?? "",
    geometry: { type: "box" as const, x, y, width, height },
  }));
  return [...drawn, { type: "submit" as const }];
}
